use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Fhir, Session, patient};
use crate::probe::{Finding, Trouble, Visit, several};
use serde_json::json;

/// The trial designer takes in no data about a person that it can recognise.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "no-subject-data",
    group: "What is stored",
    words: "A study that is being designed takes in no patient identifiers that the house can recognise: a form or a file \
            that holds one is refused.",
    rows: &["L05", "L49", "L72"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 60 * 60,
    valid_seconds: 4 * 60 * 60,
    how: "Signed in as a designer of a probe organisation, the runner begins a study in whose title a patient is named by \
          health number and date of birth, brings the same in a study as a file, and in a schedule as a spreadsheet. Each must be \
          refused. What is tried are known shapes; words that describe a person without them are not recognised. To show that the \
          check can fail, the same form and the same file without the patient must be taken in, and a patient record \
          with that number must be taken in on the interface for patients.",
    probe: ProbeDecl {
        id: "data.class",
        version: 1,
        source: include_bytes!("no_subject_data.rs"),
        parameters: "one number with a valid check digit, with date of birth; form, USDM file, CSV file",
        run,
    },
};

/// Who designs studies in a probe organisation.
const ROLE: &str = "study-designer";
/// A made-up health number whose check digit is right.
const NUMBER: &str = "943 476 5919";
const STUDIES: &str = "/trials/studies";
const NEW: &str = "/trials/studies/new";
const IMPORT: &str = "/trials/studies/import";

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let (tenant, _) = visit.known.two_tenants()?;
    let designer = tenant.people.iter().find(|person| person.role == ROLE);
    let designer = designer.ok_or_else(|| Trouble::new(format!("nobody designs studies in {}", tenant.name)))?;
    let mut session = visit.desk.fresh(visit, designer).await?;
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let person = format!("Patient {} with NHS number {NUMBER}, born 4 March 1988", visit.word(8));
    let plain = format!("A study of {} in adults", visit.word(8));
    let attempts = [
        ("a form", form(visit, &mut session, &person).await?),
        ("a study file", study(visit, &mut session, &person).await?),
        ("a spreadsheet", sheet(visit, &mut session, &person).await?),
    ];
    for (way, taken) in &attempts {
        finding.check(taken.is_none(), || format!("A patient with a health number was taken in by {way}."));
    }
    let allowed = [form(visit, &mut session, &plain).await?, study(visit, &mut session, &plain).await?];
    let taken = allowed.iter().flatten().count();
    let mut places = Vec::new();
    for (_, place) in &attempts {
        places.extend(place.clone());
    }
    places.extend(allowed.iter().flatten().cloned());
    for place in places {
        retire(visit, &mut session, &place).await?;
    }
    session.sign_out(visit.wire, STUDIES).await?;
    let mut whole = patient(&visit.word(12));
    let number = NUMBER.replace(' ', "");
    if let Some(map) = whole.as_object_mut() {
        map.insert(
            "identifier".to_owned(),
            json!([{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": number }]),
        );
    }
    let elsewhere = Fhir::of(visit.wire, tenant).call("POST", "/Patient", Some(&whole)).await?.status == 201;
    finding.saw("attempts", attempts.len());
    let words = format!("{}, each refused", several(attempts.len() as u64, "attempt", "attempts"));
    finding.counted(attempts.len() as u64, attempts.len() as u64, words);
    let told = format!(
        "Without the patient: {taken} of {} taken in. As a patient record: {}.",
        allowed.len(),
        if elsewhere { "taken in" } else { "refused" }
    );
    finding.control(taken == allowed.len() && elsewhere, told, visit.now());
    Ok(finding)
}

/// Begins a study with this title; where it is, if it was taken in.
async fn form(visit: &Visit<'_>, session: &mut Session, title: &str) -> Result<Option<String>, Trouble> {
    let token = session.token(visit.wire, NEW).await?;
    let fields = [("form-token", &*token), ("title", title), ("identifier", "PROBE-1")];
    let reply = session.send(visit.wire, Call::new("POST", NEW).form(&fields)).await?;
    Ok(place(&reply))
}

/// Brings a study that says this; where it is, if it was taken in.
async fn study(visit: &Visit<'_>, session: &mut Session, words: &str) -> Result<Option<String>, Trouble> {
    let document = json!({ "usdmVersion": "4.0.0", "study": { "name": "PROBE", "instanceType": "Study", "versions": [{
        "id": "V1", "rationale": words, "instanceType": "StudyVersion",
        "studyDesigns": [{ "id": "D1", "name": "D1", "description": words, "instanceType": "InterventionalStudyDesign" }] }] } });
    bring(visit, session, "study.json", &document.to_string()).await
}

/// Brings a schedule with this note; where it is, if it was taken in.
async fn sheet(visit: &Visit<'_>, session: &mut Session, words: &str) -> Result<Option<String>, Trouble> {
    let table = format!("Visit,Screening,Day 1\nVital signs,X,Xa\n\"a. {words}\",,\n");
    bring(visit, session, "schedule.csv", &table).await
}

async fn bring(visit: &Visit<'_>, session: &mut Session, name: &str, text: &str) -> Result<Option<String>, Trouble> {
    let token = session.token(visit.wire, IMPORT).await?;
    let mark = visit.word(24);
    let part = |head: &str, body: &str| format!("--{mark}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let body = [
        part("name=\"form-token\"", &token),
        part(&format!("name=\"file\"; filename=\"{name}\""), text),
        format!("--{mark}--\r\n"),
    ];
    let call = Call::new("POST", IMPORT).body(&format!("multipart/form-data; boundary={mark}"), body.concat());
    Ok(place(&session.send(visit.wire, call).await?))
}

/// Where somebody is sent on to; nowhere if nothing was taken in.
fn place(reply: &crate::house::Reply) -> Option<String> {
    let to = reply.header("location").filter(|_| reply.status == 303)?;
    to.starts_with("/trials/").then(|| to.to_owned())
}

/// Takes what was taken in out of use again, where it is a study.
async fn retire(visit: &Visit<'_>, session: &mut Session, place: &str) -> Result<(), Trouble> {
    if !place.starts_with("/trials/studies/") {
        return Ok(());
    }
    let token = session.token(visit.wire, STUDIES).await?;
    session.send(visit.wire, Call::new("POST", format!("{place}/retire")).form(&[("form-token", &*token)])).await?;
    Ok(())
}
