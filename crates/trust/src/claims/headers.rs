use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Reply, Route, routes};
use crate::probe::{Finding, Trouble, Visit, several};
use std::collections::BTreeSet;

/// Every answer carries the headers that protect browsers.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "headers",
    group: "On the way",
    words: "Every answer, errors included, tells browsers to use encryption only, not to guess content types, not to \
            show our pages inside others, and to run no script that is not ours. Pages of somebody who is signed in are \
            not kept by the browser.",
    rows: &["L45"],
    proof: Proof::Negative,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "Each address that the house declares is called as anybody and as somebody who is signed in, with and without \
          good input, also with a wrong method, and so is an address that does not exist, one that is too long and a \
          body that cannot be read. Each answer must carry Strict-Transport-Security of at least a year, nosniff, a \
          content security policy without inline scripts that forbids framing, a referrer and a permissions policy, and \
          be closed to windows and pages of other origins; what needs somebody known must not be stored. To show that the \
          check can fail, each header is taken out of a real answer in turn, and each must be missed.",
    probe: ProbeDecl {
        id: "edge.headers",
        version: 2,
        source: include_bytes!("headers.rs"),
        parameters: "HSTS >= 31536000; nosniff; CSP default-src, no unsafe-inline, frame-ancestors; referrer-policy; permissions-policy; COOP, CORP same-origin; no-store unless public",
        run,
    },
};

const HSTS_SECONDS_MIN: u64 = 31_536_000;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let tenant = visit.known.tenants.first().ok_or_else(|| Trouble::new("there is no probe tenant"))?;
    let session = visit.desk.signed_in(visit, tenant, 1).await?;
    let declared = routes(visit).await?;
    let mut calls = Vec::new();
    for route in declared.iter().filter(|route| !route.path.contains("sign-out")) {
        let personal = !route.is_public();
        let dressed = session.dress(plain(route).bearer(&tenant.fhir.token));
        let strange_method = Call { method: "PROPFIND".to_owned(), ..plain(route) };
        calls.push((route.name(), plain(route), personal));
        calls.push((format!("{} signed in", route.name()), dressed, personal));
        calls.push((format!("{} with another method", route.name()), strange_method, personal));
    }
    calls.extend(strange(&tenant.fhir.token).into_iter().map(|(name, call)| (name, call, true)));
    let mut finding = Finding { scope: vec![tenant.name.clone()], ..Finding::default() };
    let mut statuses = BTreeSet::new();
    let mut sample = None;
    let total = calls.len() as u64;
    for (name, call, personal) in calls {
        let reply = visit.wire.call(call).await?;
        statuses.insert(reply.status);
        for lack in lacks(&reply) {
            finding.fail(format!("{name} ({}): {lack}.", reply.status));
        }
        let stored = personal && reply.header("cache-control") != Some("no-store");
        finding.check(!stored, || format!("{name} ({}): it may be stored.", reply.status));
        sample.get_or_insert(reply);
    }
    let errors = statuses.iter().filter(|status| **status >= 400).count();
    finding.saw("answers", total);
    finding.saw("addresses", declared.len());
    finding.saw("statuses", statuses.iter().copied().collect::<Vec<_>>());
    let told = format!(
        "{} from {}, {}",
        several(total, "answer", "answers"),
        several(declared.len() as u64, "address", "addresses"),
        several(errors as u64, "kind of error", "kinds of errors"),
    );
    finding.counted(total, total, told);
    control(sample.as_ref(), visit, &mut finding);
    Ok(finding)
}

fn plain(route: &Route) -> Call {
    let call = Call::new(&route.method, route.filled(|_| "01890a5d-ac96-774b-bcce-b302099a8057".to_owned()));
    match route.method.as_str() {
        "GET" | "HEAD" | "DELETE" => call,
        _ => call.form(&[]),
    }
}

/// What nobody sends in earnest.
fn strange(token: &str) -> Vec<(String, Call)> {
    let named = |name: &str, call| (name.to_owned(), call);
    vec![
        named("an address that does not exist", Call::get("/there/is/nothing/here")),
        named("an address that is too long", Call::get(format!("/{}", "a".repeat(20_000)))),
        named("an address with a broken escape", Call::get("/trust/claims/%ff%fe")),
        named(
            "a body that is no JSON",
            Call::new("POST", "/fhir/r4/Patient").bearer(token).body("application/fhir+json", "{\"a\":"),
        ),
        named("a body of another type", Call::new("POST", "/sign-in").body("text/plain", "a")),
        named("a header that is too long", Call::get("/trust").header("x-long", "a".repeat(30_000))),
    ]
}

/// What an answer lacks.
fn lacks(reply: &Reply) -> Vec<&'static str> {
    let text = |name: &str| reply.header(name).unwrap_or_default().to_lowercase();
    let hsts = text("strict-transport-security");
    let seconds =
        hsts.split(';').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok()).unwrap_or(0);
    let policy = text("content-security-policy");
    let directive = |name: &str| policy.split(';').find_map(|part| part.trim().strip_prefix(name).map(str::trim));
    let unframed = matches!(directive("frame-ancestors"), Some("'none'" | "'self'"));
    let scripts = directive("script-src").or_else(|| directive("default-src"));
    let strict = scripts.is_some_and(|allowed| !allowed.contains("unsafe") && !allowed.contains('*'));
    let all = [
        (seconds >= HSTS_SECONDS_MIN, "Strict-Transport-Security is missing or shorter than a year"),
        (text("x-content-type-options") == "nosniff", "X-Content-Type-Options is not nosniff"),
        (unframed, "the content security policy does not forbid framing"),
        (strict, "the content security policy does not keep foreign scripts out"),
        (!text("referrer-policy").is_empty(), "Referrer-Policy is missing"),
        (!text("permissions-policy").is_empty(), "Permissions-Policy is missing"),
        (text("cross-origin-opener-policy") == "same-origin", "Cross-Origin-Opener-Policy is not same-origin"),
        (text("cross-origin-resource-policy") == "same-origin", "Cross-Origin-Resource-Policy is not same-origin"),
    ];
    all.into_iter().filter(|(there, _)| !there).map(|(_, lack)| lack).collect()
}

/// Each header taken out in turn must be missed.
fn control(sample: Option<&Reply>, visit: &Visit<'_>, finding: &mut Finding) {
    let names = [
        "strict-transport-security",
        "x-content-type-options",
        "content-security-policy",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ];
    let missed = |name: &&&str| {
        sample.is_some_and(|reply| {
            let mut stripped = reply.clone();
            stripped.headers.retain(|(found, _)| found != *name);
            lacks(&stripped).len() > lacks(reply).len()
        })
    };
    let caught = names.iter().filter(missed).count();
    let told = format!("Each header taken out of a real answer: {caught} of {} missed.", names.len());
    finding.control(caught == names.len(), told, visit.now());
}
