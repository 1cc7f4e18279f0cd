//! JSON: clinical resources, subject datasets, and records whose members name a person.

use serde_json::{Map, Value};

use super::identifiers::{birth_label, code_like, identifier_label, is_date};
use super::{Certainty, Reason, Seen, text};

/// FHIR resources that are about one patient. Definitions (ResearchStudy, Questionnaire, ValueSet …) are not.
pub(super) const ABOUT_PATIENTS: [&str; 40] = [
    "Patient",
    "Person",
    "RelatedPerson",
    "Observation",
    "Condition",
    "Encounter",
    "Procedure",
    "AllergyIntolerance",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "Immunization",
    "DiagnosticReport",
    "DocumentReference",
    "Composition",
    "CarePlan",
    "CareTeam",
    "Goal",
    "Specimen",
    "ImagingStudy",
    "QuestionnaireResponse",
    "ResearchSubject",
    "ServiceRequest",
    "Coverage",
    "Claim",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "ClinicalImpression",
    "AdverseEvent",
    "Appointment",
    "Communication",
    "Consent",
    "DetectedIssue",
    "Device",
    "EpisodeOfCare",
    "Flag",
    "Media",
    "RiskAssessment",
    "VisionPrescription",
];

/// Looks into a JSON document; false when it is none and has to be looked at as words. One value per line is JSON too.
pub(super) fn json(text: &str, path: &str, seen: &mut Seen) -> bool {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        walk(&value, path, 0, seen);
        return true;
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(10_000);
    let mut known = false;
    for (at, line) in lines.by_ref().enumerate() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { break };
        known = true;
        walk(&value, &format!("{path}/line {}", at + 1), 0, seen);
    }
    // What is left over, or was never JSON, is looked at as words by the caller.
    known && lines.next().is_none()
}

fn walk(value: &Value, path: &str, depth: u8, seen: &mut Seen) {
    if seen.full() || depth > 120 {
        return;
    }
    match value {
        Value::Object(object) => {
            record(object, path, seen);
            for (key, value) in object {
                walk(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), depth + 1, seen);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                walk(value, &format!("{path}/{at}"), depth + 1, seen);
            }
        }
        Value::String(words) => text::look(&super::plain(words), path, seen),
        _ => {}
    }
}

fn record(object: &Map<String, Value>, path: &str, seen: &mut Seen) {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    if ABOUT_PATIENTS.contains(&text("resourceType")) {
        let words = format!("A FHIR resource about a patient: {}.", text("resourceType"));
        seen.add(Reason::ClinicalRecord, Certainty::Certain, path, &words);
    }
    dataset(object, path, seen);
    let mut named = [false; 2];
    for (key, value) in object {
        let label = super::identifiers::label(key);
        let at = || format!("{path}/{key}");
        let shown = match value {
            Value::String(words) => super::plain(words),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if identifier_label(&label) && code_like(&shown) {
            seen.add(
                Reason::SubjectTable,
                Certainty::Certain,
                &at(),
                "A member that identifies a subject or a patient.",
            );
        }
        if birth_label(&label) && is_date(&shown) {
            seen.add(Reason::BirthDate, Certainty::Certain, &at(), "A date of birth.");
        }
        named[0] |= matches!(label.as_str(), "patientname" | "subjectname" | "participantname");
        named[1] |=
            matches!(label.as_str(), "patientname" | "subjectname" | "participantname") && !shown.trim().is_empty();
    }
    if named == [true, true] {
        seen.add(Reason::NamedPatient, Certainty::Likely, path, "A member that names a patient.");
    }
}

/// Dataset-JSON, 1.0 and 1.1: columns that identify subjects, with or without rows.
fn dataset(object: &Map<String, Value>, path: &str, seen: &mut Seen) {
    for list in ["columns", "items"] {
        let columns = object.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_subject = |column: &Value| {
            let name = column.get("name").and_then(Value::as_str).unwrap_or_default();
            matches!(name.to_uppercase().as_str(), "USUBJID" | "SUBJID" | "RSUBJID")
        };
        let rows =
            object.contains_key("rows") || object.contains_key("itemData") || object.contains_key("datasetJSONVersion");
        if rows && columns.iter().any(is_subject) {
            let words = "A dataset with a column that identifies subjects.";
            seen.add(Reason::SubjectTable, Certainty::Certain, path, words);
        }
    }
}
