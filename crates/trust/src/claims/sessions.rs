use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Session, Tenant, figures, open_pages};
use crate::probe::{Finding, Trouble, Visit, several};
use std::time::Duration;

/// A session ends when somebody signs out, and by itself.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "sessions",
    group: "Who can see a record",
    words: "Signing out ends a session within one second, for whoever still holds its cookie. A session that is not used \
            ends by itself.",
    rows: &["L19", "L22", "L24"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "The runner signs in, opens pages, signs out, and sends the old cookie to the same pages at once: none may \
          open. It signs in once more in an organisation whose sessions may be idle for a few seconds only, waits a \
          little longer than that, and tries again: none may open. The cookie must be out of reach of scripts, of \
          unencrypted connections and of other sites. The house counts its sessions that are past their end. To show that the \
          check can fail, the same cookies are used before, and the same pages must be seen to open.",
    probe: ProbeDecl {
        id: "auth.session",
        version: 1,
        source: include_bytes!("sessions.rs"),
        parameters: "up to 3 pages; sign-out within 1 s; idle limit of the tenant plus 2 s",
        run,
    },
};

const PAGES: usize = 3;

/// A limit that is worth waiting for, in seconds.
const IDLE_SECONDS_MAX: u64 = 120;

/// Who signs in, if there are so many: somebody whose codes no other check uses.
const PERSON: usize = 5;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = short_tenant(visit)?;
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let mut session = visit.desk.fresh(visit, tenant.person(PERSON)?).await?;
    cookie_flags(&session, &mut finding);
    let pages = open_pages(visit, &session, PAGES).await?;
    let page = pages.first().ok_or_else(|| Trouble::new("no page opens for somebody who is signed in"))?;
    let before = opened(visit, &session, &pages).await?;
    let old = session.clone();
    session.sign_out(visit.wire, page).await?;
    let signed_out = visit.now();
    let after = opened(visit, &old, &pages).await?;
    let milliseconds = (visit.now().micros() - signed_out.micros()) / 1000;
    finding.check(after == 0, || {
        format!("After signing out the old cookie still opened {}.", several(after, "page", "pages"))
    });
    let late = milliseconds > 1000 * pages.len() as i64;
    finding.check(!late, || format!("It took {milliseconds} ms until the old cookie was refused."));

    let idle = tenant.session_idle_seconds.unwrap_or(0);
    let session = visit.desk.fresh(visit, tenant.person(1)?).await?;
    let awake = opened(visit, &session, &pages).await?;
    tokio::time::sleep(Duration::from_secs(idle + 2)).await;
    let asleep = opened(visit, &session, &pages).await?;
    finding.check(asleep == 0, || {
        format!(
            "A session whose limit is {idle} s idle still opened {} after {} s.",
            several(asleep, "page", "pages"),
            idle + 2
        )
    });
    let overdue = figures(visit).await?.number("sessions_overdue")?;
    finding.check(overdue == 0, || {
        format!("{} stored a day after their end.", several(overdue, "session is", "sessions are"))
    });

    let tried = 2 * pages.len() as u64;
    finding.saw("pages", pages.clone());
    finding.saw("refused_after_sign_out_ms", milliseconds);
    finding.saw("idle_limit_seconds", idle);
    finding.saw("sessions_overdue", overdue);
    let refused = tried - after - asleep;
    finding.counted(
        tried,
        tried,
        format!("{}, {refused} refused", several(tried, "replay of an ended session", "replays of ended sessions")),
    );
    let told = format!("The same cookies before: {} of {tried} pages opened.", before + awake);
    finding.control(before + awake == tried && tried > 0, told, visit.now());
    Ok(finding)
}

fn short_tenant<'a>(visit: &Visit<'a>) -> Result<&'a Tenant, Trouble> {
    let is_short = |tenant: &&Tenant| tenant.session_idle_seconds.is_some_and(|seconds| seconds <= IDLE_SECONDS_MAX);
    let found = visit.known.tenants.iter().find(is_short);
    found.ok_or_else(|| Trouble::new("no probe tenant has an idle limit that is short enough to wait for"))
}

/// How many pages open.
async fn opened(visit: &Visit<'_>, session: &Session, pages: &[String]) -> Result<u64, Trouble> {
    let mut opened = 0;
    for page in pages {
        let reply = visit.wire.call(session.dress(Call::get(&**page))).await?;
        opened += u64::from(reply.let_in());
    }
    Ok(opened)
}

fn cookie_flags(session: &Session, finding: &mut Finding) {
    let has = |wanted: &str| session.attributes().iter().any(|found| found == wanted);
    let same_site = has("samesite=lax") || has("samesite=strict");
    finding.saw("cookie", session.attributes().join("; "));
    for (there, name) in [(has("secure"), "Secure"), (has("httponly"), "HttpOnly"), (same_site, "SameSite")] {
        finding.check(there, || format!("The session cookie is not {name}."));
    }
}
