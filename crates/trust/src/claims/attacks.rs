use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Reply, Tenant};
use crate::probe::{Finding, Trouble, Visit, several};
use serde_json::{Value, json};
use shield::corpus;
use std::collections::BTreeMap;
use std::time::Duration;

/// Injected commands are caught, written down and counted.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "injection-attacks",
    group: "At the door",
    words: "Requests that try to inject commands into databases, shells, pages or files are inspected at the door: nine \
            in ten of a fixed set of attacks or more are blocked there, each leaves an entry that names the rules, and \
            no ordinary value of a fixed set is refused.",
    rows: &["M42", "M43"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 60 * 60,
    valid_seconds: 3 * 60 * 60,
    how: "A fixed set of attacks of the injection class, and a set of ordinary values that look like attacks, stand in \
          the source with a version. At each run each attack is sent to one of several routes, in turn: a page, a form, \
          a search and a record. It counts as blocked if it is refused at the door and not repeated in the answer; both \
          rates are published. An answer that repeats an attack, or in which the house breaks, fails the claim by itself. \
          For some of the attacks sent with a key the entry is fetched by its request number: there must be exactly one, \
          with rules. Broken access rules, stolen passwords and the like are no injection, and are not measured here. To \
          show that the check can fail, an answer that let a request pass and one that repeats an attack are put to it.",
    probe: ProbeDecl {
        id: "edge.corpus",
        version: 1,
        source: include_bytes!("attacks.rs"),
        parameters: "at least 90 % of attacks refused with 403, no ordinary value refused with 403; 8 entries fetched",
        run,
    },
};

/// The least share that must be blocked, in percent.
const BLOCKED_PERCENT_MIN: usize = 90;
/// Entries that are fetched.
const FETCHED: usize = 8;
/// How often a request that came too early is sent again.
const TRIES: usize = 6;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

/// Where a value is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Page,
    Form,
    Search,
    Record,
}

/// What became of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Blocked,
    Missed,
    Repeated,
    Broke,
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    // Every attack meets every route in the course of four runs.
    let turn = usize::try_from(visit.now().seconds() / CLAIM.cadence_seconds).unwrap_or(0);
    let mut missed: BTreeMap<&str, u64> = BTreeMap::new();
    let mut requests = Vec::new();
    let (mut total, mut blocked) = (0, 0);
    for (number, (family, payload)) in corpus::attacks().enumerate() {
        let routes = [Route::Page, Route::Form, Route::Search, Route::Record];
        let route = routes.get((number + turn) % routes.len()).copied().unwrap_or(Route::Page);
        let reply = patiently(visit, || call(route, tenant, &payload)).await?;
        total += 1;
        match judge(&reply, &payload) {
            Outcome::Blocked => {
                blocked += 1;
                if matches!(route, Route::Search | Route::Record) && requests.len() < FETCHED {
                    requests.extend(reply.header("x-request-id").map(str::to_owned));
                }
            }
            Outcome::Missed => *missed.entry(family).or_default() += 1,
            Outcome::Repeated => finding.fail(format!("An answer of {route:?} repeats an attack of family {family}.")),
            Outcome::Broke => {
                finding.fail(format!("{route:?} answered {} to an attack of family {family}.", reply.status));
            }
        }
    }
    finding.check(blocked * 100 >= total * BLOCKED_PERCENT_MIN, || {
        format!("Only {blocked} of {total} attacks were blocked.")
    });
    let (ordinary, sample) = ordinary(visit, tenant, &mut finding).await?;
    entries(visit, tenant, &requests, &mut finding).await?;
    finding.saw("set", corpus::VERSION);
    finding.saw("attacks", total);
    finding.saw("blocked", blocked);
    finding.saw("missed by family", json!(missed));
    finding.saw("ordinary values", ordinary);
    finding.saw("entries fetched", requests.len());
    let told = format!(
        "{blocked} of {} blocked, {} let pass, {} found again",
        several(total as u64, "attack", "attacks"),
        several(ordinary, "ordinary value", "ordinary values"),
        several(requests.len() as u64, "entry", "entries"),
    );
    finding.counted(total as u64, total as u64, told);
    control(visit, &sample, &mut finding);
    Ok(finding)
}

/// Ordinary values must not be refused at the door; what the address says to them is its own business.
async fn ordinary(visit: &Visit<'_>, tenant: &Tenant, finding: &mut Finding) -> Result<(u64, Reply), Trouble> {
    let mut count = 0;
    let mut sample = Reply::default();
    for value in corpus::benign() {
        for route in [Route::Page, Route::Search, Route::Record] {
            let reply = patiently(visit, || call(route, tenant, &value)).await?;
            count += 1;
            finding.check(reply.status != 403, || {
                format!("{route:?} refused an ordinary value: {}", String::from_utf8_lossy(&value))
            });
            sample = reply;
        }
    }
    Ok((count, sample))
}

/// Each of these requests left exactly one entry, and the entry names rules.
async fn entries(
    visit: &Visit<'_>,
    tenant: &Tenant,
    requests: &[String],
    finding: &mut Finding,
) -> Result<(), Trouble> {
    finding.check(!requests.is_empty(), || "No blocked request has a number.".to_owned());
    for request in requests {
        let path = format!("/watch/attempts?request={request}");
        let reply = patiently(visit, || Call::get(&path).bearer(&tenant.fhir.token)).await?;
        let found = reply.good("fetching an attempt")?.json()?;
        let list = found.get("attempts").and_then(Value::as_array).cloned().unwrap_or_default();
        let named = |one: &Value| one.get("rules").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
        let holds = list.len() == 1 && list.iter().all(named);
        finding.check(holds, || format!("A blocked request left {} entries with rules, not 1.", list.len()));
    }
    Ok(())
}

/// Sends it again where the house asks for patience: how often somebody may ask is another promise.
async fn patiently(visit: &Visit<'_>, call: impl Fn() -> Call) -> Result<Reply, Trouble> {
    let mut reply = visit.wire.call(call()).await?;
    for _ in 0..TRIES {
        if !matches!(reply.status, 429 | 503) {
            break;
        }
        let seconds = reply.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1u64);
        tokio::time::sleep(Duration::from_secs(seconds.clamp(1, 30))).await;
        reply = visit.wire.call(call()).await?;
    }
    Ok(reply)
}

/// A request that could do nothing even if it passed: no account has such an address, and no record is of that sort.
fn call(route: Route, tenant: &Tenant, value: &[u8]) -> Call {
    let text = String::from_utf8_lossy(value);
    match route {
        Route::Page => Call::get(format!("/sign-in?q={}", encoded(value))),
        Route::Form => {
            Call::new("POST", "/sign-in").body("application/x-www-form-urlencoded", format!("email={}", encoded(value)))
        }
        Route::Search => Call::get(format!("/fhir/r4/Patient?name={}", encoded(value))).bearer(&tenant.fhir.token),
        Route::Record => {
            let record = json!({ "resourceType": "Basic", "note": [{ "text": text }] });
            let call = Call::new("POST", "/fhir/r4/Patient").bearer(&tenant.fhir.token);
            call.body("application/fhir+json", record.to_string())
        }
    }
}

fn encoded(value: &[u8]) -> String {
    value
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn judge(reply: &Reply, payload: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(payload);
    // Signs that mean something to a page or a program; words alone may stand in any answer.
    let telling = text.len() > 8 && text.contains(['<', '\'', '"', '{', '$', ';', '|']);
    match reply.status {
        500.. => Outcome::Broke,
        _ if telling && reply.holds(&text) => Outcome::Repeated,
        403 => Outcome::Blocked,
        _ => Outcome::Missed,
    }
}

/// An answer that let a request pass, and one that repeats an attack, must be seen as such.
fn control(visit: &Visit<'_>, passed: &Reply, finding: &mut Finding) {
    let attack = b"<script>alert(1)</script>";
    let repeats = Reply { status: 403, body: attack.to_vec(), ..Reply::default() };
    let seen = (judge(passed, attack), judge(&repeats, attack));
    let words = format!(
        "A request that was let pass counts as {:?}, an answer that repeats an attack as {:?}.",
        seen.0, seen.1
    );
    finding.control(seen == (Outcome::Missed, Outcome::Repeated), words, visit.now());
}
