use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Evidence, Fhir, Reply, Tenant, patient};
use crate::probe::{Finding, Trouble, Visit, several};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is done is written down once, and what is not done is not.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "audit-complete",
    group: "What is recorded",
    words: "Reading, searching, saving and changing a record each leaves exactly one entry in the audit log, and so does \
            an attempt that was refused.",
    rows: &["L75", "M60", "M61"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "In each probe organisation a random number of acts of each kind is done: saving one patient, saving several at \
          once, reading, reading an earlier version, listing versions, searching, changing, asking for what is not \
          there, changing on a wrong precondition and sending what cannot be accepted. Then the audit log is read: each act must stand there exactly as often as it \
          was done, under the number of its request, and nothing may stand there in the runner's name that it did not \
          do. To show that the check can fail, it is repeated on a copy with one entry taken out, and on one with an \
          entry doubled.",
    probe: ProbeDecl {
        id: "audit.differential",
        version: 1,
        source: include_bytes!("audit_complete.rs"),
        parameters: "2 to 4 acts of each of 10 kinds in each probe tenant",
        run,
    },
};

/// One act, and what it must leave.
struct Act {
    name: &'static str,
    request: String,
    leaves: Leaves,
    entries: u64,
}

/// Which entries count as an act's own: a change may also leave the reading that came before it.
#[derive(Clone, Copy)]
enum Leaves {
    /// Those with this action.
    Done(&'static str),
    /// Those that say it was not done.
    Refused,
}

impl Act {
    fn owns(&self, entry: &Entry) -> bool {
        let right = match self.leaves {
            Leaves::Done(action) => entry.action == action && entry.outcome == "done",
            Leaves::Refused => entry.outcome != "done",
        };
        right && entry.request == self.request
    }
}

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let mut counted = 0;
    let mut wanted = 0;
    let mut caught = Vec::new();
    for tenant in &visit.known.tenants {
        finding.scope.push(tenant.name.clone());
        let evidence = Evidence::of(visit.wire, tenant);
        let from = evidence.len().await?;
        let mut acts = Vec::new();
        act(visit, tenant, &mut acts).await?;
        let to = evidence.len().await?;
        let entries = read(&evidence.entries(from, to).await?)?;
        let (faults, found) = compare(&acts, &entries);
        for fault in faults {
            finding.fail(format!("In {}: {fault}.", tenant.name));
        }
        counted += found;
        wanted += acts.iter().map(|act| act.entries).sum::<u64>();
        note_kinds(&acts, &mut finding);
        caught.push(is_caught(&acts, &entries));
    }
    let words =
        format!("{} done, {}", several(wanted, "act", "acts"), several(counted, "matching entry", "matching entries"));
    // What is missing is a failure, not a smaller population.
    finding.counted(wanted, wanted, words);
    let told = "The same comparison on a copy with one entry taken out, and on one with an entry doubled.";
    finding.control(!caught.is_empty() && caught.iter().all(|caught| *caught), told, visit.now());
    Ok(finding)
}

/// Does every kind of act a few times.
async fn act(visit: &Visit<'_>, tenant: &Tenant, acts: &mut Vec<Act>) -> Result<(), Trouble> {
    let fhir = Fhir::of(visit.wire, tenant);
    let times = || visit.number(2, 4);
    let mut ids = Vec::new();
    for _ in 0..times() {
        let reply = fhir.call("POST", "/Patient", Some(&patient(&visit.word(12)))).await?.good("saving a patient")?;
        ids.push(reply.json()?.get("id").and_then(Value::as_str).unwrap_or_default().to_owned());
        acts.push(done("save", &reply, "create", 1)?);
    }
    let id = ids.first().cloned().unwrap_or_default();
    let several_at_once = times();
    let bundle = transaction(visit, several_at_once);
    let reply = fhir.call("POST", "", Some(&bundle)).await?.good("saving several patients at once")?;
    acts.push(done("save several at once", &reply, "create", several_at_once)?);
    for _ in 0..times() {
        let before = fhir.call("GET", &format!("/Patient/{id}"), None).await?.good("reading a patient")?;
        acts.push(done("read", &before, "read", 1)?);
        let etag = before.header("etag").map(str::to_owned);
        let mut changed = patient(&visit.word(12));
        if let Some(fields) = changed.as_object_mut() {
            fields.insert("id".to_owned(), Value::from(id.clone()));
        }
        let reply = fhir.call_if("PUT", &format!("/Patient/{id}"), Some(&changed), etag.as_deref()).await?;
        acts.push(done("change", &reply.good("changing a patient")?, "revise", 1)?);
        // The version that was just replaced is no longer the present one.
        let stale = fhir.call_if("PUT", &format!("/Patient/{id}"), Some(&changed), etag.as_deref()).await?;
        acts.push(refused("change on a wrong precondition", &stale)?);
    }
    for _ in 0..times() {
        let word = visit.word(12);
        let reply = fhir.call("GET", &format!("/Patient?family={word}"), None).await?.good("searching")?;
        acts.push(done("search", &reply, "search", 1)?);
        let reply =
            fhir.call("GET", &format!("/Patient/{id}/_history/1"), None).await?.good("reading an earlier version")?;
        acts.push(done("read an earlier version", &reply, "read-version", 1)?);
        let absent = visit.outside.uuid();
        acts.push(refused("ask for what is not there", &fhir.call("GET", &format!("/Patient/{absent}"), None).await?)?);
        let wrong = json!({ "resourceType": "Patient", "birthDate": "the day before yesterday" });
        acts.push(refused("send what cannot be accepted", &fhir.call("POST", "/Patient", Some(&wrong)).await?)?);
    }
    Ok(())
}

fn transaction(visit: &Visit<'_>, records: u64) -> Value {
    let entry = |_| json!({ "resource": patient(&visit.word(12)), "request": { "method": "POST", "url": "Patient" } });
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": (0..records).map(entry).collect::<Vec<_>>() })
}

fn done(name: &'static str, reply: &Reply, action: &'static str, entries: u64) -> Result<Act, Trouble> {
    Ok(Act { name, request: request_of(reply)?, leaves: Leaves::Done(action), entries })
}

fn request_of(reply: &Reply) -> Result<String, Trouble> {
    let request = reply.header("x-request-id").map(str::to_owned);
    request.ok_or_else(|| Trouble::new("an answer has no request number, so its entry cannot be found"))
}

/// A refused act leaves one entry, whatever it is called.
fn refused(name: &'static str, reply: &Reply) -> Result<Act, Trouble> {
    match reply.status {
        400..=499 => Ok(Act { name, request: request_of(reply)?, leaves: Leaves::Refused, entries: 1 }),
        status => Err(Trouble::new(format!("to {name} should be refused, and the house answered {status}"))),
    }
}

/// What matters of an entry.
#[derive(Clone)]
struct Entry {
    request: String,
    actor: String,
    action: String,
    outcome: String,
}

fn read(entries: &[String]) -> Result<Vec<Entry>, Trouble> {
    let mut read = Vec::with_capacity(entries.len());
    for entry in entries {
        let entry: Value = serde_json::from_str(entry)?;
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        read.push(Entry {
            request: text("request"),
            actor: text("actor"),
            action: text("action"),
            outcome: text("outcome"),
        });
    }
    Ok(read)
}

/// What does not agree, and how many entries belong to acts.
fn compare(acts: &[Act], entries: &[Entry]) -> (Vec<String>, u64) {
    let mut faults = Vec::new();
    let mut matching = 0;
    let mut actors = Vec::new();
    for act in acts {
        let of_it: Vec<&Entry> = entries.iter().filter(|entry| act.owns(entry)).collect();
        let found = of_it.len() as u64;
        matching += found;
        actors.extend(of_it.iter().map(|entry| entry.actor.as_str()));
        if found != act.entries {
            faults.push(format!("to {} left {}, not {}", act.name, several(found, "entry", "entries"), act.entries));
        }
    }
    // Reading the log is itself recorded; everything else in the runner's name must be one of the acts.
    for entry in entries {
        let ours = actors.contains(&entry.actor.as_str());
        let known = acts.iter().any(|act| act.request == entry.request) || entry.action.contains("evidence");
        if ours && !known {
            faults.push(format!(
                "the log has an act \u{201c}{}\u{201d} in the runner's name that it did not do",
                entry.action
            ));
        }
    }
    (faults, matching)
}

fn is_caught(acts: &[Act], entries: &[Entry]) -> bool {
    let Some(at) = entries.iter().position(|entry| acts.iter().any(|act| act.owns(entry))) else { return false };
    let mut fewer = entries.to_vec();
    let taken = fewer.remove(at);
    let mut more = entries.to_vec();
    more.push(taken);
    let faults = |entries: &[Entry]| compare(acts, entries).0.len();
    let before = faults(entries);
    faults(&fewer) > before && faults(&more) > before
}

fn note_kinds(acts: &[Act], finding: &mut Finding) {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for act in acts {
        *kinds.entry(act.name).or_default() += act.entries;
    }
    for (name, number) in kinds {
        let name = format!("acts: {name}");
        let before = finding.observations.get(&name).and_then(Value::as_u64).unwrap_or(0);
        finding.saw(&name, before + number);
    }
}
