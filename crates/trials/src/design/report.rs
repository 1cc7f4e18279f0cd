//! The conformance report and the manifest.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::conformance::Outcome;
use super::csv::Table;
use super::standards::{CDASHIG, SDTMIG, TERMINOLOGY};
use super::{Built, File, Finding, Order, Severity};

pub(crate) fn report(built: &Built, outcomes: &[Outcome]) -> Vec<u8> {
    let coverage = built.coverage;
    let document = json!({
        "study": built.study,
        "readable": built.readable,
        "coverage": coverage,
        "release": release(built),
        "counts": counts(&built.findings),
        "rules": outcomes,
        "findings": built.findings,
        "proposals": built.proposals,
    });
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

pub(crate) fn findings_csv(findings: &[Finding]) -> Vec<u8> {
    let mut table = Table::new(&["severity", "rule", "path", "words", "source"]);
    for finding in findings {
        table.row(&[name(finding.severity), &finding.rule, &finding.path, &finding.words, &finding.source]);
    }
    table.into_bytes()
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Blocker => "blocker",
    }
}

fn counts(findings: &[Finding]) -> Value {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    json!({
        "blocker": count(Severity::Blocker), "error": count(Severity::Error),
        "warning": count(Severity::Warning), "note": count(Severity::Note),
    })
}

/// Unresolved activities and other blockers keep a build from release; open proposals wait for a person.
fn release(built: &Built) -> Value {
    let blockers = built.findings.iter().filter(|finding| finding.severity == Severity::Blocker);
    let blocked: Vec<&str> = blockers.map(|finding| finding.words.as_str()).collect();
    json!({ "allowed": built.readable && blocked.is_empty(), "blocked_by": blocked, "open_proposals": built.proposals.len() })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn manifest(order: &Order, created: &str, built: &Built, files: &[File]) -> Vec<u8> {
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            json!({ "name": file.name, "media": file.media, "bytes": file.bytes.len(), "sha256": sha256(&file.bytes) })
        })
        .collect();
    let document = json!({
        "study": built.study,
        "title": built.title,
        "created": created,
        "protocol": { "sha256": sha256(order.protocol), "bytes": order.protocol.len() },
        "order": { "design": order.design, "seed": order.seed, "subjects": order.subjects },
        "build": { "name": "Candor trial designer", "version": env!("CARGO_PKG_VERSION") },
        "standards": {
            "usdm": "4.0", "sdtmig": SDTMIG, "cdashig": CDASHIG, "sdtm-terminology": TERMINOLOGY, "odm": ["1.3.2", "2.0"],
            "define-xml": "2.1", "dataset-json": "1.1", "cosmos": "2026-03-31 draft",
        },
        "data": "synthetic: no participant behind any record",
        "coverage": built.coverage,
        "release": release(built),
        "open_findings": counts(&built.findings),
        "approvals": [],
        "files": files,
    });
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}
