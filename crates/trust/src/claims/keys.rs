use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Reply, Session, hidden};
use crate::probe::{Finding, Seeker, Trouble, Visit, several};

/// A program's key is bounded, and over when it is revoked.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "keys",
    group: "Who can see a record",
    words: "A program's key is shown once and kept nowhere, ends by itself, does no more than whoever answers for it may, and is \
            refused within one second of being revoked.",
    rows: &["L20", "L21", "L23", "M31"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 60 * 60,
    valid_seconds: 3 * 60 * 60,
    how: "In a probe organisation the runner signs in as an administrator, shows the second factor once more, and asks for \
          keys that must not be made: one without an end, one that ends in years, one with a right that the administrator \
          does not hold. Then it makes a key that may read the audit log, looks for it on the pages about keys and in each \
          file below the data directory, copies it with one letter wrong, revokes it, and goes on using it: it must be \
          refused within a second, and the time is published. To show that the check can fail, the same key is used before \
          it is revoked, and must open the log; and written to a file outside the house, it must be found there.",
    probe: ProbeDecl {
        id: "keys.life",
        version: 1,
        source: include_bytes!("keys.rs"),
        parameters: "administrator of the first probe tenant; evidence.read for 7 days; refused within 1 s of revoking",
        run,
    },
};

/// What the key may do, and where it shows.
const RIGHT: &str = "evidence.read";
const USES: &str = "/audit/entries?limit=1";
/// A right of the house that no administrator of an organisation holds.
const FOREIGN: &str = "figures.read";
/// How long a revoked key is tried, in milliseconds.
const TRIED_MS: i64 = 3_000;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let mut session = visit.desk.sure(visit, tenant.person(0)?).await?;
    let refused = never_made(visit, &mut session, &mut finding).await?;
    let reply = order(visit, &mut session, &[("days", "7"), ("permission", RIGHT)]).await?;
    let key = key_on(&reply.text()).ok_or_else(|| Trouble::new("a key that may be made was not shown"))?;
    let opened = use_key(visit, &key).await? == 200;
    let page = page_of(visit, &mut session).await?;
    let secret = key.get(key.len() / 3..key.len() - 10).unwrap_or(&key);
    for path in ["/keys", &page] {
        let shown = session.send(visit.wire, Call::get(path)).await?;
        finding.check(!shown.holds(secret), || format!("The page {path} shows the key once more."));
    }
    let wrong = mistyped(&key);
    let answered = use_key(visit, &wrong).await?;
    finding.check(answered == 401, || format!("A key with one letter wrong was answered {answered}."));
    let found = seek(visit, secret, &mut finding).await?;
    let (late, last) = revoke(visit, &mut session, &page, &key).await?;
    finding.saw("revoke_to_refused_ms", late);
    finding.check(last == 401 && late <= 1_000, || format!("A revoked key was still answered {last} after {late} ms."));
    let kept = if last == 401 { format!("refused {late} ms after it was revoked") } else { "not refused".to_owned() };
    finding.counted(
        refused.0,
        refused.1,
        format!("{} refused, 1 key made, {kept}", several(refused.0, "order", "orders")),
    );
    let told = format!("Before it was revoked the key {}; in a readable file it was {}.", word(opened), word(found));
    finding.control(opened && found, told, visit.now());
    Ok(finding)
}

const fn word(yes: bool) -> &'static str {
    if yes { "was accepted or found" } else { "was not" }
}

/// Asks for keys that must not be made. How many were refused, of how many.
async fn never_made(visit: &Visit<'_>, session: &mut Session, finding: &mut Finding) -> Result<(u64, u64), Trouble> {
    let orders: [(&str, &[(&str, &str)]); 4] = [
        ("without an end", &[("permission", RIGHT)]),
        ("that ends in ten years", &[("days", "3650"), ("permission", RIGHT)]),
        ("with a right that its maker does not hold", &[("days", "7"), ("permission", FOREIGN)]),
        ("with a duty of the house", &[("days", "7"), ("role", "duty.door")]),
    ];
    let mut refused = 0;
    for (what, fields) in orders {
        let reply = order(visit, session, fields).await?;
        let made = key_on(&reply.text()).is_some();
        finding.check(!made, || format!("A key {what} was made."));
        refused += u64::from(!made);
    }
    Ok((refused, orders.len() as u64))
}

async fn order(visit: &Visit<'_>, session: &mut Session, more: &[(&str, &str)]) -> Result<Reply, Trouble> {
    let form = session.send(visit.wire, Call::get("/keys/new")).await?.good("opening the form for a key")?;
    let part =
        |name: &str| hidden(&form, name).ok_or_else(|| Trouble::new(format!("the form for a key has no {name}")));
    let (token, attempt) = (part("form-token")?, part("attempt")?);
    let mut fields = vec![("form-token", token.as_str()), ("attempt", &attempt), ("name", "probe")];
    fields.extend(more);
    session.send(visit.wire, Call::new("POST", "/keys/new").form(&fields)).await
}

/// The key that a page shows.
fn key_on(text: &str) -> Option<String> {
    let after = text.split("candor_key_").nth(1)?;
    let rest: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (rest.len() >= 60).then(|| format!("candor_key_{rest}"))
}

async fn use_key(visit: &Visit<'_>, key: &str) -> Result<u16, Trouble> {
    Ok(visit.wire.call(Call::get(USES).bearer(key)).await?.status)
}

/// The page about the newest key that the runner made.
async fn page_of(visit: &Visit<'_>, session: &mut Session) -> Result<String, Trouble> {
    let list = session.send(visit.wire, Call::get("/keys")).await?.good("listing the keys")?;
    let text = list.text();
    let is_it = |rest: &&str| rest.split('<').next().is_some_and(|part| part.ends_with(">probe"));
    let found = text.split("href=\"/keys/").skip(1).find(is_it).and_then(|rest| rest.split('"').next());
    found.map(|id| format!("/keys/{id}")).ok_or_else(|| Trouble::new("the new key is not in the list"))
}

/// The same key with one letter of its secret changed.
fn mistyped(key: &str) -> String {
    let at = key.len() / 2;
    key.char_indices().map(|(place, c)| if place == at { if c == 'A' { 'B' } else { 'A' } } else { c }).collect()
}

/// Looks for the key below the data directory. Whether the search can find it where it stands.
async fn seek(visit: &Visit<'_>, secret: &str, finding: &mut Finding) -> Result<bool, Trouble> {
    let swept = Seeker::new(&[secret])?.sweep_aside(visit.stores).await?;
    for found in &swept.found {
        let file = crate::probe::shown(&found.file, visit.stores);
        finding.fail(format!("The key stands in {file} at byte {}.", found.at));
    }
    for unread in &swept.unread {
        finding.fail(format!("A file could not be looked at: {unread}."));
    }
    finding.saw("files_searched", swept.files);
    let place = visit.stores.scratch.join("key");
    std::fs::write(&place, format!("a key: {secret}."))?;
    let mut readable = crate::probe::Swept::default();
    Seeker::new(&[secret])?.file(&place, &mut readable)?;
    std::fs::remove_file(&place)?;
    Ok(!readable.found.is_empty())
}

/// Revokes the key and goes on using it. After how many milliseconds it was refused, or what it was answered last.
async fn revoke(visit: &Visit<'_>, session: &mut Session, page: &str, key: &str) -> Result<(i64, u16), Trouble> {
    let form = session.send(visit.wire, Call::get(page)).await?.good("opening the page of the key")?;
    let token = hidden(&form, "form-token").ok_or_else(|| Trouble::new("the page of the key has no form"))?;
    let call = Call::new("POST", format!("{page}/revoke")).form(&[("form-token", &token)]);
    let done = session.send(visit.wire, call).await?;
    let revoked = visit.now();
    if done.status != 303 {
        return Err(Trouble::new(format!("revoking a key was answered {}", done.status)));
    }
    loop {
        let answered = use_key(visit, key).await?;
        let late = (visit.now().micros() - revoked.micros()) / 1000;
        if answered == 401 || late > TRIED_MS {
            return Ok((late, answered));
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
