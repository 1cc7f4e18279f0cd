use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, figures, half_way, open_pages, routes};
use crate::probe::{Finding, Trouble, Visit, several};

/// A password alone opens nothing, for nobody.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "second-factor",
    group: "Who can see a record",
    words: "Every person signs in with a second factor. A password alone opens nothing.",
    rows: &["M07"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "The runner signs in to each probe organisation with the right password and no code, and then tries each page that is not public with \
          what it was given: none may open. A wrong code must be refused, too. Then the house counts \
          its accounts and open sessions: as many must have a second factor as there are. To show that the check can \
          fail, the same person signs in with both factors, and pages must be seen to open.",
    probe: ProbeDecl {
        id: "auth.mfa",
        version: 1,
        source: include_bytes!("second_factor.rs"),
        parameters: "password only, ticket as session, ticket as key, wrong code; figures of all accounts and sessions",
        run,
    },
};

/// Who signs in, if there are so many: somebody whose codes no other check uses.
const PERSON: usize = 4;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let mut attempts = 0;
    let mut opened = 0;
    let mut open = Vec::new();
    for tenant in &visit.known.tenants {
        finding.scope.push(tenant.name.clone());
        attempts += with_password_only(visit, tenant.person(PERSON)?, &mut finding).await?;
        // Both factors: also makes the house forget the wrong code.
        let session = visit.desk.fresh(visit, tenant.person(PERSON)?).await?;
        if let Some(page) = open_pages(visit, &session, 1).await?.into_iter().next() {
            opened += 1;
            open.push((session, page));
        }
    }
    // ORDER: counted while these sessions are open, so that there is something to count.
    let (accounts, sessions) = count(visit, &mut finding).await?;
    for (mut session, page) in open {
        session.sign_out(visit.wire, &page).await?;
    }
    finding.saw("attempts_with_password_only", attempts);
    let words = format!(
        "{} of {}, {} of {}, {} with a password alone refused",
        accounts.0,
        several(accounts.1, "account", "accounts"),
        sessions.0,
        several(sessions.1, "open session", "open sessions"),
        several(attempts, "attempt", "attempts"),
    );
    // An account without a second factor is a failure, not an account that was not looked at.
    finding.counted(accounts.1 + sessions.1, accounts.1 + sessions.1, words);
    let tenants = visit.known.tenants.len() as u64;
    let told = format!("With both factors: pages opened in {opened} of {tenants} organisations.");
    finding.control(opened == tenants && tenants > 0, told, visit.now());
    Ok(finding)
}

/// How many attempts were made.
async fn with_password_only(
    visit: &Visit<'_>,
    person: &crate::house::Person,
    finding: &mut Finding,
) -> Result<u64, Trouble> {
    let half = half_way(visit.wire, person).await?;
    if half.browser.cookie().is_some() {
        finding.fail("The right password alone was given a session.");
    }
    let mut attempts = 0;
    let as_session = crate::house::Session::of_cookie(&half.ticket);
    for route in routes(visit).await?.iter().filter(|route| !route.is_public() && route.method == "GET") {
        let path = route.filled(|_| "01890a5d-ac96-774b-bcce-b302099a8057".to_owned());
        let calls = [
            half.browser.dress(Call::get(&*path)),
            as_session.dress(Call::get(&*path)),
            Call::get(&*path).bearer(&half.ticket),
        ];
        for call in calls {
            attempts += 1;
            let reply = visit.wire.call(call).await?;
            finding.check(!reply.let_in(), || {
                format!("{} opened with a password alone: it answered {}.", route.name(), reply.status)
            });
        }
    }
    // Six digits that are no code: letters never are, so the account is not locked by a chance hit.
    let mut browser = half.browser;
    let fields = [("form-token", &*half.token), ("ticket", &*half.ticket), ("code", "abcdef")];
    let reply = browser.send(visit.wire, Call::new("POST", "/sign-in/code").form(&fields)).await?;
    attempts += 1;
    finding.check(browser.cookie().is_none(), || {
        format!("A wrong code was accepted: the house answered {}.", reply.status)
    });
    Ok(attempts)
}

/// With a second factor, and of how many: accounts and sessions.
async fn count(visit: &Visit<'_>, finding: &mut Finding) -> Result<((u64, u64), (u64, u64)), Trouble> {
    let figures = figures(visit).await?;
    let accounts = (figures.number("accounts_with_second_factor")?, figures.number("accounts")?);
    let sessions = (figures.number("sessions_with_second_factor")?, figures.number("sessions")?);
    for (name, (with, all)) in [("accounts", accounts), ("open sessions", sessions)] {
        finding.saw(name, all);
        finding.saw(&format!("{name} with a second factor"), with);
        finding.check(with == all, || format!("Of {all} {name} only {with} have a second factor."));
    }
    finding.check(accounts.1 > 0, || "The house says that it has no accounts.".to_owned());
    Ok((accounts, sessions))
}
