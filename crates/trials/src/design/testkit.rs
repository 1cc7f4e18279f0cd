//! The test kit: for every edit check a case that fires it and cases that pass, as clinical data to be imported.

use std::collections::{BTreeMap, BTreeSet};

use super::csv::Table;
use super::edits::fires;
use super::form::{CheckRule, EditCheck, Field, FieldKind, Form};
use super::odm::{Build, events, open, visit_oid};
use super::time::{date, day_number};
use super::words::number;
use super::xml::Xml;

/// One case: values of fields, and whether the check is expected to fire.
pub(crate) struct Case<'a> {
    pub(crate) subject: String,
    pub(crate) check: &'a EditCheck,
    pub(crate) form: &'a Form,
    pub(crate) kind: &'static str,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) expected: bool,
    /// Identifier of the event in which the form is filled.
    pub(crate) event: String,
}

/// Day 1 of every case.
fn anchor() -> i64 {
    day_number(2024, 1, 8)
}

pub(crate) fn cases<'a>(build: &Build<'a>) -> Vec<Case<'a>> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for event in events(build) {
        for form in &event.forms {
            first.entry(form.oid.clone()).or_insert_with(|| event.oid.clone());
        }
    }
    let visits: BTreeMap<&str, String> =
        build.schedule.visits.iter().map(|visit| (visit.name.as_str(), visit_oid(visit.number, &visit.name))).collect();
    let mut cases = Vec::new();
    for check in build.checks {
        let Some(form) = build.forms.iter().find(|form| form.oid == check.form) else { continue };
        let Some(usual) = first.get(&form.oid) else { continue };
        let Some(field) = form.groups.iter().flat_map(|group| &group.fields).find(|field| field.oid == check.field)
        else {
            continue;
        };
        let event = match &check.rule {
            CheckRule::Window { visit, .. } => visits.get(visit.as_str()).unwrap_or(usual).clone(),
            _ => usual.clone(),
        };
        for (kind, values) in variants(check, field, form) {
            cases.push(Case {
                subject: format!("TK-{:05}", cases.len() + 1),
                check,
                form,
                kind,
                values,
                expected: kind == "fires",
                event: event.clone(),
            });
        }
    }
    cases
}

/// A value that the field accepts.
fn sample(field: &Field) -> String {
    match (field.choices.as_ref().and_then(|choices| choices.choices.first()), field.kind) {
        (Some(choice), _) => choice.value.clone(),
        (None, FieldKind::Date) => date(anchor()),
        (None, FieldKind::Time) => "09:30".to_owned(),
        (None, FieldKind::Integer) => "1".to_owned(),
        (None, FieldKind::Decimal) => {
            let (low, high) = field.range.unwrap_or((1.0, 9.0));
            super::synthetic::shown((low + high) / 2.0, field.digits)
        }
        (None, FieldKind::Text | FieldKind::Choice) => "SYNTHETIC".to_owned(),
    }
}

type Values = BTreeMap<String, String>;

fn variants(check: &EditCheck, field: &Field, form: &Form) -> Vec<(&'static str, Values)> {
    let one = |value: String| BTreeMap::from([(check.field.clone(), value)]);
    let with = |other: &str, value: &str, own: Option<String>| {
        let mut values = BTreeMap::from([(other.to_owned(), value.to_owned())]);
        values.extend(own.map(|own| (check.field.clone(), own)));
        values
    };
    match &check.rule {
        CheckRule::Required => {
            // Another field of the form is filled, so that the form exists and the value is missing.
            let fields = form.groups.iter().flat_map(|group| &group.fields);
            let other = fields.into_iter().find(|other| other.oid != check.field && other.fixed.is_empty());
            let empty = other.map_or_else(BTreeMap::new, |other| BTreeMap::from([(other.oid.clone(), sample(other))]));
            vec![("fires", empty), ("passes", one(sample(field)))]
        }
        CheckRule::Range { low, high } => {
            let step = 10_f64.powi(-i32::try_from(field.digits.min(6)).unwrap_or(0));
            let shown = |value: f64| number((value * 1e6).round() / 1e6);
            vec![
                ("fires", one(shown(high + step))),
                ("fires", one(shown(low - step))),
                ("boundary", one(shown(*low))),
                ("boundary", one(shown(*high))),
                ("passes", one(shown((low + high) / 2.0))),
            ]
        }
        CheckRule::NotBefore { other } => vec![
            ("fires", with(other, &date(anchor() + 10), Some(date(anchor() + 9)))),
            ("boundary", with(other, &date(anchor() + 10), Some(date(anchor() + 10)))),
            ("passes", with(other, &date(anchor() + 10), Some(date(anchor() + 12)))),
        ],
        CheckRule::GivenWhen { other, value } => {
            vec![("fires", with(other, value, None)), ("passes", with(other, value, Some(sample(field))))]
        }
        CheckRule::AbsentWhen { other, value } => {
            vec![("fires", with(other, value, Some(sample(field)))), ("passes", with(other, value, None))]
        }
        CheckRule::Window { low, high, .. } => {
            let on = |day: i32| one(date(anchor() + i64::from(if day > 0 { day - 1 } else { day })));
            let before = if *low == 1 { -1 } else { low - 1 };
            let after = if *high == -1 { 1 } else { high + 1 };
            vec![("fires", on(before)), ("fires", on(after)), ("boundary", on(*low)), ("boundary", on(*high))]
        }
    }
}

/// Whether the native rules agree with what the case expects.
pub(crate) fn agrees(case: &Case) -> bool {
    fires(case.check, &case.values, anchor()) == case.expected
}

pub(crate) fn expected(cases: &[Case]) -> Vec<u8> {
    let mut table = Table::new(&["subject", "check", "form", "field", "case", "expected", "message"]);
    for case in cases {
        let outcome = if case.expected { "fires" } else { "passes" };
        let check = case.check;
        table.row(&[&case.subject, &check.oid, &check.form, &check.field, case.kind, outcome, &check.message]);
    }
    table.into_bytes()
}

pub(crate) fn clinical_data(build: &Build, cases: &[Case]) -> Vec<u8> {
    let mut xml = Xml::new();
    open(&mut xml, build, "Test kit: synthetic values, no participant behind them", ".TESTKIT");
    let (study, version) = (format!("STDY.{}", build.study.identifier), format!("MDV.{}", build.study.identifier));
    super::odm::study(&mut xml, build);
    xml.open("ClinicalData", &[("StudyOID", &study), ("MetaDataVersionOID", &version)]);
    let scheduled: BTreeSet<String> =
        events(build).into_iter().filter(|event| event.kind == "Scheduled").map(|event| event.oid).collect();
    for case in cases {
        xml.open("SubjectData", &[("SubjectKey", &case.subject)]);
        let repeat = if scheduled.contains(&case.event) { "" } else { "1" };
        xml.open("StudyEventData", &[("StudyEventOID", &case.event), ("StudyEventRepeatKey", repeat)]);
        let again = if case.form.log { "1" } else { "" };
        xml.open("FormData", &[("FormOID", &case.form.oid), ("FormRepeatKey", again)]);
        for group in &case.form.groups {
            let held: Vec<&Field> = group.fields.iter().filter(|field| case.values.contains_key(&field.oid)).collect();
            if held.is_empty() {
                continue;
            }
            let again = if group.repeating { "1" } else { "" };
            xml.open("ItemGroupData", &[("ItemGroupOID", &group.oid), ("ItemGroupRepeatKey", again)]);
            for field in held {
                let value = case.values.get(&field.oid).map_or("", String::as_str);
                xml.leaf("ItemData", &[("ItemOID", &field.oid), ("Value", value)]);
            }
            xml.close();
        }
        xml.close();
        xml.close();
        xml.close();
    }
    xml.finish()
}
