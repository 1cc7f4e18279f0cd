use access::Ctx;
use askama::Template;
use axum::extract::{Path, State as Held};
use model::{Answer, No, RefusalKind};
use web::parts::{ButtonLink, Cell, Column, Day, Empty, Facts, Row, Table};
use web::{Asker, Reply, Room, page};

use super::{gender, may, moment, patient_frame, patient_of};
use crate::State;
use crate::fhir::search::{Handling, plan};
use crate::fhir::{FhirId, Type};
use crate::kinds;
use crate::records::{self, Kept, Part};
use crate::rules::view::{Person, concept};

/// Documents on the page.
const DOCUMENTS: usize = 50;
/// Practitioners looked up for the page.
const PRACTITIONERS: usize = 3;

#[derive(Template)]
#[template(path = "patient.html")]
struct PatientPage {
    documents: Option<Table>,
    documents_words: String,
    details: Facts,
    edit: Option<ButtonLink>,
    contacts: Vec<(String, String)>,
    practitioners: Vec<String>,
    version: String,
    written: String,
    history: String,
    access: Option<String>,
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let (kept, person) = patient_of(&state, &ctx, &id).await?;
    let root = format!("/practice/patients/{}", kept.id);
    let clinical = may(&state, &ctx, kinds::DOCUMENT.acts.read);
    let documents = if clinical { Some(documents(&state, &ctx, &kept.id).await?) } else { None };
    let body = PatientPage {
        documents_words: documents.as_ref().map_or_else(String::new, |(_, words)| words.clone()),
        documents: documents.map(|(table, _)| table),
        details: details(&person),
        edit: may(&state, &ctx, kinds::PATIENT.acts.revise)
            .then(|| ButtonLink::quiet("Change details", format!("{root}/edit"))),
        contacts: person.contacts.clone(),
        practitioners: practitioners(&state, &ctx, &person).await?,
        version: kept.version.to_string(),
        written: moment(kept.updated),
        access: may(&state, &ctx, "record.explain")
            .then(|| format!("/access/{}/{}", kinds::PATIENT.name, kept.id.record(Type::Patient))),
        history: format!("{root}/history"),
    };
    page(patient_frame(&room, &ctx, &kept.id, &person, &root), body)
}

fn details(person: &Person) -> Facts {
    let mut facts = vec![("Gender", Cell::text(gender(&person.gender)))];
    let or_none = |words: String| if words.is_empty() { Cell::faint("Not recorded") } else { Cell::text(words) };
    for lines in &person.addresses {
        facts.push(("Address", Cell::text(lines.join(", "))));
    }
    if person.addresses.is_empty() {
        facts.push(("Address", or_none(String::new())));
    }
    let telecoms: Vec<(&str, Cell)> =
        person.telecoms.iter().map(|(words, value)| (words.as_str(), Cell::text(value))).collect();
    match telecoms.is_empty() {
        true => facts.push(("Phone", or_none(String::new()))),
        false => facts.extend(telecoms),
    }
    for (system, value) in &person.identifiers {
        facts.push(("Number", Cell::text(format!("{value}{}", of_system(system)))));
    }
    Facts::new(facts)
}

/// Who gives a number, by the host of its system.
fn of_system(system: &str) -> String {
    let host = system.split("://").nth(1).and_then(|rest| rest.split('/').next());
    host.map_or_else(String::new, |host| format!(" ({host})"))
}

/// The documents about a patient, the newest first, and how many there are.
async fn documents(state: &State, ctx: &Ctx, id: &FhirId) -> Answer<(Table, String)> {
    let plan = plan(Type::DocumentReference, &format!("patient={id}"), Handling::Strict, ctx.now)?;
    let part = Part { limit: DOCUMENTS, after: None, newest_first: true };
    let page = records::find(&state.vault, ctx, &plan, part).await?;
    let mut listed = Vec::with_capacity(page.found.len());
    for kept in &page.found {
        listed.push(Listed::of(kept)?);
    }
    listed.sort_by(|a, b| b.made.cmp(&a.made));
    let rows = listed.iter().map(|one| {
        let href = format!("/practice/patients/{id}/documents/{}", one.id);
        let made = one.made.get(..10).and_then(Day::parse);
        let made = made.map_or_else(|| Cell::faint("no date"), |day| Cell::text(day.short()));
        Row(vec![Cell::link(&one.title, href), made, Cell::faint(one.form)])
    });
    let columns = vec![Column::text("Document"), Column::short("Made"), Column::short("Form")];
    let empty = Empty::new("No documents yet", "Notes, letters and pictures will be listed here, the newest first.");
    let words = match (page.next, listed.len()) {
        (Some(_), shown) => format!("The {shown} recorded last, of about {}", page.candidates),
        (None, 1) => "1 document".to_owned(),
        (None, count) => format!("{count} documents"),
    };
    Ok((Table::new("Documents", columns, rows.collect(), empty), words))
}

/// What a list shows of a document.
struct Listed {
    id: FhirId,
    title: String,
    made: String,
    form: &'static str,
}

impl Listed {
    fn of(kept: &Kept) -> Answer<Self> {
        let resource = kept.resource()?;
        let root = resource.root();
        let attachment = root.follow(&["content", "attachment"]).into_iter().next();
        let text = |name: &str| attachment.and_then(|node| node.member_text(name)).map(|text| text.into_owned());
        let title = root.member("type").and_then(concept).or_else(|| text("title"));
        Ok(Self {
            id: kept.id.clone(),
            title: title.unwrap_or_else(|| "Document".to_owned()),
            made: root
                .member_text("date")
                .or_else(|| attachment?.member_text("creation"))
                .unwrap_or_default()
                .into_owned(),
            form: super::document::form(&text("contentType").unwrap_or_default()),
        })
    }
}

/// The names of a patient's practitioners here. One who is no longer here is left out.
async fn practitioners(state: &State, ctx: &Ctx, person: &Person) -> Answer<Vec<String>> {
    let mut names = Vec::new();
    if !may(state, ctx, kinds::PRACTITIONER.acts.read) {
        return Ok(names);
    }
    for id in person.practitioners.iter().take(PRACTITIONERS) {
        match state.vault.read(ctx, kinds::PRACTITIONER, id.record(Type::Practitioner)).await {
            Ok(opened) => {
                let kept = Kept::named(opened, Type::Practitioner, id.clone())?;
                names.push(Person::of(&kept.resource()?).natural());
            }
            Err(No::Refusal(refusal)) if matches!(refusal.kind, RefusalKind::NotFound | RefusalKind::Gone) => {}
            Err(no) => return Err(no),
        }
    }
    Ok(names)
}
