//! Parts of a definition that a model drafted: each says so, and says who reviewed it.

use serde_json::Value;

use crate::design::finding::{AI1, AI2, Notes, Severity};

/// Address of the extension attribute that marks a part as drafted by a model. It names a meaning, not a place on the web.
pub const AI_PROVENANCE: &str = "urn:candor:ai-provenance";

const DEPTH_MAX: usize = 60;

/// Finds what a model drafted. A draft that nobody reviewed blocks release; the others are noted.
pub(crate) fn check(document: &Value, notes: &mut Notes) {
    let mut open = vec![(String::new(), document, 0)];
    while let Some((path, value, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            continue;
        }
        match value {
            Value::Array(list) => {
                open.extend(
                    list.iter().enumerate().rev().map(|(at, value)| (format!("{path}/{at}"), value, depth + 1)),
                );
            }
            Value::Object(object) => {
                let mark = value.get("url").and_then(Value::as_str) == Some(AI_PROVENANCE);
                if mark {
                    marked(&path, value, notes);
                } else {
                    let inner = object.iter().filter(|(_, value)| value.is_array() || value.is_object());
                    let shown = |name: &str| name.chars().filter(|c| !c.is_control()).take(60).collect::<String>();
                    open.extend(inner.map(|(name, value)| (format!("{path}/{}", shown(name)), value, depth + 1)));
                }
            }
            _ => {}
        }
    }
}

fn marked(path: &str, mark: &Value, notes: &mut Notes) {
    let inner = mark.get("extensionAttributes").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let said = |name: &str| {
        let own =
            inner.iter().find(|one| one.get("url").and_then(Value::as_str) == Some(&format!("{AI_PROVENANCE}/{name}")));
        own.and_then(|one| one.get("valueString")).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    };
    if said("reviewed-by").is_empty() {
        let words = "A model drafted this part and nobody reviewed it. Accept, edit or reject it before release.";
        notes.find(AI1, Severity::Blocker, path, words);
    } else {
        notes.find(AI2, Severity::Note, path, "A model drafted this part, and people reviewed it.");
    }
}
