//! From resolved activities to forms on visits, and to the checks that the data must pass.

use std::collections::{BTreeMap, BTreeSet};

use super::concepts::{Resolution, Target};
use super::fields::{Layout, field, layout_of, length, units};
use super::finding::{Notes, Rule, Severity};
use super::form::{Choices, Destination, Field, FieldKind, Form, Group};
use super::schedule::{Occasion, Schedule};
use super::standards::{Test, standards};
use super::usdm::model::Study;
use super::words::{ascii, cut, oid};

const C10: Rule = Rule("C10", "CDASHIG 2.2: every cell of the schedule has its form");

/// What makes two activities share a form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Form(String, String),
    Tests(String, Vec<(String, String)>, String),
}

#[derive(Default)]
struct Wanted {
    activities: BTreeSet<usize>,
    units: BTreeMap<String, Vec<String>>,
    added_because: &'static str,
}

/// The order of forms on a page: the order in which a site works.
const ORDER: &[&str] = &[
    "SV", "DS", "DM", "IE", "MH", "SU", "PE", "VS", "EG", "LB", "PC", "GF", "IS", "BE", "QS", "FT", "RS", "PR", "ML",
    "HO", "EX", "DA", "CM", "CE", "AE",
];

pub(crate) fn forms(study: &Study, schedule: &Schedule, resolutions: &[Resolution], notes: &mut Notes) -> Vec<Form> {
    let mut wanted = wanted(study, resolutions);
    needed(schedule, &mut wanted, notes);
    let mut taken = BTreeSet::new();
    let mut forms: Vec<Form> = Vec::new();
    for (key, want) in &wanted {
        let mut form = match key {
            Key::Form(domain, detail) => domain_form(study, domain, detail, &mut taken),
            Key::Tests(domain, tests, position) => {
                tests_form(study, schedule, domain, tests, position, want, &mut taken)
            }
        };
        form.activities = want.activities.iter().copied().collect();
        form.added_because = want.added_because.to_owned();
        place(schedule, &mut form, want.activities.is_empty());
        forms.push(form);
    }
    let rank = |form: &Form| ORDER.iter().position(|domain| *domain == form.domain).unwrap_or(ORDER.len());
    forms.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.oid.cmp(&b.oid)));
    forms
}

fn wanted(study: &Study, resolutions: &[Resolution]) -> BTreeMap<Key, Wanted> {
    let mut wanted: BTreeMap<Key, Wanted> = BTreeMap::new();
    let mut tests: BTreeMap<(usize, String), Vec<(String, String)>> = BTreeMap::new();
    let mut all_units: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resolution in resolutions {
        match &resolution.target {
            Target::NoData => {}
            Target::Form { domain, detail } if (domain == "VS" || domain == "EG") && detail.is_empty() => {
                let usual: &[&str] = if domain == "VS" {
                    &["SYSBP", "DIABP", "PULSE", "RESP", "TEMP"]
                } else {
                    &["EGHRMN", "PRAG", "QRSAG", "QTAG", "QTCFAG"]
                };
                let group = tests.entry((resolution.activity, domain.clone())).or_default();
                group.extend(usual.iter().map(|test| ((*test).to_owned(), String::new())));
            }
            Target::Form { domain, detail } => {
                let known = layout_of(domain).is_some();
                let domain = if known { domain.clone() } else { "PR".to_owned() };
                let merged = ["AE", "CM", "MH", "EX", "PE", "SU", "CE", "DA", "ML", "PC", "GF", "IS", "BE", "IE", "DM"];
                let detail = if merged.contains(&domain.as_str()) { String::new() } else { detail.clone() };
                wanted.entry(Key::Form(domain, detail)).or_default().activities.insert(resolution.activity);
            }
            Target::Test { domain, testcd, specimen, units } => {
                let domain = if layout_of(domain).is_some() { domain.clone() } else { "LB".to_owned() };
                tests.entry((resolution.activity, domain)).or_default().push((testcd.clone(), specimen.clone()));
                all_units.entry(testcd.clone()).or_default().extend(units.iter().cloned());
            }
        }
    }
    for ((activity, domain), mut list) in tests {
        list.sort();
        list.dedup();
        let words = study.design.activities.get(activity).map_or("", |activity| activity.named.title()).to_lowercase();
        let position = ["supine", "standing", "sitting"].into_iter().find(|position| words.contains(position));
        let position = if domain == "VS" { position.unwrap_or("").to_uppercase() } else { String::new() };
        let want = wanted.entry(Key::Tests(domain, list.clone(), position)).or_default();
        want.activities.insert(activity);
        for (testcd, _) in list {
            let known = all_units.get(&testcd).cloned().unwrap_or_default();
            want.units.entry(testcd).or_default().extend(known);
        }
    }
    wanted
}

/// Forms that the tabulation needs though no activity of the protocol asks for them.
fn needed(schedule: &Schedule, wanted: &mut BTreeMap<Key, Wanted>, notes: &mut Notes) {
    if schedule.visits.is_empty() {
        return;
    }
    let always = [
        ("SV", "", "The date of every visit is recorded in SV."),
        ("DM", "", "DM is required and no activity collects demographics."),
        ("DS", "COMPLETED", "How each participant left the study is recorded in DS, and no activity collects it."),
        ("EX", "", "Exposure to the study treatment is expected, and no activity collects it."),
        ("AE", "", "Adverse events are expected in every interventional study, and no activity collects them."),
    ];
    for (domain, detail, because) in always {
        let there = wanted.keys().any(|key| match key {
            Key::Form(own, kind) => own == domain && (detail.is_empty() || kind == detail),
            Key::Tests(..) => false,
        });
        if !there {
            if domain != "SV" {
                notes.find(C10, Severity::Note, format!("forms/{domain}"), because);
            }
            let key = Key::Form(domain.to_owned(), detail.to_owned());
            wanted.insert(key, Wanted { added_because: because, ..Wanted::default() });
        }
    }
}

fn place(schedule: &Schedule, form: &mut Form, added: bool) {
    let mut visits = BTreeSet::new();
    for cell in schedule.cells.iter().filter(|cell| form.activities.contains(&cell.activity)) {
        visits.insert(cell.visit);
    }
    let mut events = BTreeSet::new();
    for (at, event) in schedule.events.iter().enumerate() {
        let visit = form.domain == "SV" && event.occasion != Occasion::Running;
        if visit || event.activities.iter().any(|activity| form.activities.contains(activity)) {
            events.insert(at);
        }
    }
    let last = schedule.visits.len().saturating_sub(1);
    match form.domain.as_str() {
        "SV" => visits.extend(0..schedule.visits.len()),
        "DM" if added => {
            visits.insert(0);
        }
        "DS" if added => {
            visits.insert(last);
        }
        "EX" | "AE" if added => visits.extend((0..schedule.visits.len()).filter(|at| {
            let day = schedule.visits.get(*at).and_then(|visit| visit.day);
            day.is_some_and(|day| day >= 1)
        })),
        _ => {}
    }
    if added && visits.is_empty() && !schedule.visits.is_empty() {
        visits.insert(last);
    }
    form.visits = visits.into_iter().collect();
    form.events = events.into_iter().collect();
}

/// An identifier that no other form has.
fn form_oid(taken: &mut BTreeSet<String>, domain: &str, detail: &str) -> String {
    let base =
        if detail.is_empty() { format!("F.{domain}") } else { format!("F.{domain}.{}", cut(&oid(detail), 40).0) };
    let mut made = base.clone();
    let mut number = 2;
    while !taken.insert(made.clone()) {
        made = format!("{base}.{number}");
        number += 1;
    }
    made
}

fn domain_form(study: &Study, domain: &str, detail: &str, taken: &mut BTreeSet<String>) -> Form {
    let oid = form_oid(taken, domain, detail);
    let short = oid.strip_prefix("F.").unwrap_or(&oid).to_owned();
    // A laboratory category without named tests: the form records the specimen, the laboratory sends results.
    let known = if domain == "LB" { "LB+" } else { domain };
    let Some(layout) = layout_of(known) else { return empty(oid, domain, detail) };
    let disposition = domain == "DS" && detail == "COMPLETED";
    let mut head = fields(layout, domain, &short, layout.head);
    let mut body = fields(layout, domain, &short, layout.body);
    for field in head.iter_mut().chain(&mut body) {
        fill(study, field, domain, detail, disposition);
    }
    if disposition {
        head.retain(|field| field.name != "DSTERM" || !detail.is_empty());
    }
    let title = match (domain, detail) {
        ("DS", "COMPLETED") => "End of Study".to_owned(),
        ("DS", detail) => super::fields::sentence(detail),
        (_, "") => layout.title.to_owned(),
        ("QS" | "FT" | "RS", detail) => format!("{}: {detail}", layout.title),
        (_, detail) => format!("{}: {}", layout.title, super::fields::sentence(detail)),
    };
    let mut groups = vec![Group { oid: format!("IG.{short}"), title: title.clone(), repeating: false, fields: head }];
    if !body.is_empty() {
        groups.push(Group {
            oid: format!("IG.{short}.LOG"),
            title: "Records".to_owned(),
            repeating: true,
            fields: body,
        });
    }
    groups.retain(|group| !group.fields.is_empty());
    Form { title, log: layout.log, groups, ..empty(oid, domain, detail) }
}

fn empty(oid: String, domain: &str, detail: &str) -> Form {
    Form {
        oid,
        title: domain.to_owned(),
        domain: domain.to_owned(),
        detail: detail.to_owned(),
        log: false,
        added_because: String::new(),
        groups: Vec::new(),
        visits: Vec::new(),
        events: Vec::new(),
        activities: Vec::new(),
    }
}

fn fields(layout: &Layout, domain: &str, form: &str, names: &[&str]) -> Vec<Field> {
    names.iter().map(|name| field(form, domain, layout.scenario, name)).collect()
}

/// Fixes what the form already knows.
fn fill(study: &Study, field: &mut Field, domain: &str, detail: &str, disposition: bool) {
    let fixed = match field.name.as_str() {
        "DSCAT" if disposition => "DISPOSITION EVENT".to_owned(),
        "DSCAT" => "PROTOCOL MILESTONE".to_owned(),
        "DSDECOD" | "DSTERM" if !disposition => detail.to_owned(),
        "LBCAT" if domain == "LB" => detail.to_owned(),
        "QSCAT" | "FTCAT" | "RSCAT" => detail.to_owned(),
        "MHCAT" => "GENERAL MEDICAL HISTORY".to_owned(),
        "PCSPEC" => "PLASMA".to_owned(),
        "BETERM" => "COLLECTED".to_owned(),
        "IEORRES" => return,
        _ => String::new(),
    };
    if field.name == "DSDECOD" && disposition {
        field.choices = super::fields::choices("DSDECOD", &["C66727".to_owned()]);
        field.length = length(FieldKind::Choice, field.choices.as_ref());
        field.kind = FieldKind::Choice;
        return;
    }
    if field.name == "IETESTCD" {
        let choice = |criterion: &super::usdm::model::Criterion| super::form::Choice {
            value: criterion.code.clone(),
            text: criterion.text.clone(),
            code: String::new(),
        };
        let choices = study.design.criteria.iter().map(choice).collect::<Vec<_>>();
        if !choices.is_empty() {
            field.choices = Some(Choices { list: String::new(), name: "IETESTCD".to_owned(), choices });
            field.kind = FieldKind::Choice;
            field.length = 8;
        }
    }
    if !fixed.is_empty() {
        // A fixed value is shown, not asked: no list is offered for it.
        field.choices = None;
        field.kind = FieldKind::Text;
        field.required = false;
        field.length = fixed.len().max(1);
        for destination in &mut field.destinations {
            destination.fixed.clone_from(&fixed);
        }
        field.fixed = fixed;
    }
}

fn tests_form(
    study: &Study,
    schedule: &Schedule,
    domain: &str,
    tests: &[(String, String)],
    position: &str,
    want: &Wanted,
    taken: &mut BTreeSet<String>,
) -> Form {
    let activity = want.activities.iter().next().and_then(|at| study.design.activities.get(*at));
    let words = activity.map_or(String::new(), |activity| ascii(activity.named.title()));
    let oid = form_oid(taken, domain, &super::words::short_code(&words, 24));
    let short = oid.strip_prefix("F.").unwrap_or(&oid).to_owned();
    let Some(layout) = layout_of(domain) else { return empty(oid, domain, "") };
    let points = schedule.cells.iter().any(|cell| want.activities.contains(&cell.activity) && !cell.points.is_empty());
    let pressure = tests.iter().any(|(test, _)| test == "SYSBP" || test == "DIABP");
    let mut head = fields(layout, domain, &short, layout.head);
    head.retain(|field| match field.name.get(2..).unwrap_or("") {
        "TPT" | "TIM" => points || (domain == "LB" && field.name == "LBTIM"),
        "POS" => pressure,
        "CAT" => false,
        _ => true,
    });
    for field in head.iter_mut().filter(|field| field.name == "VSPOS" && !position.is_empty()) {
        fill_position(field, position);
    }
    let title =
        if words.is_empty() { layout.title.to_owned() } else { format!("{}: {}", layout.title, cut(&words, 60).0) };
    let mut groups = vec![Group { oid: format!("IG.{short}"), title: title.clone(), repeating: false, fields: head }];
    let repeating = points;
    let mut sections: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    for (testcd, specimen) in tests {
        let Some(test) = standards().test(domain, testcd) else { continue };
        let named = want.units.get(testcd).map_or(&[] as &[String], Vec::as_slice);
        let section = if domain == "LB" { category(testcd, specimen) } else { String::new() };
        sections.entry(section.clone()).or_default().extend(test_fields(&short, test, specimen, &section, named));
    }
    for (section, fields) in sections {
        let suffix = if section.is_empty() { "RES".to_owned() } else { super::words::oid(&section) };
        let title = if section.is_empty() { "Results".to_owned() } else { super::fields::sentence(&section) };
        groups.push(Group { oid: format!("IG.{short}.{suffix}"), title, repeating, fields });
    }
    Form { title, groups, ..empty(oid, domain, "") }
}

fn fill_position(field: &mut Field, position: &str) {
    field.fixed = position.to_owned();
    field.choices = None;
    field.kind = FieldKind::Text;
    field.length = position.len();
    for destination in &mut field.destinations {
        destination.fixed = position.to_owned();
    }
}

/// The laboratory category of a test: as COSMoS has it, by specimen, or chemistry.
pub(crate) fn category(testcd: &str, specimen: &str) -> String {
    if specimen == "URINE" {
        return "URINALYSIS".to_owned();
    }
    let when = format!("LBTESTCD = {testcd}");
    let groups = standards().crf.iter().filter(|group| group.domain == "LB");
    let mut known = groups.filter(|group| group.items.iter().any(|item| item.annotation.ends_with(&when)));
    let told = known.find_map(|group| {
        let item = group.items.iter().find(|item| item.annotation.starts_with("LBCAT = "))?;
        item.annotation.strip_prefix("LBCAT = ").map(str::to_owned)
    });
    told.filter(|told| told.len() <= 40).unwrap_or_else(|| "CHEMISTRY".to_owned())
}

/// Whether a result is a word and not a number.
fn is_word(testcd: &str, specimen: &str) -> bool {
    let presence = ["KETONES", "NITRITE", "BILI", "GLUC", "PROT", "ALB", "OCCBLD", "LEUKASE"];
    let words =
        ["CEMORPH", "DRUGSCR", "EGINTP", "INTP", "COLOR", "CLARITY", "HBSAG", "HCAB", "HIV12AB", "HCG", "ETHANOL"];
    words.contains(&testcd) || (specimen == "URINE" && presence.contains(&testcd))
}

fn test_fields(form: &str, test: &Test, specimen: &str, section: &str, named: &[String]) -> Vec<Field> {
    let domain = test.domain.as_str();
    let apart = if specimen == "URINE" { "U" } else { "" };
    let range = standards().ranges.get(&format!("{domain}.{}", test.testcd)).filter(|_| specimen != "URINE");
    let result = format!("{domain}ORRES");
    let mut value = field(form, domain, "", &result);
    value.name = format!("{}{apart}_{result}", test.testcd);
    value.oid = format!("IT.{form}.{}{apart}.ORRES", test.testcd);
    value.prompt = if apart.is_empty() { test.test.clone() } else { format!("{} (urine)", test.test) };
    value.question = format!("What was the result of {}?", test.test);
    value.testcd = test.testcd.clone();
    value.core = "HR".to_owned();
    value.required = false;
    value.choices = None;
    let word = is_word(&test.testcd, specimen);
    value.kind = if word { FieldKind::Text } else { FieldKind::Decimal };
    value.length = if word { 40 } else { 8 };
    value.hint =
        if word { "The result in words, as reported." } else { "The number as measured, without rounding." }.to_owned();
    value.digits = range.map_or(if word { 0 } else { 2 }, |range| range.digits);
    value.range = range.map(|range| (range.low, range.high));
    let destination = |variable: &str, fixed: &str| Destination {
        dataset: domain.to_owned(),
        variable: format!("{domain}{variable}"),
        testcd: test.testcd.clone(),
        fixed: fixed.to_owned(),
    };
    value.destinations = vec![destination("ORRES", "")];
    if domain == "LB" {
        value.destinations.push(destination("CAT", section));
        if !specimen.is_empty() {
            value.destinations.push(destination("SPEC", specimen));
        }
    }
    let mut fields = vec![value];
    let list = if domain == "VS" { "VSRESU" } else { "UNIT" };
    let mut offered: Vec<String> =
        range.map(|range| range.unit.clone()).filter(|unit| !unit.is_empty()).into_iter().collect();
    offered.extend(named.iter().filter(|unit| !["K", "psi", "ukat/L", "nkat/L"].contains(&unit.as_str())).cloned());
    let mut seen = BTreeSet::new();
    offered.retain(|unit| seen.insert(unit.clone()));
    if let Some(choices) = units(&offered, list).filter(|_| !word) {
        let mut unit = field(form, domain, "", &format!("{domain}ORRESU"));
        unit.name = format!("{}{apart}_{domain}ORRESU", test.testcd);
        unit.oid = format!("IT.{form}.{}{apart}.ORRESU", test.testcd);
        unit.prompt = "Unit".to_owned();
        unit.question = format!("In what unit is {} reported?", test.test);
        unit.testcd = test.testcd.clone();
        unit.kind = FieldKind::Choice;
        unit.length = length(FieldKind::Choice, Some(&choices));
        if let [only] = choices.choices.as_slice() {
            unit.fixed = only.value.clone();
            unit.destinations = vec![destination("ORRESU", &only.value)];
            if let Some(value) = fields.first_mut() {
                value.unit = only.value.clone();
            }
            unit.kind = FieldKind::Text;
            unit.choices = None;
        } else {
            unit.destinations = vec![destination("ORRESU", "")];
            unit.choices = Some(choices);
        }
        unit.required = false;
        fields.push(unit);
    }
    fields
}
