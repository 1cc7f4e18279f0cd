use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Fhir, Reply, Route, Session, Tenant, patient, routes};
use crate::probe::{Finding, Trouble, Visit, several};
use serde_json::{Value, json};

/// One organisation cannot get at another's records.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "other-organisation",
    group: "Who can see a record",
    words: "Another organisation cannot read, list, search or change your records, on any address and for any kind of \
            record that we offer.",
    rows: &["M38", "M39"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "Signed in to one probe organisation, by session and by key, the runner uses the real ids of the other's \
          records: on each address that the house declares and that takes an id, and for each kind of record in its \
          capability statement, reading, reading versions, searching, replacing, patching, deleting and in a batch. \
          Each reading must be refused, no answer may hold a byte of the other's records, and after each attempt the \
          record must be as its owner left it: where writing to an unused id is allowed, it makes a record of the \
          asker's own. Both directions are tried. To show that the check can fail, the same attempts are made with the \
          owner's own key, and must be seen to succeed.",
    probe: ProbeDecl {
        id: "tenant.cross",
        version: 1,
        source: include_bytes!("other_tenant.rs"),
        parameters: "both directions between the first two probe tenants; up to 20 ids of each kind",
        run,
    },
};

/// What stands in an address for the kind of record, and for a version.
const SORT: &str = "Patient";
const VERSION: &str = "1";

/// What the asker writes. A record of their own under the same id holds it, and nothing else of anybody's.
const OWN_WORD: &str = "Overwritten";

/// Ids of one kind that are tried.
const IDS_MAX: usize = 20;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

/// Whose record it is, and how to recognise a byte of it.
struct Prey<'a> {
    owner: Fhir<'a>,
    tenant: &'a Tenant,
    /// The family name, which the asker searches for.
    word: String,
    /// Everything else in the record, which the asker never sends: it can come from the record only.
    secret: String,
    id: String,
    etag: Option<String>,
}

#[derive(Default)]
struct Tally {
    attempts: u64,
    addresses: u64,
    kinds: u64,
    seen_by_owner: u64,
    tried_by_owner: u64,
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let (one, other) = visit.known.two_tenants()?;
    let mut finding = Finding { scope: vec![one.name.clone(), other.name.clone()], ..Finding::default() };
    let mut tally = Tally::default();
    let declared = routes(visit).await?;
    for (asker, owner) in [(one, other), (other, one)] {
        let prey = prepare(visit, owner).await?;
        by_kind(visit, asker, &prey, &mut tally, &mut finding).await?;
        by_address(visit, asker, &prey, &declared, &mut tally, &mut finding).await?;
        unchanged(&prey, &mut finding).await?;
        tally.addresses = declared.iter().filter(|route| is_target(route)).count() as u64;
    }
    finding.saw("attempts", tally.attempts);
    finding.saw("addresses", tally.addresses);
    finding.saw("kinds", tally.kinds);
    let refused = if finding.failures.is_empty() { ", each refused" } else { "" };
    let words = format!(
        "{} on {} and {}{refused}",
        several(tally.attempts, "attempt", "attempts"),
        several(tally.addresses, "address", "addresses"),
        several(tally.kinds, "kind of record", "kinds of record"),
    );
    finding.counted(tally.attempts, tally.attempts, words);
    let told = format!(
        "With the owner's own key: {} of {} readings seen to succeed.",
        tally.seen_by_owner, tally.tried_by_owner
    );
    finding.control(tally.tried_by_owner > 0 && tally.seen_by_owner == tally.tried_by_owner, told, visit.now());
    Ok(finding)
}

/// A patient of the owner's with a name that occurs nowhere else.
async fn prepare<'a>(visit: &'a Visit<'a>, tenant: &'a Tenant) -> Result<Prey<'a>, Trouble> {
    let owner = Fhir::of(visit.wire, tenant);
    let (word, secret) = (visit.word(16), visit.word(16));
    let mut whole = patient(&secret);
    if let Some(family) = whole.pointer_mut("/name/0/family") {
        *family = Value::from(&*word);
    }
    let kept = owner.create(&whole).await?;
    let (_, kept) =
        owner.read("Patient", &kept.id).await?.ok_or_else(|| Trouble::new("a patient just saved is not there"))?;
    Ok(Prey { owner, tenant, word, secret, id: kept.id, etag: kept.etag })
}

/// Every kind of record in the capability statement, through the interface for programs.
async fn by_kind(
    visit: &Visit<'_>,
    asker: &Tenant,
    prey: &Prey<'_>,
    tally: &mut Tally,
    finding: &mut Finding,
) -> Result<(), Trouble> {
    let own = Fhir::of(visit.wire, asker);
    let through_other_base = prey.owner.with_token(own.token);
    let mut bases = vec![own];
    if bases.iter().all(|base| base.prefix != through_other_base.prefix) {
        bases.push(through_other_base);
    }
    let sorts = prey.owner.sorts().await?;
    tally.kinds = sorts.len() as u64;
    for sort in &sorts {
        let mut ids = prey.owner.ids(sort).await?;
        if sort == "Patient" {
            ids.retain(|id| *id != prey.id);
            ids.insert(0, prey.id.clone());
        }
        ids.truncate(IDS_MAX);
        for base in &bases {
            for id in &ids {
                // On the version that the record has, so that a house that mixes them up would really change it.
                let before = prey.owner.etag(sort, id).await?;
                let version = before.as_deref().unwrap_or("W/\"1\"");
                for attempt in attempts(sort, id, version, &prey.word) {
                    let if_match = matches!(attempt.method, "PUT" | "PATCH" | "DELETE").then_some(version);
                    let reply = base.call_if(attempt.method, &attempt.below, attempt.body.as_ref(), if_match).await?;
                    tally.attempts += 1;
                    if let Some(fault) = fault_in(&reply, attempt.method, attempt.lists, prey) {
                        finding.fail(format!("{} {} of another organisation: {fault}.", attempt.method, attempt.name));
                    }
                }
                let after = prey.owner.etag(sort, id).await?;
                finding.check(before.is_some() && before == after, || {
                    format!("After the attempts a {sort} is not as its owner left it.")
                });
            }
        }
    }
    // The control: what the check looks for is there to be found.
    for below in [format!("/Patient/{}", prey.id), format!("/Patient?family={}", prey.word)] {
        let reply = prey.owner.call("GET", &below, None).await?;
        tally.tried_by_owner += 1;
        tally.seen_by_owner += u64::from(fault_in(&reply, "GET", true, prey).is_some());
    }
    Ok(())
}

struct Attempt {
    name: String,
    method: &'static str,
    below: String,
    body: Option<Value>,
    /// Whether the asker may be answered with a list of their own.
    lists: bool,
}

fn attempts(sort: &str, id: &str, version: &str, word: &str) -> Vec<Attempt> {
    let attempt = |name: &str, method, below: String, body, lists| Attempt {
        name: format!("{sort} {name}"),
        method,
        below,
        body,
        lists,
    };
    let mut changed = if sort == "Patient" { patient(OWN_WORD) } else { json!({ "resourceType": sort }) };
    if let Some(fields) = changed.as_object_mut() {
        fields.insert("id".to_owned(), Value::from(id));
    }
    let request = json!({ "method": "GET", "url": format!("{sort}/{id}") });
    let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": [{ "request": request }] });
    let request = json!({ "method": "PUT", "url": format!("{sort}/{id}"), "ifMatch": version });
    let transaction = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [{ "resource": changed, "request": request }] });
    let patch = json!([{ "op": "replace", "path": "/active", "value": false }]);
    vec![
        attempt("read", "GET", format!("/{sort}/{id}"), None, false),
        attempt("version", "GET", format!("/{sort}/{id}/_history/1"), None, false),
        attempt("versions", "GET", format!("/{sort}/{id}/_history"), None, false),
        attempt("search by id", "GET", format!("/{sort}?_id={id}"), None, true),
        attempt("search by name", "GET", format!("/{sort}?family={word}"), None, true),
        attempt("list", "GET", format!("/{sort}"), None, true),
        attempt("replace", "PUT", format!("/{sort}/{id}"), Some(changed), false),
        attempt("patch", "PATCH", format!("/{sort}/{id}"), Some(patch), false),
        attempt("delete", "DELETE", format!("/{sort}/{id}"), None, false),
        attempt("batch", "POST", String::new(), Some(batch), true),
        attempt("transaction", "POST", String::new(), Some(transaction), false),
    ]
}

/// Whether a route takes an id or answers a signed-in asker.
fn is_target(route: &Route) -> bool {
    !route.is_public() && !route.path.contains("sign-out")
}

/// Every address that is declared, with the other's ids in it, by session or by key as the address takes it.
async fn by_address(
    visit: &Visit<'_>,
    asker: &Tenant,
    prey: &Prey<'_>,
    declared: &[Route],
    tally: &mut Tally,
    finding: &mut Finding,
) -> Result<(), Trouble> {
    let session = visit.desk.signed_in(visit, asker, 1).await?;
    for route in declared.iter().filter(|route| is_target(route)) {
        let mut takes_id = false;
        let path = route.filled(|name| {
            let value = value_for(name, prey);
            takes_id |= value != SORT && value != VERSION;
            value
        });
        let by_id = format!("?id={id}&patient={id}&_id={id}", id = prey.id);
        let by_word = format!("?q={word}&name={word}&family={word}", word = prey.word);
        let queries: &[&str] = if takes_id { &["", &by_id] } else { &["", &by_id, &by_word] };
        for query in queries {
            let call = Call::new(&route.method, format!("{path}{query}"))
                .header("accept", "text/html, application/json;q=0.9");
            let reply = visit.wire.call(credential(call, route, &session, asker)).await?;
            tally.attempts += 1;
            // Without an id in the path the asker may see a page of their own, which must not show the other's.
            if let Some(fault) = fault_in(&reply, &route.method, !takes_id, prey) {
                finding.fail(format!("{} with the ids of another organisation: {fault}.", route.name()));
            }
        }
    }
    Ok(())
}

fn credential(call: Call, route: &Route, session: &Session, asker: &Tenant) -> Call {
    let call = match route.method.as_str() {
        "GET" | "HEAD" | "DELETE" => call,
        _ if route.api => call.body("application/fhir+json", "{}"),
        _ => call.form(&[]),
    };
    if route.api { call.bearer(&asker.fhir.token) } else { session.dress(call) }
}

fn value_for(parameter: &str, prey: &Prey<'_>) -> String {
    let has = |part: &str| parameter.contains(part);
    match () {
        () if has("tenant") || has("organisation") || has("practice") => {
            prey.tenant.id.clone().unwrap_or_else(|| prey.tenant.name.clone())
        }
        () if has("type") || has("kind") || has("resource") || has("sort") => SORT.to_owned(),
        () if has("vid") || has("version") => VERSION.to_owned(),
        () => prey.id.clone(),
    }
}

/// What is wrong with an answer to somebody of another organisation.
///
/// That a write succeeded is no fault by itself: it may have made, or taken away, a record of the asker's own under the
/// same id. Whether it touched the owner's is asked of the owner afterwards.
fn fault_in(reply: &Reply, method: &str, lists: bool, prey: &Prey<'_>) -> Option<String> {
    let reads = matches!(method, "GET" | "HEAD") && !reply.holds(OWN_WORD);
    let leaks = reply.holds(&prey.secret);
    match () {
        () if leaks => Some(format!("the answer ({}) holds what is in the record", reply.status)),
        () if reply.status >= 500 => Some(format!("the house broke ({})", reply.status)),
        () if reads && !lists && reply.let_in() => Some(format!("the house answered {}", reply.status)),
        () => None,
    }
}

/// The record is as its owner left it.
async fn unchanged(prey: &Prey<'_>, finding: &mut Finding) -> Result<(), Trouble> {
    let now = prey.owner.read("Patient", &prey.id).await?;
    let same = now.is_some_and(|(found, kept)| kept.etag == prey.etag && found.to_string().contains(&prey.secret));
    finding.check(same, || "After the attempts the record is not as its owner left it.".to_owned());
    Ok(())
}
