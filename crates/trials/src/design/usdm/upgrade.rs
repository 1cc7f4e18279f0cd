//! USDM 3 read as USDM 4: what moved is moved, what was renamed is renamed.

use serde_json::{Map, Value};

/// Rewrites a version 3 document in place; false when it is not one.
pub(crate) fn upgrade(document: &mut Value) -> bool {
    let known = document.get("usdmVersion").and_then(Value::as_str).is_some_and(|version| version.starts_with("3."));
    if !known {
        return false;
    }
    let versions = document.pointer_mut("/study/versions").and_then(Value::as_array_mut);
    for version in versions.into_iter().flatten().filter_map(Value::as_object_mut) {
        organizations(version);
        for name in ["biomedicalConcepts", "bcSurrogates", "bcCategories", "dictionaries", "studyInterventions"] {
            lift(version, name);
        }
        identifiers(version);
    }
    document.as_object_mut().map(|root| root.insert("usdmVersion".to_owned(), "4.0.0".into()));
    true
}

/// What each design held in version 3 is held by the study version in version 4.
fn lift(version: &mut Map<String, Value>, name: &str) {
    let mut lifted = Vec::new();
    let designs = version.get_mut("studyDesigns").and_then(Value::as_array_mut);
    for design in designs.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(Value::Array(items)) = design.remove(name) {
            lifted.extend(items);
        }
    }
    if !lifted.is_empty() && !version.contains_key(name) {
        version.insert(name.to_owned(), Value::Array(lifted));
    }
}

/// Version 3 writes the organisation inside the identifier; version 4 refers to it.
fn organizations(version: &mut Map<String, Value>) {
    let mut found = Vec::new();
    let identifiers = version.get_mut("studyIdentifiers").and_then(Value::as_array_mut);
    for identifier in identifiers.into_iter().flatten().filter_map(Value::as_object_mut) {
        let organization =
            identifier.remove("studyIdentifierScope").or_else(|| identifier.remove("scope")).filter(Value::is_object);
        let Some(mut organization) = organization else { continue };
        if let Some(fields) = organization.as_object_mut() {
            if let Some(kind) = fields.remove("organizationType") {
                fields.insert("type".to_owned(), kind);
            }
            let id = fields.get("id").cloned().unwrap_or(Value::Null);
            identifier.insert("scopeId".to_owned(), id);
        }
        found.push(organization);
    }
    if !found.is_empty() {
        version.insert("organizations".to_owned(), Value::Array(found));
    }
}

fn identifiers(version: &mut Map<String, Value>) {
    let listed = version.get_mut("studyIdentifiers").and_then(Value::as_array_mut);
    for identifier in listed.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(text) = identifier.remove("studyIdentifier") {
            identifier.insert("text".to_owned(), text);
        }
    }
}
