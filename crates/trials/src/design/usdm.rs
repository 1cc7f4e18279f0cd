//! USDM in: a study definition in JSON becomes a typed study, and what is wrong with it becomes findings.

pub(crate) mod checks;
pub(crate) mod ddf;
pub(crate) mod drafted;
pub(crate) mod model;
pub(crate) mod node;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod shape;
pub(crate) mod upgrade;

use serde_json::Value;

use super::conformance::Outcome;
use super::finding::{Notes, Severity, U1_JSON, U1_VERSION};
use model::Study;

/// Documents beyond this size are not read.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads a study; `None` when the document is not a study at all, and then the findings say why.
pub(crate) fn read(bytes: &[u8], design: usize, notes: &mut Notes) -> Option<(Study, Vec<Outcome>)> {
    if bytes.len() > BYTES_MAX {
        notes.find(U1_JSON, Severity::Blocker, "", format!("The document is larger than {BYTES_MAX} bytes."));
        return None;
    }
    let mut document: Value = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => {
            notes.find(U1_JSON, Severity::Blocker, "", format!("The document is not JSON: {error}."));
            return None;
        }
    };
    let version = document.get("usdmVersion").and_then(Value::as_str).unwrap_or("").to_owned();
    if version.starts_with("4.") {
        shape::check(&document, notes);
    } else if upgrade::upgrade(&mut document) {
        let words = format!("The study is written in USDM {version} and was read as USDM 4.0.");
        notes.find(U1_VERSION, Severity::Warning, "/usdmVersion", words);
    } else {
        let words = "usdmVersion is missing or not 3 or 4; the study is read as USDM 4.0.".to_owned();
        notes.find(U1_VERSION, Severity::Error, "/usdmVersion", words);
    }
    let mut study = read::study(&document, design, notes)?;
    checks::check(&document, &study, notes);
    drafted::check(&document, notes);
    let outcomes = ddf::check(&document, notes);
    repair::repair(&mut study, notes);
    Some((study, outcomes))
}
