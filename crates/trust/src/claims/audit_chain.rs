use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::digest::sha256_hex;
use crate::house::{Evidence, Tenant};
use crate::probe::{Finding, Trouble, Visit, several};
use ledger::audit::Claimed;
use ledger::{Auditor, Checkpoint, Edge, HeldTiles, SigningKey, VerifyingKey, leaf_hash, note};
use serde_json::Value;

/// No entry of the audit log was changed or taken away.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "audit-chain",
    group: "What is recorded",
    words: "An entry of the audit log cannot be changed or taken away without being noticed: the whole log is checked \
            against the signed heads that were published before.",
    rows: &["M62"],
    proof: Proof::Recompute,
    counts: Counts::Whole,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "Each entry of the probe organisations' audit logs is downloaded and hashed into the log's tree (RFC 6962). The \
          root must be the one in the house's latest signed head, and the tree must also pass through every signed head \
          that the runner kept from earlier checks, so that a log that was rewritten or shortened in between is \
          noticed. Each entry must say when, who, what, why and with which outcome. To show that the check can fail, one \
          byte of one entry is changed in a copy, and the check must name that entry.",
    probe: ProbeDecl {
        id: "audit.chain",
        version: 1,
        source: include_bytes!("audit_chain.rs"),
        parameters: "earlier heads kept 24; fields required: index time actor action kind purpose decision request outcome",
        run,
    },
};

const HEADS_KEPT: usize = 24;

const FIELDS: &[&str] = &["time", "actor", "action", "kind", "purpose", "decision", "request", "outcome"];

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let mut finding = Finding::default();
    let mut counted = 0;
    let mut total = 0;
    let mut heads = 0;
    let mut longest: Vec<String> = Vec::new();
    for tenant in &visit.known.tenants {
        finding.scope.push(tenant.name.clone());
        let log = download(visit, tenant, &mut finding).await?;
        total += log.head.size;
        let (verified, earlier) = verify(visit, tenant, &log, &mut finding);
        counted += verified;
        heads += earlier;
        finding.evidence_sha256.push(sha256_hex(log.signed.as_bytes()));
        if log.entries.len() > longest.len() {
            longest = log.entries;
        }
    }
    finding.saw("earlier_heads_confirmed", heads);
    let entries = several(counted, "entry", "entries");
    let words = format!(
        "{entries} of {} verified to the signed heads",
        several(visit.known.tenants.len() as u64, "log", "logs")
    );
    finding.counted(counted, total, words);
    control(visit, &longest, &mut finding)?;
    Ok(finding)
}

struct Log {
    key: VerifyingKey,
    signed: String,
    head: Checkpoint,
    entries: Vec<String>,
}

async fn download(visit: &Visit<'_>, tenant: &Tenant, finding: &mut Finding) -> Result<Log, Trouble> {
    let evidence = Evidence::of(visit.wire, tenant);
    let key = evidence.key().await?;
    let pinned = format!("audit-chain/{}/key", tenant.name);
    match visit.memory.recall(&pinned) {
        None => visit.memory.keep(&pinned, key.clone()),
        Some(before) => finding.check(before == *key, || {
            format!("The key that signs the audit log of {} is another one than at the first check.", tenant.name)
        }),
    }
    let key = VerifyingKey::from_text(&key).map_err(|error| Trouble::new(format!("the audit log's key: {error}")))?;
    let signed = evidence.checkpoint().await?;
    let unsigned = |error: &dyn std::fmt::Display| Trouble::new(format!("the audit log's signed head: {error}"));
    let opened = note::open(&signed, std::slice::from_ref(&key)).map_err(|error| unsigned(&error))?;
    let head = Checkpoint::from_text(opened.text).map_err(|error| unsigned(&error))?;
    let entries = evidence.entries(0, head.size).await?;
    Ok(Log { key, signed, head, entries })
}

/// How many entries and how many earlier heads hold.
fn verify(visit: &Visit<'_>, tenant: &Tenant, log: &Log, finding: &mut Finding) -> (u64, u64) {
    let place = format!("audit-chain/{}/heads", tenant.name);
    let mut earlier: Vec<String> = match visit.memory.recall(&place) {
        Some(Value::Array(kept)) => kept.iter().filter_map(|head| head.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let keys = std::slice::from_ref(&log.key);
    let claimed = Claimed { origin: &log.head.origin, keys, latest: &log.signed, earlier: &earlier };
    let verdict = Auditor::begin(&claimed, None).and_then(|mut auditor| {
        for entry in &log.entries {
            auditor.entry(entry.as_bytes());
        }
        auditor.finish()
    });
    let heads = match verdict {
        Ok(report) => report.earlier_checkpoints,
        Err(broken) => {
            finding.fail(format!("The audit log of {} is not whole: {broken}.", tenant.name));
            return (log.entries.len() as u64, 0);
        }
    };
    for (index, entry) in log.entries.iter().enumerate() {
        if let Some(fault) = fault_in(entry, index) {
            finding.fail(format!("Entry {index} of the audit log of {}: {fault}.", tenant.name));
        }
    }
    // Kept only when it holds: a head that was found false would hide the next true one.
    if earlier.last() != Some(&log.signed) {
        earlier.push(log.signed.clone());
    }
    earlier.drain(..earlier.len().saturating_sub(HEADS_KEPT));
    visit.memory.keep(&place, earlier);
    (log.entries.len() as u64, heads)
}

/// What an entry lacks, if it lacks anything.
fn fault_in(entry: &str, index: usize) -> Option<String> {
    let Ok(entry) = serde_json::from_str::<Value>(entry) else { return Some("it cannot be read".to_owned()) };
    if entry.get("index").and_then(Value::as_u64) != Some(index as u64) {
        return Some("it says another number".to_owned());
    }
    let empty = |field: &&&str| entry.get(**field).and_then(Value::as_str).is_none_or(str::is_empty);
    FIELDS.iter().find(empty).map(|field| format!("it does not say its {field}"))
}

/// One byte of one entry is changed in a copy; the same auditor must name that entry.
fn control(visit: &Visit<'_>, entries: &[String], finding: &mut Finding) -> Result<(), Trouble> {
    let Some(last) = (entries.len() as u64).checked_sub(1) else {
        finding.control(false, "There is no entry to change in a copy.", visit.now());
        return Ok(());
    };
    let victim = visit.number(0, last);
    let mut seed = [0u8; 32];
    visit.outside.fill(&mut seed);
    let trouble = |error: &dyn std::fmt::Display| Trouble::new(format!("making the control: {error}"));
    let key = SigningKey::from_seed("control", &seed).map_err(|error| trouble(&error))?;
    let mut edge = Edge::empty();
    let mut tiles = HeldTiles::default();
    for stored in edge.grow(entries.iter().map(|entry| leaf_hash(entry.as_bytes()))) {
        tiles.hold(stored.tile, stored.bytes);
    }
    let head = Checkpoint::new("control", edge.size(), edge.root());
    let signed = head.signed(&key).map_err(|error| trouble(&error))?;
    let keys = [key.verifying_key().clone()];
    let claimed = Claimed { origin: "control", keys: &keys, latest: &signed, earlier: &[] };
    let mut auditor = Auditor::begin(&claimed, Some(&tiles)).map_err(|error| trouble(&error))?;
    for (index, entry) in (0..).zip(entries) {
        let mut bytes = entry.clone().into_bytes();
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle).filter(|_| index == victim) {
            *byte ^= 1;
        }
        auditor.entry(&bytes);
    }
    let named = auditor.finish().err().map(|broken| broken.changed_entries()).unwrap_or_default();
    let told = format!("One byte of entry {victim} changed in a copy: the check named {named:?}.");
    finding.control(named == [victim], told, visit.now());
    Ok(())
}
