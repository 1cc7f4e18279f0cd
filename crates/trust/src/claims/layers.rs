use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Call, Fhir, Reply, patient};
use crate::probe::{Finding, Trouble, Visit, several};

/// Each layer in front of a record stops what it is there for.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "layers",
    group: "On the way",
    words: "A request passes several layers before it reaches a record: limits, the request firewall, where it comes \
            from, who asks, which organisation, and the form of what is sent. Each stops by itself what it is there for.",
    rows: &["M41"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "For each layer one request is sent that only this layer has a reason to stop: a compressed body, an address \
          that is too long, an injection, a form sent by another website, no key, a key of another organisation, and a \
          resource that is no resource. Each must be stopped with the status and the words of that layer. To show that \
          it is the layer and not something else, and that the check can fail, each request is sent again without its \
          one fault, and must not be stopped in that way.",
    probe: ProbeDecl {
        id: "edge.layers",
        version: 1,
        source: include_bytes!("layers.rs"),
        parameters: "limits 415 413, firewall 403, origin 403, credential 401, organisation 404, form 400",
        run,
    },
};

/// What only one layer has a reason to stop, and the same without that reason.
struct Vector {
    layer: &'static str,
    statuses: &'static [u16],
    /// Words that only this layer says; none where the status says it all.
    words: &'static str,
    bad: Call,
    good: Call,
}

impl Vector {
    fn is_stopped(&self, reply: &Reply) -> bool {
        self.statuses.contains(&reply.status) && (self.words.is_empty() || reply.holds(self.words))
    }
}

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let (one, other) = visit.known.two_tenants()?;
    let fhir = Fhir::of(visit.wire, one);
    let kept = fhir.create(&patient("Layer")).await?;
    let vectors = vectors(&fhir, &kept.id, &other.fhir.token);
    let mut finding = Finding { scope: vec![one.name.clone(), other.name.clone()], ..Finding::default() };
    let mut passed = 0;
    for vector in &vectors {
        let stopped = visit.wire.call(vector.bad.clone()).await?;
        finding.saw(vector.layer, stopped.status);
        finding.check(vector.is_stopped(&stopped), || {
            format!("The layer «{}» did not stop what it is there for (it answered {}).", vector.layer, stopped.status)
        });
        passed += usize::from(!vector.is_stopped(&visit.wire.call(vector.good.clone()).await?));
    }
    let all = vectors.len();
    finding.counted(all as u64, all as u64, several(all as u64, "layer tried", "layers tried"));
    let told = format!("The same requests without their one fault: {passed} of {all} not stopped by that layer.");
    finding.control(passed == all, told, visit.now());
    Ok(finding)
}

fn vectors(fhir: &Fhir<'_>, id: &str, other: &str) -> Vec<Vector> {
    let page = || Call::get("/trust");
    let form = || Call::new("POST", "/sign-in").form(&[("email", "nobody@example.org"), ("password", "nothing")]);
    let record = || Call::get(format!("{}/Patient/{id}", fhir.prefix));
    let send = |body: String| {
        Call::new("POST", format!("{}/Patient", fhir.prefix)).bearer(fhir.token).body("application/fhir+json", body)
    };
    let vector = |layer, statuses, words, bad, good| Vector { layer, statuses, words, bad, good };
    vec![
        vector("limits: compression", &[415], "", page().header("content-encoding", "gzip"), page()),
        vector("limits: length", &[413, 414], "", Call::get(format!("/trust?{}", "a".repeat(9_000))), page()),
        vector(
            "request firewall",
            &[403],
            "looks like an attack",
            Call::get("/trust?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20"),
            Call::get("/trust?q=select%20a%20day"),
        ),
        vector(
            "where it comes from",
            &[403],
            "another website",
            form().header("origin", "https://hostile.example"),
            form(),
        ),
        vector("who asks", &[401], "", record(), record().bearer(fhir.token)),
        vector("which organisation", &[404], "", record().bearer(other), record().bearer(fhir.token)),
        vector(
            "the form of what is sent",
            &[400, 422],
            "",
            send("{\"resourceType\":\"Patient\",".to_owned()),
            send(patient("Layer").to_string()),
        ),
    ]
}
