use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Reply, Route, routes};
use crate::probe::{Finding, Trouble, Visit, several};

/// Pages of other sites read nothing and do nothing here.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "origins",
    group: "On the way",
    words: "Pages of other websites can neither read our answers nor act with your session, unless your organisation \
            named the website.",
    rows: &["L46"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "Each address that the house declares is called as a browser would call it for a page of another website: one \
          that nobody knows, one whose name ends in ours, ours without encryption, and a page without any origin \
          (null). No answer may name that website or everybody in Access-Control-Allow-Origin, none may allow \
          credentials, and the browser's own question beforehand must not be granted. A form that such a page sends \
          must be refused for that reason alone. To show that the check can fail, an answer that allows everybody, one that repeats what it \
          was sent and one that allows credentials are put to it, and each must be flagged.",
    probe: ProbeDecl {
        id: "edge.origins",
        version: 1,
        source: include_bytes!("origins.rs"),
        parameters: "https stranger, suffix, http of ourselves, null; simple, preflight, form",
        run,
    },
};

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let session = visit.desk.signed_in(visit, tenant, 1).await?;
    let declared = routes(visit).await?;
    let origins = hostile(&visit.known.base);
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let mut asked = 0;
    for (number, route) in declared.iter().filter(|route| !route.path.contains("sign-out")).enumerate() {
        // Every address with two of the four, in turn; over all addresses each is tried many times.
        for origin in origins.iter().cycle().skip(number).take(2) {
            let known = session.dress(plain(route).bearer(&tenant.fhir.token));
            let from_there = known.header("origin", origin).header("sec-fetch-site", "cross-site");
            let reply = visit.wire.call(from_there.clone()).await?;
            asked += 2;
            for flaw in flaws(&reply, origin) {
                finding.fail(format!("{} asked from {origin}: {flaw}.", route.name()));
            }
            let acts = !route.api && !matches!(route.method.as_str(), "GET" | "HEAD");
            finding.check(!acts || reply.status == 403, || {
                format!("{} was not refused to a page of {origin} ({}).", route.name(), reply.status)
            });
            let question = Call::new("OPTIONS", from_there.path)
                .header("origin", origin)
                .header("access-control-request-method", &*route.method)
                .header("access-control-request-headers", "authorization, content-type");
            for flaw in flaws(&visit.wire.call(question).await?, origin) {
                finding.fail(format!("{} asked beforehand from {origin}: {flaw}.", route.name()));
            }
        }
    }
    finding.saw("origins", origins);
    finding.saw("addresses", declared.len());
    let told = format!(
        "{} to {}",
        several(asked, "question from another website", "questions from other websites"),
        several(declared.len() as u64, "address", "addresses")
    );
    finding.counted(asked, asked, told);
    control(visit, &mut finding);
    Ok(finding)
}

/// Websites that are not ours, some of which look like it.
fn hostile(base: &str) -> Vec<String> {
    let host = base.trim_start_matches("https://");
    vec![
        "https://hostile.example".to_owned(),
        "null".to_owned(),
        format!("https://{}.hostile.example", host.replace([':', '[', ']'], "-")),
        format!("http://{host}"),
    ]
}

fn plain(route: &Route) -> Call {
    let call = Call::new(&route.method, route.filled(|_| "01890a5d-ac96-774b-bcce-b302099a8057".to_owned()));
    match route.method.as_str() {
        "GET" | "HEAD" | "DELETE" => call,
        _ => call.form(&[]),
    }
}

/// What an answer allows that it should not.
fn flaws(reply: &Reply, origin: &str) -> Vec<&'static str> {
    let allowed: Vec<&str> = reply.all("access-control-allow-origin").collect();
    let all = [
        (allowed.contains(&"*"), "everybody may read it"),
        (allowed.iter().any(|named| named.eq_ignore_ascii_case(origin)), "that website may read it"),
        (reply.header("access-control-allow-credentials").is_some(), "it allows credentials"),
        (reply.header("access-control-allow-methods").is_some(), "it grants methods"),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flaw)| flaw).collect()
}

/// Answers that allow too much must be flagged.
fn control(visit: &Visit<'_>, finding: &mut Finding) {
    let answers = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-origin", "null"),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET"),
    ];
    let flagged = |(name, value): &&(&str, &str)| {
        let headers = vec![((*name).to_owned(), (*value).to_owned())];
        !flaws(&Reply { status: 200, headers, body: Vec::new() }, "null").is_empty()
    };
    let caught = answers.iter().filter(flagged).count();
    let told = format!("Made-up answers that allow too much: {caught} of {} flagged.", answers.len());
    finding.control(caught == answers.len(), told, visit.now());
}
