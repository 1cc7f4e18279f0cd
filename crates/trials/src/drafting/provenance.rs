//! Accepted drafts in the definition, each marked as drafted by a model and decided by people.

use serde_json::{Map, Value, json};

use super::review::{Draft, Item, Level, State, Verdict};

/// The extension attribute's address. It names a meaning, not a place on the web.
pub use crate::design::AI_PROVENANCE as URL;

/// Why a draft was not written into a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    /// It waits for a decision, or was rejected.
    #[error("Only an accepted draft becomes a part of the study.")]
    NotAccepted,
    /// The definition has no design to put it into.
    #[error("The study has no design yet.")]
    NoDesign,
    /// It belongs to an activity and not to the definition.
    #[error("A concept is kept as the organisation's choice for the activity.")]
    Elsewhere,
    /// It is there already.
    #[error("This draft is a part of the study already.")]
    Twice,
}

/// The mark on an item: what made it, what it cites, who decided.
pub fn mark(draft: &Draft) -> Value {
    let field = |name: &str, value: String| {
        json!({ "id": format!("{}-{name}", draft.id), "url": format!("{URL}/{name}"), "valueString": value, "extensionAttributes": [],
            "instanceType": "ExtensionAttribute" })
    };
    let edited = draft.decisions.iter().any(|decision| matches!(decision.verdict, Verdict::Edited(_)));
    let people: Vec<String> =
        draft.decisions.iter().map(|decision| format!("{} ({}) {}", decision.name, decision.by, decision.at)).collect();
    let from = &draft.provenance;
    json!({
        "id": draft.id,
        "url": URL,
        "valueString": if edited { "compositeWithTrainedAlgorithmicMedia" } else { "trainedAlgorithmicMedia" },
        "instanceType": "ExtensionAttribute",
        "extensionAttributes": [
            field("function", from.function.clone()),
            field("model", format!("{} {}", from.model, from.version).trim().to_owned()),
            field("prompt-sha256", from.prompt_sha256.clone()),
            field("input-sha256", from.input_sha256.clone()),
            field("output-sha256", from.output_sha256.clone()),
            field("source", format!("{}-{}", draft.source.0, draft.source.1)),
            field("quote", draft.quote.clone()),
            field("at", from.at.to_string()),
            field("reviewed-by", people.join("; ")),
        ],
    })
}

/// Writes an accepted draft into a USDM 4.0 definition.
pub fn write(definition: &mut Value, draft: &Draft) -> Result<(), NotWritten> {
    if draft.state() != State::Accepted {
        return Err(NotWritten::NotAccepted);
    }
    if definition.to_string().contains(&format!("\"{}\"", draft.id)) {
        return Err(NotWritten::Twice);
    }
    let version =
        definition.pointer_mut("/study/versions/0").and_then(Value::as_object_mut).ok_or(NotWritten::NoDesign)?;
    let has_design = version.get("studyDesigns").and_then(|designs| designs.get(0)).is_some_and(Value::is_object);
    if !has_design {
        return Err(NotWritten::NoDesign);
    }
    let id = |part: &str| format!("ai-{part}-{}", draft.id);
    let marks = json!([mark(draft)]);
    match draft.current() {
        Item::Criterion { inclusion, text } => {
            let item = json!({ "id": id("item"), "name": id("item"), "text": text, "extensionAttributes": marks, "notes": [],
                "label": null, "description": null, "dictionaryId": null, "instanceType": "EligibilityCriterionItem" });
            push(version, "eligibilityCriterionItems", item);
            let (code, decode) = if *inclusion { ("C25532", "INCLUSION") } else { ("C25370", "EXCLUSION") };
            let design = design(version)?;
            let number = design.get("eligibilityCriteria").and_then(Value::as_array).map_or(0, Vec::len) + 1;
            let criterion = json!({ "id": id("criterion"), "name": format!("CRIT{number}"), "label": null, "description": null,
                "identifier": format!("{number:02}"), "category": coded(&id("category"), code, decode),
                "criterionItemId": id("item"), "extensionAttributes": marks, "notes": [], "previousId": null, "nextId": null,
                "instanceType": "EligibilityCriterion" });
            push(design, "eligibilityCriteria", criterion);
            if let Some(population) = design.get_mut("population").and_then(Value::as_object_mut) {
                push(population, "criterionIds", Value::String(id("criterion")));
            }
        }
        Item::Objective { level, text } => {
            let (code, decode) = objective(*level);
            let own = json!({ "id": id("objective"), "name": id("objective"), "label": null, "description": null, "text": text,
                "level": coded(&id("level"), code, decode), "endpoints": [], "dictionaryId": null, "notes": [],
                "extensionAttributes": marks, "instanceType": "Objective" });
            push(design(version)?, "objectives", own);
        }
        Item::Endpoint { level, text } => {
            let (code, decode) = endpoint(*level);
            let own = json!({ "id": id("endpoint"), "name": id("endpoint"), "label": null, "description": null, "text": text,
                "purpose": "", "level": coded(&id("level"), code, decode), "dictionaryId": null, "notes": [],
                "extensionAttributes": marks, "instanceType": "Endpoint" });
            let objectives = design(version)?.get_mut("objectives").and_then(Value::as_array_mut);
            let matching = objectives.and_then(|objectives| {
                let wanted = objective(*level).0;
                let at = objectives
                    .iter()
                    .position(|one| one.pointer("/level/code").and_then(Value::as_str) == Some(wanted));
                objectives.get_mut(at.unwrap_or(0))?.as_object_mut()
            });
            push(matching.ok_or(NotWritten::NoDesign)?, "endpoints", own);
        }
        Item::Dosing { intervention, dose, unit, route, frequency } => {
            let words = format!("{dose} {unit} {route} {frequency}");
            let own = json!({ "id": id("intervention"), "name": intervention, "label": intervention,
                "description": words.split_whitespace().collect::<Vec<_>>().join(" "), "codes": [], "notes": [],
                "administrations": [], "role": coded(&id("role"), "C41161", "Experimental Intervention"),
                "type": coded(&id("type"), "C1909", "Pharmacologic Substance"), "minimumResponseDuration": null,
                "extensionAttributes": marks, "instanceType": "StudyIntervention" });
            push(version, "studyInterventions", own);
        }
        Item::Encounter { label } => {
            let own = json!({ "id": id("encounter"), "name": id("encounter"), "label": label, "description": null,
                "type": coded(&id("type"), "C25716", "Visit"), "previousId": null, "nextId": null, "scheduledAtId": null,
                "environmentalSettings": [], "contactModes": [], "transitionStartRule": null, "transitionEndRule": null, "notes": [],
                "extensionAttributes": marks, "instanceType": "Encounter" });
            chain(design(version)?, "encounters", own);
        }
        Item::Activity { label } => {
            let own = json!({ "id": id("activity"), "name": id("activity"), "label": label, "description": null,
                "previousId": null, "nextId": null, "childIds": [], "definedProcedures": [], "biomedicalConceptIds": [],
                "bcCategoryIds": [], "bcSurrogateIds": [], "timelineId": null, "notes": [], "extensionAttributes": marks,
                "instanceType": "Activity" });
            chain(design(version)?, "activities", own);
        }
        Item::Concept { .. } => return Err(NotWritten::Elsewhere),
    }
    Ok(())
}

fn design(version: &mut Map<String, Value>) -> Result<&mut Map<String, Value>, NotWritten> {
    let designs = version.get_mut("studyDesigns").and_then(Value::as_array_mut);
    designs.and_then(|designs| designs.first_mut()).and_then(Value::as_object_mut).ok_or(NotWritten::NoDesign)
}

fn push(holder: &mut Map<String, Value>, name: &str, value: Value) {
    let list = holder.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

/// Adds to the end of a chain of previous and next.
fn chain(holder: &mut Map<String, Value>, name: &str, mut value: Value) {
    let id = value.get("id").cloned().unwrap_or_default();
    let last = holder
        .get_mut(name)
        .and_then(Value::as_array_mut)
        .and_then(|list| list.iter_mut().find(|one| one.get("nextId").is_none_or(Value::is_null)));
    if let Some(last) = last
        && let Some(fields) = last.as_object_mut()
    {
        if let Some(own) = value.as_object_mut() {
            own.insert("previousId".to_owned(), fields.get("id").cloned().unwrap_or_default());
        }
        fields.insert("nextId".to_owned(), id);
    }
    push(holder, name, value);
}

fn coded(id: &str, code: &str, decode: &str) -> Value {
    json!({ "id": id, "code": code, "codeSystem": "http://www.cdisc.org", "codeSystemVersion": "2024-09-27", "decode": decode,
        "extensionAttributes": [], "instanceType": "Code" })
}

fn objective(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Primary => ("C85826", "Study Primary Objective"),
        Level::Secondary => ("C85827", "Study Secondary Objective"),
        Level::Exploratory => ("C163559", "Exploratory Objective"),
    }
}

fn endpoint(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Primary => ("C94496", "Primary Endpoint"),
        Level::Secondary => ("C139173", "Secondary Endpoint"),
        Level::Exploratory => ("C170559", "Exploratory Endpoint"),
    }
}
