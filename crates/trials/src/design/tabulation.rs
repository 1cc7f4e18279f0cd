//! Which datasets the collected data will fill, with which variables, and where each value comes from.

use std::collections::{BTreeMap, BTreeSet};

use super::dataset::{Dataset, Origin};
use super::form::{Field, Form};
use super::standards::standards;

/// Datasets about subjects in the order of the submission.
const ORDER: &[&str] = &[
    "DM", "SE", "SV", "CM", "EX", "ML", "PR", "SU", "AE", "BE", "CE", "DS", "HO", "MH", "DA", "EG", "FT", "GF", "IE",
    "IS", "LB", "PC", "PE", "QS", "RS", "VS",
];

/// Datasets that the synthetic subjects fill.
const FILLED: &[&str] = &["DM", "SE", "SV", "CM", "EX", "AE", "DS", "EG", "IE", "LB", "MH", "VS"];

/// One line of the mapping: this field of this form feeds this variable.
#[derive(Debug, Clone)]
pub(crate) struct Mapping<'a> {
    pub(crate) form: &'a Form,
    pub(crate) field: &'a Field,
    pub(crate) dataset: String,
    pub(crate) variable: String,
    pub(crate) annotation: String,
}

pub(crate) fn mappings(forms: &[Form]) -> Vec<Mapping<'_>> {
    let mut lines = Vec::new();
    for form in forms {
        for field in form.groups.iter().flat_map(|group| &group.fields) {
            for destination in &field.destinations {
                lines.push(Mapping {
                    form,
                    field,
                    dataset: destination.dataset.clone(),
                    variable: destination.variable.clone(),
                    annotation: destination.annotation(),
                });
            }
        }
    }
    lines
}

/// Empty datasets for everything that the forms collect, and for what derives from it.
pub(crate) fn plan(forms: &[Form]) -> Vec<Dataset> {
    let mut collected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mapping in mappings(forms) {
        collected.entry(mapping.dataset).or_default().insert(mapping.variable);
    }
    for always in ["DM", "SE", "SV", "EX", "DS", "AE"] {
        collected.entry(always.to_owned()).or_default();
    }
    let tests = forms.iter().flat_map(|form| form.groups.iter().map(move |group| (form, group)));
    let points: BTreeSet<&str> =
        tests.filter(|(_, group)| group.repeating).map(|(form, _)| form.domain.as_str()).collect();
    ORDER
        .iter()
        .filter(|name| collected.contains_key(**name))
        .map(|name| dataset(name, collected.get(*name).unwrap_or(&BTreeSet::new()), points.contains(name)))
        .collect()
}

fn dataset(name: &str, collected: &BTreeSet<String>, points: bool) -> Dataset {
    let kind = standards().datasets.get(name);
    let known: Vec<_> = kind.map_or(Vec::new(), |kind| kind.variables.iter().collect());
    let findings = kind.is_some_and(|kind| kind.class == "Findings");
    let tail = |variable: &str| variable.strip_prefix(name).unwrap_or("").to_owned();
    let mut wanted: Vec<&str> = Vec::new();
    for variable in known {
        let own = variable.name.as_str();
        let tail = tail(own);
        let timing = matches!(tail.as_str(), "DY" | "STDY" | "ENDY");
        let planned = findings && matches!(own, "VISIT" | "VISITDY");
        let point = points && findings && matches!(tail.as_str(), "TPT" | "TPTNUM" | "ELTM" | "TPTREF");
        let state = findings && matches!(tail.as_str(), "STAT" | "REASND");
        let epoch = own == "EPOCH" && name != "DM";
        let visit = name == "SV" && matches!(own, "VISIT" | "VISITDY" | "SVCNTMOD");
        let element = name == "SE" && matches!(own, "ELEMENT" | "TAETORD");
        let category = matches!((name, own), ("DS", "DSCAT") | ("DM", "BRTHDTC" | "ETHNIC" | "DMDTC" | "DMDY"));
        let needed = variable.core != "Perm" || collected.contains(own);
        // The time point that "still going on" refers to stands beside it.
        let point_of = tail == "ENTPT" && collected.contains(&format!("{name}ENRTPT"));
        // A result with a unit has its standard unit and its number beside it, also where the guide only permits them.
        let standard =
            findings && matches!(tail.as_str(), "STRESN" | "STRESU") && collected.contains(&format!("{name}ORRESU"));
        let needed = needed || point_of || standard;
        if needed || timing || planned || point || state || epoch || visit || element || category {
            wanted.push(own);
        }
    }
    // The start and end day exist only beside the start and end date.
    let dated = |day: &str| {
        let date = format!("{}DTC", day.strip_suffix("DY").unwrap_or(day));
        !day.ends_with("DY") || day == "VISITDY" || wanted.contains(&date.as_str())
    };
    let kept: Vec<&str> = wanted.iter().copied().filter(|own| dated(own)).collect();
    let keys = keys(name, findings);
    let mut dataset = Dataset::new(name, &kept, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    dataset.keys.retain(|key| kept.contains(&key.as_str()));
    origins(&mut dataset, name, collected);
    if !FILLED.contains(&name) {
        dataset.empty_because = match name {
            "QS" | "FT" | "RS" => {
                "The items belong to the owner of the instrument; results are entered on the licensed form."
            }
            "LB" | "PC" | "GF" | "IS" | "BE" => "Results are sent by the laboratory.",
            _ => "Records are entered while the study runs.",
        }
        .to_owned();
    }
    dataset
}

fn keys(name: &str, findings: bool) -> Vec<String> {
    let own = |tail: &str| format!("{name}{tail}");
    let mut keys = vec!["STUDYID".to_owned(), "USUBJID".to_owned()];
    match name {
        "DM" => {}
        "SE" => keys.extend(["TAETORD".to_owned(), "SESTDTC".to_owned()]),
        "SV" => keys.push("VISITNUM".to_owned()),
        "DS" => keys.extend(["DSSTDTC".to_owned(), "DSCAT".to_owned(), "DSDECOD".to_owned()]),
        "IE" => keys.push("IETESTCD".to_owned()),
        _ if findings => {
            keys.extend([own("TESTCD"), own("SPEC"), own("POS"), "VISITNUM".to_owned(), own("TPTNUM"), own("SEQ")])
        }
        _ => keys.extend([own("DECOD"), own("TRT"), own("TERM"), own("STDTC"), own("SEQ")]),
    }
    keys
}

fn origins(dataset: &mut Dataset, name: &str, collected: &BTreeSet<String>) {
    for column in &mut dataset.columns {
        let own = column.name.clone();
        let tail = own.strip_prefix(name).unwrap_or("");
        let (origin, method) = match (own.as_str(), tail) {
            _ if collected.contains(&own) => (Origin::Collected, ""),
            ("STUDYID" | "VISIT" | "VISITNUM" | "VISITDY" | "ARMCD" | "ARM" | "ETCD" | "ELEMENT" | "TAETORD", _) => {
                (Origin::Protocol, "")
            }
            ("USUBJID", _) => (Origin::Derived, "STUDYID, SITEID and SUBJID, joined by hyphens."),
            (_, "SEQ") => (Origin::Derived, "Counts the records of a subject in the order of the keys, from 1."),
            (_, "DY" | "STDY" | "ENDY") => (
                Origin::Derived,
                "Date minus RFSTDTC in days, plus 1 on or after RFSTDTC; there is no day 0. Empty where RFSTDTC is empty.",
            ),
            ("EPOCH", _) => (Origin::Derived, "Epoch of the element in SE in which the date falls."),
            (_, "STRESC") => (Origin::Derived, "The original result; no unit is converted."),
            (_, "STRESN") => (Origin::Derived, "The numeric value of the standard result where it is a number."),
            (_, "STRESU") => (Origin::Derived, "The original unit; no unit is converted."),
            (_, "LOBXFL") => (Origin::Derived, "Y on the last result of a test before RFXSTDTC."),
            (_, "STNRLO" | "STNRHI") => (Origin::Derived, "The original bound as a number; no unit is converted."),
            (_, "NRIND") => (Origin::Derived, "The standard result against the bounds of the reference range."),
            ("RFSTDTC", _) => (Origin::Derived, "Date of study day 1 of the schedule, for a subject who was treated."),
            ("RFXSTDTC", _) => (Origin::Derived, "EXSTDTC of the first exposure of the subject."),
            ("RFXENDTC", _) => (Origin::Derived, "EXENDTC of the last exposure of the subject."),
            ("RFENDTC", _) => (Origin::Derived, "Date of the last visit of the subject who received treatment."),
            ("RFICDTC", _) => (Origin::Derived, "DSSTDTC of the informed consent."),
            ("RFPENDTC", _) => (Origin::Derived, "Date of the last contact with the subject."),
            ("AGE", _) => (Origin::Derived, "Whole years from BRTHDTC to RFICDTC."),
            ("ACTARMCD" | "ACTARM", _) => (Origin::Derived, "The arm whose treatment the subject received."),
            ("SESTDTC" | "SEENDTC", _) => {
                (Origin::Derived, "Dates at which the start rule of this and of the next element were met.")
            }
            ("SVENDTC", _) => (Origin::Derived, "The last date of the visit; the same as its first."),
            (_, "STRTPT" | "ENRTPT") => (Origin::Derived, "From the answer whether it is still going on."),
            _ => (Origin::Assigned, ""),
        };
        column.origin = origin;
        column.method = method.to_owned();
    }
}
