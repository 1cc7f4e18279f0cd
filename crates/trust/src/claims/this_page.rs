use crate::bundle;
use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::digest::sha256_hex;
use crate::house::Call;
use crate::probe::{Finding, Trouble, Visit, several};
use serde_json::Value;

/// The page about the promises can be checked, too.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "this-page",
    group: "This page",
    words: "What this page says can be downloaded and checked offline. A change of one byte in it is noticed.",
    rows: &["L96"],
    proof: Proof::Recompute,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "The runner downloads the page, the list of claims and the evidence bundle as anybody could, and verifies the \
          bundle with the key it has itself: signatures, places in the public log, consistency with an earlier head. The \
          page must say of each claim what the bundle says. Then single bytes of the bundle are changed at random places, \
          also in its signature, and each changed bundle must be refused, which shows that the check can fail.",
    probe: ProbeDecl {
        id: "tc.bundle",
        version: 1,
        source: include_bytes!("this_page.rs"),
        parameters: "64 changed bytes, the first and the last among them",
        run,
    },
};

const CHANGED_BYTES: u64 = 64;

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let page = visit.wire.call(Call::get("/trust")).await?;
    finding.check(page.status == 200, || format!("The page cannot be opened: the house answered {}.", page.status));
    let listed = visit.wire.call(Call::get("/trust/claims.json")).await?;
    finding.check(listed.status == 200, || {
        format!("The list of claims cannot be had: the house answered {}.", listed.status)
    });
    let reply = visit.wire.call(Call::get("/trust/bundle")).await?;
    if reply.status != 200 {
        finding.fail(format!("The evidence bundle cannot be downloaded: the house answered {}.", reply.status));
        return Ok(finding);
    }
    let key = visit.memory.recall("this-page/key").and_then(|key| key.as_str().map(str::to_owned));
    let key = key.ok_or_else(|| Trouble::new("the runner does not know its own key"))?;
    finding.evidence_sha256.push(sha256_hex(&reply.body));
    let report = match bundle::verify(&reply.body, visit.now(), Some(&key)) {
        Ok(report) => report,
        Err(broken) => {
            finding.fail(format!("The bundle does not verify: {}", broken.found.join(" ")));
            return Ok(finding);
        }
    };
    agree(&listed, &report, &mut finding);
    let flips = flips(visit, reply.body.len() as u64);
    let mut noticed = 0;
    for (at, bit) in &flips {
        let mut changed = reply.body.clone();
        if let Some(byte) = usize::try_from(*at).ok().and_then(|at| changed.get_mut(at)) {
            *byte ^= 1 << bit;
        }
        match bundle::verify(&changed, visit.now(), Some(&key)) {
            Err(_) => noticed += 1,
            Ok(_) => finding.fail(format!("Byte {at} of the bundle was changed and the bundle still verified.")),
        }
    }
    let claims = report.claims.len() as u64;
    finding.saw("bundle_bytes", reply.body.len());
    finding.saw("log_size", report.log_size);
    finding.saw("changed_bytes_noticed", noticed);
    let told = format!(
        "{} verified to a log of {}",
        several(claims, "claim", "claims"),
        several(report.log_size, "entry", "entries")
    );
    finding.counted(claims, claims, told);
    let all = flips.len();
    finding.control(noticed == all, format!("Bundles with one bit changed: {noticed} of {all} refused."), visit.now());
    Ok(finding)
}

/// The page must not say better things than the bundle.
fn agree(listed: &crate::house::Reply, report: &bundle::Report, finding: &mut Finding) {
    let body: Value = serde_json::from_slice(&listed.body).unwrap_or_default();
    for claim in &report.claims {
        let rows = body.get("claims").and_then(Value::as_array);
        let row = rows.and_then(|rows| rows.iter().find(|row| row.get("id").is_some_and(|id| *id == *claim.id)));
        let said = row.and_then(|row| row.get("verdict")).and_then(Value::as_str).unwrap_or("nothing");
        finding.check(said == claim.verdict.words(), || {
            format!("Of {} the page says {said} and the bundle {}.", claim.id, claim.verdict)
        });
    }
}

/// Which bit of which byte: both ends, the signature, and anywhere.
fn flips(visit: &Visit<'_>, bytes: u64) -> Vec<(u64, u64)> {
    let last = bytes.saturating_sub(1);
    let mut flips = vec![(0, 0), (last, 0), (last.saturating_sub(40), 1)];
    while (flips.len() as u64) < CHANGED_BYTES {
        flips.push((visit.number(0, last), visit.number(0, 6)));
    }
    flips
}
