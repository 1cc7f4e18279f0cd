use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::joining::{Stranger, answered, begin, fresh_address, letter};
use crate::house::{Call, Reply, Session, Tenant, hidden, is_alive};
use crate::probe::{Finding, Trouble, Visit, several};
use std::time::{Duration, Instant};

/// A lost password is replaced by a link that is good once, and tells nobody who has an account.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "reset",
    group: "Who can see a record",
    words: "A lost password is replaced through a link that is good once and for half an hour. It ends the sessions that were \
            open, and the second factor is still asked for. Whoever asks learns neither from the answer nor from its time \
            whether an address has an account.",
    rows: &["L18"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 6 * 60 * 60,
    valid_seconds: 25 * 60 * 60,
    how: "Somebody new signs up in the open probe organisation and then asks for a new password, in turns with an address \
          that nobody has: both answers must be the same, and their times alike. With the link from the letter they choose \
          a new password: the session from before must be dead, the link used again and a changed link must be refused, a \
          letter must say what happened, and the new password alone must lead to the second factor and no further. To \
          show that the check can fail, the session must be seen alive before, and the link must work once.",
    probe: ProbeDecl {
        id: "auth.reset",
        version: 1,
        source: include_bytes!("reset.rs"),
        parameters: "one account, three questions each for a known and an unknown address, one link",
        run,
    },
};

/// How far apart the quickest answers may be.
const APART_MAX: Duration = Duration::from_millis(150);

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let (_, tenant) = visit.known.two_tenants()?;
    finding.scope.push(tenant.name.clone());
    let mut somebody = begin(visit, tenant).await?;
    somebody.prove(visit, tenant).await?;
    let page = somebody.choose(visit, tenant).await?;
    somebody.enrol(visit, &page).await?;
    let alive = is_alive(visit, &somebody.browser).await?;
    alike(visit, tenant, &somebody, &mut finding).await?;
    let link = letter(visit, tenant, &somebody.email, "reset").await?;
    let token = link.text.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let token = token.ok_or_else(|| Trouble::new("the letter has no link"))?.to_owned();
    let changed: String = token.chars().rev().collect();
    somebody.password.push_str(" anew");
    let before = choose(visit, &changed, &somebody.password).await?;
    finding.check(before.is_none_or(|page| page.status != 200), || "A changed link was taken.".to_owned());
    let set = choose(visit, &token, &somebody.password).await?;
    let worked = set.is_some_and(|page| page.status == 200);
    let again = choose(visit, &token, &somebody.password).await?;
    finding.check(again.is_none_or(|page| page.status != 200), || "A link was taken twice.".to_owned());
    finding.check(!is_alive(visit, &somebody.browser).await?, || {
        "After the password was changed, a session from before still opened a page.".to_owned()
    });
    let step = somebody.try_password(visit).await?;
    let second = hidden(&step, "ticket").is_some()
        && step.header("set-cookie").is_none_or(|set| !set.contains("__Host-candor="));
    finding.check(second, || "The new password did not lead to the second factor.".to_owned());
    let told = letter(visit, tenant, &somebody.email, "notice").await;
    finding.check(told.is_ok(), || "No letter said that the password was changed.".to_owned());
    finding.counted(3, 3, format!("{} refused, 1 link taken", several(2, "bad link", "bad links")));
    let words = format!("The session opened a page before: {alive}. The link worked once: {worked}.");
    finding.control(alive && worked, words, visit.now());
    Ok(finding)
}

/// The same answer in much the same time.
async fn alike(visit: &Visit<'_>, tenant: &Tenant, known: &Stranger, finding: &mut Finding) -> Result<(), Trouble> {
    let unknown = fresh_address(visit, tenant);
    let mut quickest = [Duration::MAX; 2];
    let mut said = [String::new(), String::new()];
    for _ in 0..3 {
        for ((email, quickest), said) in [&known.email, &unknown].into_iter().zip(&mut quickest).zip(&mut said) {
            let (page, time) = ask(visit, email).await?;
            *quickest = (*quickest).min(time);
            *said = bare(&page);
        }
    }
    let [one, other] = quickest;
    let apart = one.abs_diff(other);
    finding.saw("answers_apart_millis", u64::try_from(apart.as_millis()).unwrap_or(u64::MAX));
    let [one, other] = said;
    finding.check(one == other, || "The answer tells whether an address has an account.".to_owned());
    finding.check(apart <= APART_MAX, || {
        format!("The answers for an address with an account and one without are {} ms apart.", apart.as_millis())
    });
    Ok(())
}

async fn ask(visit: &Visit<'_>, email: &str) -> Result<(Reply, Duration), Trouble> {
    let mut browser = Session::default();
    let page = browser.send(visit.wire, Call::get("/reset")).await?.good("opening the page for a new password")?;
    let token = hidden(&page, "form-token").ok_or_else(|| Trouble::new("the page has no form token"))?;
    let answer = answered(&page)?;
    let fields = [("form-token", &*token), ("email", email), ("challenge", &answer)];
    let begun = Instant::now();
    let reply = browser.send(visit.wire, Call::new("POST", "/reset").form(&fields)).await?;
    Ok((reply.good("asking for a new password")?, begun.elapsed()))
}

/// Opens a link and chooses a password; none if the link opens nothing.
async fn choose(visit: &Visit<'_>, link: &str, password: &str) -> Result<Option<Reply>, Trouble> {
    let mut browser = Session::default();
    let page = browser.send(visit.wire, Call::get(format!("/reset/choose?token={link}"))).await?;
    let Some(token) = hidden(&page, "form-token").filter(|_| page.status == 200) else { return Ok(None) };
    let fields = [("form-token", &*token), ("link", link), ("password", password)];
    Ok(Some(browser.send(visit.wire, Call::new("POST", "/reset/choose").form(&fields)).await?))
}

/// A page without what differs at every request.
fn bare(page: &Reply) -> String {
    let text = page.text();
    text.lines().filter(|line| !line.contains("form-token") && !line.contains("Request")).collect()
}
