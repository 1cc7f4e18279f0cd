use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::{DecodeError, KindDecl};

/// One step of a kind's upgrade chain: from a past shape to the next.
///
/// INVARIANT: its words are fixed text, so they cannot hold the content of a record.
///
/// ```compile_fail
/// let _: model::UpgradeStep = |old| Err(old.to_string());
/// ```
///
/// ```
/// let _: model::UpgradeStep = |old| Err("there is no way up from here");
/// ```
pub type UpgradeStep = fn(Value) -> Result<Value, &'static str>;

/// The body to store.
pub fn encode(decl: &KindDecl, record: &impl Serialize) -> Result<Vec<u8>, DecodeError> {
    serde_json::to_vec(record).map_err(|_| error(decl, decl.version, "it cannot be written as JSON"))
}

/// Reads a body of any shape up to the present one; `steps` lead from shape 1, 2 and so on.
pub fn decode<K: DeserializeOwned>(
    decl: &KindDecl,
    steps: &[UpgradeStep],
    version: u16,
    body: &[u8],
) -> Result<K, DecodeError> {
    let parse = |cause: serde_json::Error| error(decl, version, reason(&cause));
    if version == decl.version {
        return serde_json::from_slice(body).map_err(parse);
    }
    // One step for each past shape, so a shape beyond the present one is beyond the steps.
    let past = match usize::from(version).checked_sub(1) {
        None => return Err(error(decl, version, "shapes count from 1")),
        Some(skipped) => steps.get(skipped..).ok_or_else(|| {
            let present = decl.version;
            error(decl, version, format!("a newer release wrote it; this one knows shapes up to {present}"))
        })?,
    };
    let mut value: Value = serde_json::from_slice(body).map_err(parse)?;
    for (from, step) in (version..).zip(past) {
        value = step(value).map_err(|words| error(decl, version, format!("the upgrade from shape {from}: {words}")))?;
    }
    serde_json::from_value(value).map_err(|cause| error(decl, version, format!("after its upgrade {}", reason(&cause))))
}

/// Why JSON was not read. serde's own words may quote values, so only category and place are kept.
fn reason(cause: &serde_json::Error) -> String {
    let what = match cause.classify() {
        Category::Syntax | Category::Io => "it is not JSON",
        Category::Eof => "it ends too early",
        Category::Data => "a field is missing, unknown or of another type",
    };
    match cause.line() {
        0 => what.to_owned(),
        line => format!("{what} (line {line}, column {})", cause.column()),
    }
}

fn error(decl: &KindDecl, version: u16, words: impl Into<String>) -> DecodeError {
    DecodeError { kind: decl.name, version, words: words.into() }
}
