//! Edit checks of the forms, as data: every check has a case that fires it and a case that passes.

use std::collections::BTreeMap;

use super::form::{CheckRule, EditCheck, Field, FieldKind, Form};
use super::schedule::Schedule;
use super::time::parse_date;
use super::words::{number, oid};

pub(crate) fn checks(forms: &[Form], schedule: &Schedule) -> Vec<EditCheck> {
    let mut checks = Vec::new();
    for form in forms {
        let all: Vec<&Field> = form.groups.iter().flat_map(|group| &group.fields).collect();
        for field in &all {
            of_field(form, field, &all, &mut checks);
        }
        if form.domain == "SV" {
            windows(form, schedule, &mut checks);
        }
    }
    checks
}

fn add(checks: &mut Vec<EditCheck>, form: &Form, field: &Field, kind: &str, rule: CheckRule, message: String) {
    let tail = field.oid.strip_prefix("IT.").unwrap_or(&field.oid);
    checks.push(EditCheck {
        oid: format!("CHK.{tail}.{kind}"),
        form: form.oid.clone(),
        field: field.oid.clone(),
        rule,
        message,
    });
}

fn of_field(form: &Form, field: &Field, all: &[&Field], checks: &mut Vec<EditCheck>) {
    let named = |name: &str| all.iter().find(|other| other.name == name);
    if field.required && field.fixed.is_empty() {
        let message = format!("Please give a value for {}, or explain why there is none.", field.prompt);
        add(checks, form, field, "REQ", CheckRule::Required, message);
    }
    if let Some((low, high)) = field.range {
        let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
        let message = format!(
            "{} is usually between {} and {}{unit}. Please check the value.",
            field.prompt,
            number(low),
            number(high)
        );
        add(checks, form, field, "RNG", CheckRule::Range { low, high }, message);
    }
    if field.kind == FieldKind::Date
        && field.name.ends_with("ENDAT")
        && let Some(start) = named(&field.name.replace("ENDAT", "STDAT"))
    {
        let message = format!("{} is before {}. Please correct one of them.", field.prompt, start.prompt);
        add(checks, form, field, "ORD", CheckRule::NotBefore { other: start.oid.clone() }, message);
    }
    if field.name.ends_with("ENDAT")
        && let Some(ongoing) = named(&field.name.replace("ENDAT", "ONGO"))
    {
        let rule = CheckRule::AbsentWhen { other: ongoing.oid.clone(), value: "Y".to_owned() };
        add(
            checks,
            form,
            field,
            "ONG",
            rule,
            "It is said to be going on and has an end date. Please correct one.".to_owned(),
        );
    }
    let prefix = field.name.get(..2).unwrap_or("");
    let topic = ["TERM", "TRT"].iter().any(|tail| field.name == format!("{prefix}{tail}"));
    if topic && let Some(any) = named(&format!("{prefix}YN")) {
        let rule = CheckRule::GivenWhen { other: any.oid.clone(), value: "Y".to_owned() };
        add(checks, form, field, "YN", rule, "The first question says yes; please record what it was.".to_owned());
    }
    let date = field.name == format!("{prefix}DAT");
    if date && let Some(done) = named(&format!("{prefix}PERF")) {
        let rule = CheckRule::GivenWhen { other: done.oid.clone(), value: "Y".to_owned() };
        add(checks, form, field, "PERF", rule, "It was done; please give the date.".to_owned());
    }
}

fn windows(form: &Form, schedule: &Schedule, checks: &mut Vec<EditCheck>) {
    let Some(field) = form.groups.iter().flat_map(|group| &group.fields).find(|field| field.name == "VISDAT") else {
        return;
    };
    for visit in &schedule.visits {
        let Some((low, high)) = visit.window.filter(|(low, high)| low <= high) else { continue };
        let rule = CheckRule::Window { visit: visit.name.clone(), low, high };
        let message = format!("{} is planned between Day {low} and Day {high}. Please check the date.", visit.name);
        add(checks, form, field, &format!("WIN.{}.{}", visit.number, oid(&visit.name)), rule, message);
    }
}

/// Whether a check fires on these values; `day_one` is the day number of study day 1.
pub(crate) fn fires(check: &EditCheck, values: &BTreeMap<String, String>, day_one: i64) -> bool {
    let own = values.get(&check.field).map(String::as_str).filter(|value| !value.is_empty());
    let is = |other: &String, value: &String| values.get(other) == Some(value);
    match &check.rule {
        CheckRule::Required => own.is_none(),
        CheckRule::Range { low, high } => {
            own.and_then(|text| text.parse::<f64>().ok()).is_some_and(|value| value < *low || value > *high)
        }
        // Dates may be partly unknown: only the known parts are compared.
        CheckRule::NotBefore { other } => own.zip(values.get(other)).is_some_and(|(own, other)| {
            let known = own.len().min(other.len());
            own.get(..known) < other.get(..known)
        }),
        CheckRule::GivenWhen { other, value } => is(other, value) && own.is_none(),
        CheckRule::AbsentWhen { other, value } => is(other, value) && own.is_some(),
        CheckRule::Window { low, high, .. } => own.and_then(parse_date).is_some_and(|day| {
            let days = day - day_one;
            let study_day = if days >= 0 { days + 1 } else { days };
            study_day < i64::from(*low) || study_day > i64::from(*high)
        }),
    }
}
