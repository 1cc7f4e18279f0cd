use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Reply, Route, Session, routes};
use crate::probe::{Finding, Trouble, Visit, several};

/// Nobody gets in without a credential, or with a false one.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "no-credentials",
    group: "Who can see a record",
    words: "Every address that is not on the public list turns away whoever is not signed in, has no key, or has one \
            with so much as one bit changed.",
    rows: &["L21", "L23", "M35"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "Each address that the house declares is called with each of its methods: without any credential, with a key \
          or session in which one bit was flipped, with a made-up one, with an unsigned token of the kind that careless \
          servers accept, and with a key where a session belongs and the other way round. Each must be turned away. The \
          public list stands in the result. To show that the check can fail, public pages are put to it as though they \
          were not public, and must be flagged.",
    probe: ProbeDecl {
        id: "auth.routes",
        version: 1,
        source: include_bytes!("no_credentials.rs"),
        parameters: "none, bit flipped, made up, alg none, empty, key as session, session as key",
        run,
    },
};

/// A JSON web token that says of itself that it is not signed.
const UNSIGNED: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbmlzdHJhdG9yIn0.";

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let session = visit.desk.signed_in(visit, tenant, 1).await?;
    let session = session.cookie().unwrap_or_default().to_owned();
    let disguises = disguises(visit, &tenant.fhir.token, &session);
    let declared = routes(visit).await?;
    let (public, closed): (Vec<Route>, Vec<Route>) = declared.into_iter().partition(Route::is_public);
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let mut attempts = 0;
    for route in &closed {
        for disguise in &disguises {
            let reply = visit.wire.call(disguise.dress(call(route))).await?;
            attempts += 1;
            if is_open(&reply) {
                finding.fail(format!("{} let in {}: it answered {}.", route.name(), disguise.name, reply.status));
            }
        }
    }
    finding.saw("public", public.iter().map(Route::name).collect::<Vec<_>>());
    finding.saw("closed", closed.len());
    finding.saw("disguises", disguises.iter().map(|disguise| disguise.name).collect::<Vec<_>>());
    let refused = if finding.failures.is_empty() { ", each turned away" } else { "" };
    let words = format!(
        "{} on {}{refused}; {} public",
        several(attempts, "attempt", "attempts"),
        several(closed.len() as u64, "address", "addresses"),
        several(public.len() as u64, "address is", "addresses are"),
    );
    finding.counted(attempts, (closed.len() * disguises.len()) as u64, words);
    control(visit, &public, &disguises, &mut finding).await?;
    Ok(finding)
}

/// What somebody without a right comes as.
struct Disguise {
    name: &'static str,
    bearer: Option<String>,
    cookie: Option<String>,
}

impl Disguise {
    fn dress(&self, mut call: Call) -> Call {
        if let Some(bearer) = &self.bearer {
            call = call.bearer(bearer);
        }
        match &self.cookie {
            Some(cookie) => Session::of_cookie(cookie).dress(call),
            None => call,
        }
    }
}

fn disguises(visit: &Visit<'_>, token: &str, session: &str) -> Vec<Disguise> {
    let both = |name, bearer: &str, cookie: &str| Disguise {
        name,
        bearer: Some(bearer.to_owned()),
        cookie: Some(cookie.to_owned()),
    };
    let made_up = visit.word(43);
    vec![
        Disguise { name: "nobody", bearer: None, cookie: None },
        both("a key and a session with one bit flipped", &flipped(visit, token), &flipped(visit, session)),
        both("a made-up key and session", &made_up, &made_up),
        both("an unsigned token", UNSIGNED, UNSIGNED),
        both("empty credentials", "", ""),
        // Each where the other belongs, and only there.
        both("a session as a key and a key as a session", session, token),
    ]
}

/// One bit of one character is flipped, so that another letter or digit comes out.
fn flipped(visit: &Visit<'_>, credential: &str) -> String {
    let mut bytes = credential.as_bytes().to_vec();
    let last = bytes.len().saturating_sub(1) as u64;
    for _ in 0..1_000 {
        let at = usize::try_from(visit.number(last / 2, last)).unwrap_or(0);
        let bit = 1u8 << visit.number(0, 4);
        if let Some(byte) = bytes.get_mut(at)
            && byte.is_ascii_alphanumeric()
            && (*byte ^ bit).is_ascii_alphanumeric()
        {
            *byte ^= bit;
            break;
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn call(route: &Route) -> Call {
    let path = route.filled(|_| "01890a5d-ac96-774b-bcce-b302099a8057".to_owned());
    let call = Call::new(&route.method, path);
    match route.method.as_str() {
        "GET" | "HEAD" | "DELETE" => call,
        _ if route.api => call.body("application/fhir+json", "{}"),
        _ => call.form(&[]),
    }
}

/// Whether the answer is anything but turning away: the way to the sign-in page, 401 or 403. Not even 404, because
/// whoever is told that something does not exist was let in far enough to look.
fn is_open(reply: &Reply) -> bool {
    let sent_to_sign_in = (300..400).contains(&reply.status) && !reply.let_in();
    !(sent_to_sign_in || matches!(reply.status, 401 | 403))
}

async fn control(
    visit: &Visit<'_>,
    public: &[Route],
    disguises: &[Disguise],
    finding: &mut Finding,
) -> Result<(), Trouble> {
    let mut tried = 0;
    let mut flagged = 0;
    let open = public
        .iter()
        .filter(|route| route.method == "GET" && !route.has_parameters() && route.path.starts_with("/trust"));
    for route in open.take(2) {
        for disguise in disguises {
            let reply = visit.wire.call(disguise.dress(call(route))).await?;
            tried += 1;
            flagged += u64::from(is_open(&reply));
        }
    }
    let told = format!("Public pages put to the check as though they were not: {flagged} of {tried} flagged.");
    finding.control(tried > 0 && flagged == tried, told, visit.now());
    Ok(())
}
