use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Fhir, Tenant, patient, routes};
use crate::probe::{Finding, Seeker, Swept, Trouble, Visit, several};
use serde_json::Value;
use std::path::Path;

/// Nothing that is written can be read on the disk.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "at-rest",
    group: "What is stored",
    words: "What you enter is encrypted before it is stored: none of our files holds it in readable form.",
    rows: &["L44", "L74", "M05", "M27", "M28"],
    proof: Proof::Canary,
    counts: Counts::Whole,
    cadence_seconds: 60 * 60,
    valid_seconds: 3 * 60 * 60,
    how: "A synthetic patient with a random, unique name is saved in each probe organisation, found again by search, and \
          the same kind of name is sent through web pages and the sign-in form. Then each file below the data directory, \
          journals, logs and temporary files included, is read byte by byte for these names: as written, in other letter \
          case, backwards, as UTF-16, as hexadecimal and as base64 at each alignment. To show that the search can find \
          them, the same names are written in readable forms to files outside the house, and must be found there.",
    probe: ProbeDecl {
        id: "crypto.rest",
        version: 1,
        source: include_bytes!("at_rest.rs"),
        parameters: "canary 20 letters; forms: plain, case, backwards, UTF-16 LE and BE, hexadecimal, base64 at 3 offsets",
        run,
    },
};

const LETTERS: usize = 20;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let mut words = Vec::new();
    for tenant in &visit.known.tenants {
        let word = visit.word(LETTERS);
        plant(visit, tenant, &word).await?;
        finding.scope.push(tenant.name.clone());
        words.push(word);
    }
    let typed = visit.word(LETTERS);
    let pages = send_through_pages(visit, &typed).await?;
    words.push(typed);
    let swept = sweep(visit, &words).await?;
    for found in &swept.found {
        let file = crate::probe::shown(&found.file, visit.stores);
        finding
            .fail(format!("What was entered stands in readable form ({}) in {file} at byte {}.", found.form, found.at));
    }
    for unread in &swept.unread {
        finding.fail(format!("A file could not be looked at: {unread}."));
    }
    finding.saw("canaries_planted", words.len());
    finding.saw("pages_typed_into", pages);
    finding.saw("bytes_read", swept.bytes);
    let bytes = several(swept.bytes, "byte", "bytes");
    let words_for_people = match swept.found.len() as u64 {
        0 => {
            format!("{} and {bytes} read, no readable trace of what was entered", several(swept.files, "file", "files"))
        }
        found => format!(
            "{} read, {}",
            several(swept.files, "file", "files"),
            several(found, "readable trace", "readable traces")
        ),
    };
    finding.counted(swept.files, swept.total, words_for_people);
    control(visit, &words, &mut finding)?;
    Ok(finding)
}

/// Saves the word in a patient of the tenant and finds it again, so that it is surely there.
async fn plant(visit: &Visit<'_>, tenant: &Tenant, word: &str) -> Result<(), Trouble> {
    let fhir = Fhir::of(visit.wire, tenant);
    let place = format!("at-rest/{}", tenant.name);
    let remembered = visit.memory.recall(&place).and_then(|id| id.as_str().map(str::to_owned));
    let before = match &remembered {
        Some(id) => fhir.read("Patient", id).await?,
        None => None,
    };
    let mut resource = patient(word);
    let id = match before {
        Some((_, kept)) => {
            if let Some(fields) = resource.as_object_mut() {
                fields.insert("id".to_owned(), Value::from(kept.id.clone()));
            }
            let below = format!("/Patient/{}", kept.id);
            fhir.call_if("PUT", &below, Some(&resource), kept.etag.as_deref()).await?.good("saving a patient")?;
            kept.id
        }
        None => fhir.create(&resource).await?.id,
    };
    visit.memory.keep(&place, id);
    let found = fhir.search("Patient", "family", word).await?;
    match found.to_string().contains(word) {
        true => Ok(()),
        false => {
            Err(Trouble::new("a patient that was just saved is not found by name, so nothing can be said of the disk"))
        }
    }
}

/// Types the word into addresses and the sign-in form, which a careless log would keep. How many places took it.
async fn send_through_pages(visit: &Visit<'_>, word: &str) -> Result<usize, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let session = visit.desk.signed_in(visit, tenant, 1).await?;
    let mut places = 0;
    for route in routes(visit).await?.iter().filter(|route| route.method == "GET" && !route.has_parameters()) {
        let call = Call::get(format!("{}?q={word}&name={word}", route.path))
            .header("user-agent", format!("Mozilla/5.0 ({word})"));
        visit.wire.call(session.dress(call)).await?;
        places += 1;
    }
    let mut stranger = tenant.person(0)?.clone();
    stranger.email = format!("{word}@example.org");
    stranger.password = word.to_owned();
    // Refused, of course; what matters is where the attempt leaves traces.
    if crate::house::half_way(visit.wire, &stranger).await.is_err() {
        places += 1;
    }
    Ok(places)
}

async fn sweep(visit: &Visit<'_>, words: &[String]) -> Result<Swept, Trouble> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Seeker::new(&words)?.sweep_aside(visit.stores).await
}

/// The same search over the same words where they are in the clear.
fn control(visit: &Visit<'_>, words: &[String], finding: &mut Finding) -> Result<(), Trouble> {
    let listed: Vec<&str> = words.iter().map(String::as_str).collect();
    let seeker = Seeker::new(&listed)?;
    let dir = visit.stores.scratch.join("readable");
    std::fs::create_dir_all(&dir)?;
    let mut files = 0;
    let mut caught = 0;
    for word in words {
        for (number, (_, bytes)) in crate::probe::forms_of(word).into_iter().enumerate() {
            let path = dir.join(format!("{number}"));
            caught += usize::from(is_found_in(&seeker, &path, &bytes)?);
            files += 1;
        }
    }
    std::fs::remove_dir_all(&dir)?;
    let told = format!("The same names in readable files outside the house: found in {caught} of {files}.");
    finding.control(caught == files && files > 0, told, visit.now());
    Ok(())
}

fn is_found_in(seeker: &Seeker, path: &Path, bytes: &[u8]) -> Result<bool, Trouble> {
    let mut content = vec![0xa5u8; 1000];
    content.extend_from_slice(bytes);
    content.extend_from_slice(&[0x5a; 1000]);
    std::fs::write(path, content)?;
    let mut swept = Swept::default();
    seeker.file(path, &mut swept)?;
    Ok(!swept.found.is_empty())
}
