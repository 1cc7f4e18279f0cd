//! What must hold between the parts of a study: references, cells, terms, completeness.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::model::{Design, Study};
use crate::design::finding::{
    Notes, Severity, U3_MAIN, U3_REFERENCE, U3_UNIQUE, U3_WINDOW, U4_CELL, U5_TERM, U6_WHOLE,
};
use crate::design::standards::standards;
use crate::design::words::squeeze;

pub(crate) fn check(document: &Value, study: &Study, notes: &mut Notes) {
    references(document, notes);
    main_timeline(&study.design, notes);
    cells(&study.design, notes);
    whole(study, notes);
}

/// Every id is unique and every `…Id` and `…Ids` names one.
fn references(document: &Value, notes: &mut Notes) {
    let mut ids: HashMap<&str, String> = HashMap::new();
    let mut used: Vec<(String, &str)> = Vec::new();
    let mut open = vec![(String::new(), document)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Array(items) => {
                open.extend(items.iter().enumerate().rev().map(|(at, item)| (format!("{path}/{at}"), item)));
            }
            Value::Object(fields) => {
                terms(&path, value, notes);
                for (name, value) in fields.iter().rev() {
                    let here = format!("{path}/{name}");
                    match value {
                        Value::String(id) if name == "id" => {
                            if let Some(first) = ids.insert(id, path.clone()) {
                                let words = format!("The id {} is also used at {first}.", squeeze(id));
                                notes.find(U3_UNIQUE, Severity::Error, here, words);
                            }
                        }
                        Value::String(id) if name.ends_with("Id") && !id.is_empty() => used.push((here, id)),
                        Value::Array(items) if name.ends_with("Ids") => {
                            let named = items.iter().enumerate().filter_map(|(at, id)| Some((at, id.as_str()?)));
                            used.extend(named.map(|(at, id)| (format!("{here}/{at}"), id)));
                        }
                        Value::Array(_) | Value::Object(_) => open.push((here, value)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    for (path, id) in used {
        if !ids.contains_key(id) {
            let words = format!("Nothing in the document has the id {}; the reference is left out.", squeeze(id));
            notes.find(U3_REFERENCE, Severity::Error, path, words);
        }
    }
}

/// Codes of the study-definition value sets carry the decode of the published term.
fn terms(path: &str, value: &Value, notes: &mut Notes) {
    let Some(code) = value.get("code").and_then(Value::as_str) else { return };
    let Some(decode) = value.get("decode").and_then(Value::as_str) else { return };
    // A code may stand in several value sets; one that agrees is enough.
    let terms: Vec<&String> = standards().ddf.values().filter_map(|list| list.get(code)).collect();
    let agrees = terms.iter().any(|term| term.eq_ignore_ascii_case(decode.trim()));
    if let Some(term) = terms.first().filter(|_| !agrees) {
        let words = format!("{code} is \"{term}\" in the terminology, not \"{}\".", squeeze(decode));
        notes.find(U5_TERM, Severity::Warning, path, words);
    }
}

fn main_timeline(design: &Design, notes: &mut Notes) {
    let mains = design.timelines.iter().filter(|timeline| timeline.main).count();
    if mains != 1 {
        let words = format!("A design has one main timeline; this one has {mains}.");
        let severity = if mains == 0 { Severity::Blocker } else { Severity::Error };
        notes.find(U3_MAIN, severity, format!("{}/scheduleTimelines", design.path), words);
    }
    for timing in design.timelines.iter().flat_map(|timeline| &timeline.timings) {
        if let Some((lower, upper)) = &timing.window
            && (lower.is_empty() || upper.is_empty())
        {
            let words = "The window has one bound only; the other is read as none.";
            notes.find(U3_WINDOW, Severity::Error, timing.path.clone(), words);
        }
    }
}

fn cells(design: &Design, notes: &mut Notes) {
    let mut count: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for cell in &design.cells {
        *count.entry((&cell.arm, &cell.epoch)).or_default() += 1;
        if cell.elements.is_empty() {
            notes.find(U4_CELL, Severity::Error, cell.path.clone(), "The cell names no element.");
        }
    }
    // Hostile designs may have thousands of each; the rule list is capped, and so is the work.
    for arm in design.arms.iter().take(500) {
        for epoch in design.epochs.iter().take(500) {
            let found = count.get(&(arm.named.id.as_str(), epoch.named.id.as_str())).copied().unwrap_or(0);
            if found != 1 {
                let words = format!("{} × {} has {found} cells.", arm.named.title(), epoch.named.title());
                notes.find(U4_CELL, Severity::Error, format!("{}/studyCells", design.path), words);
            }
        }
    }
}

fn whole(study: &Study, notes: &mut Notes) {
    let design = &study.design;
    for (at, objective) in design.objectives.iter().enumerate() {
        for (number, (_, words)) in objective.endpoints.iter().enumerate().filter(|(_, (_, words))| words.is_empty()) {
            let path = format!("{}/objectives/{at}/endpoints/{number}/text{words}", design.path);
            notes.find(
                U6_WHOLE,
                Severity::Warning,
                path,
                "The endpoint is still to be written; it is tabulated as NI.",
            );
        }
    }
    let needs: [(&str, &str, bool); 9] = [
        ("studyIdentifiers", "a sponsor's study identifier", study.identifier.is_empty()),
        ("titles", "an official title", study.title.is_empty()),
        ("studyDesigns/arms", "an arm", design.arms.is_empty()),
        ("studyDesigns/epochs", "an epoch", design.epochs.is_empty()),
        ("studyDesigns/elements", "an element", design.elements.is_empty()),
        ("studyDesigns/encounters", "an encounter", design.encounters.is_empty()),
        ("studyDesigns/activities", "an activity", design.activities.is_empty()),
        ("studyDesigns/objectives", "an objective", design.objectives.is_empty()),
        ("studyDesigns/eligibilityCriteria", "an eligibility criterion", design.criteria.is_empty()),
    ];
    for (place, words, missing) in needs {
        if missing {
            let words = format!("A study that can be built has {words}.");
            notes.find(U6_WHOLE, Severity::Error, format!("{}/{place}", study.path), words);
        }
    }
}
