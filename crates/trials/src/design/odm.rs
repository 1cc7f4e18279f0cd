//! The study build as ODM 1.3.2: events, forms, groups, items, lists, checks and conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{CheckRule, Choices, EditCheck, Field, FieldKind, Form};
use super::schedule::{Occasion, Schedule};
use super::usdm::model::Study;
use super::words::{number, oid};
use super::xml::Xml;

/// What a study build is made from.
pub(crate) struct Build<'a> {
    pub(crate) study: &'a Study,
    pub(crate) schedule: &'a Schedule,
    pub(crate) forms: &'a [Form],
    pub(crate) checks: &'a [EditCheck],
    pub(crate) created: &'a str,
}

/// An event of the study: a planned visit or an occasion.
pub(crate) struct EventPart<'a> {
    pub(crate) oid: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) forms: Vec<&'a Form>,
}

pub(crate) fn events<'a>(build: &Build<'a>) -> Vec<EventPart<'a>> {
    let mut events = Vec::new();
    for (at, visit) in build.schedule.visits.iter().enumerate() {
        events.push(EventPart {
            oid: visit_oid(visit.number, &visit.name),
            name: visit.name.clone(),
            kind: "Scheduled",
            forms: build.forms.iter().filter(|form| form.visits.contains(&at)).collect(),
        });
    }
    for (at, event) in build.schedule.events.iter().enumerate() {
        let kind = if event.occasion == Occasion::Running { "Common" } else { "Unscheduled" };
        events.push(EventPart {
            oid: format!("SE.EVENT{}.{}", at + 1, oid(&event.name)),
            name: event.name.clone(),
            kind,
            forms: build.forms.iter().filter(|form| form.events.contains(&at)).collect(),
        });
    }
    events.retain(|event| !event.forms.is_empty());
    events
}

pub(crate) fn visit_oid(number: u32, name: &str) -> String {
    format!("SE.V{number}.{}", oid(name))
}

/// Identifier of a list: the same values give the same list.
pub(crate) fn list_oid(choices: &Choices, lists: &mut BTreeMap<String, Choices>) -> String {
    let base = format!("CL.{}", oid(&choices.name));
    let mut made = base.clone();
    let mut number = 2;
    loop {
        match lists.get(&made) {
            Some(known) if known == choices => return made,
            None => {
                lists.insert(made.clone(), choices.clone());
                return made;
            }
            Some(_) => made = format!("{base}.{number}"),
        }
        number += 1;
    }
}

pub(crate) fn data_type(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Text | FieldKind::Choice => "text",
        FieldKind::Integer => "integer",
        FieldKind::Decimal if field.digits == 0 => "integer",
        FieldKind::Decimal => "float",
        FieldKind::Date => "partialDate",
        FieldKind::Time => "partialTime",
    }
}

pub(crate) fn unit_oid(unit: &str) -> String {
    format!("MU.{}", oid(&unit.replace('%', "percent").replace('/', ".per.")))
}

pub(crate) fn write(build: &Build) -> Vec<u8> {
    let mut xml = Xml::new();
    open(&mut xml, build, "Metadata for a study build; no subject data", "");
    study(&mut xml, build);
    xml.finish()
}

/// Opens the document; the granularity is left out when it is empty.
pub(crate) fn open(xml: &mut Xml, build: &Build, description: &str, suffix: &str) {
    let file = format!("ODM.{}{suffix}", build.study.identifier);
    xml.open(
        "ODM",
        &[
            ("xmlns", "http://www.cdisc.org/ns/odm/v1.3"),
            ("ODMVersion", "1.3.2"),
            ("FileType", "Snapshot"),
            ("FileOID", &file),
            ("CreationDateTime", build.created),
            ("Description", description),
            ("SourceSystem", "Candor"),
            ("SourceSystemVersion", env!("CARGO_PKG_VERSION")),
        ],
    );
}

pub(crate) fn study(xml: &mut Xml, build: &Build) {
    let study = build.study;
    xml.open("Study", &[("OID", &format!("STDY.{}", study.identifier))]);
    xml.open("GlobalVariables", &[]);
    xml.text("StudyName", &[], &study.identifier);
    xml.text("StudyDescription", &[], if study.title.is_empty() { &study.identifier } else { &study.title });
    xml.text("ProtocolName", &[], &study.identifier);
    xml.close();
    units(xml, build.forms);
    let name = format!("Study build, protocol version {}", if study.version.is_empty() { "1" } else { &study.version });
    xml.open("MetaDataVersion", &[("OID", &format!("MDV.{}", study.identifier)), ("Name", &name)]);
    let events = events(build);
    xml.open("Protocol", &[]);
    for (at, event) in events.iter().enumerate() {
        let order = (at + 1).to_string();
        let mandatory = if event.kind == "Scheduled" { "Yes" } else { "No" };
        let attributes = [("StudyEventOID", event.oid.as_str()), ("OrderNumber", &order), ("Mandatory", mandatory)];
        xml.leaf("StudyEventRef", &attributes);
    }
    xml.close();
    for event in &events {
        let repeating = if event.kind == "Scheduled" { "No" } else { "Yes" };
        let attributes =
            [("OID", event.oid.as_str()), ("Name", &event.name), ("Repeating", repeating), ("Type", event.kind)];
        xml.open("StudyEventDef", &attributes);
        for (at, form) in event.forms.iter().enumerate() {
            let order = (at + 1).to_string();
            xml.leaf("FormRef", &[("FormOID", &form.oid), ("OrderNumber", &order), ("Mandatory", "No")]);
        }
        xml.close();
    }
    let used: BTreeSet<&str> =
        events.iter().flat_map(|event| event.forms.iter().map(|form| form.oid.as_str())).collect();
    let forms: Vec<&Form> = build.forms.iter().filter(|form| used.contains(form.oid.as_str())).collect();
    for form in &forms {
        self::form(xml, form);
    }
    for form in &forms {
        groups(xml, form, build.checks);
    }
    let mut lists = BTreeMap::new();
    for field in forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields) {
        item(xml, field, build.checks, &mut lists);
    }
    code_lists(xml, &lists);
    let known: BTreeSet<&str> = forms.iter().map(|form| form.oid.as_str()).collect();
    conditions(xml, build.checks.iter().filter(|check| known.contains(check.form.as_str())));
    xml.close();
    xml.close();
}

fn units(xml: &mut Xml, forms: &[Form]) {
    let fields = forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields);
    let units: BTreeSet<&str> = fields.map(|field| field.unit.as_str()).filter(|unit| !unit.is_empty()).collect();
    if units.is_empty() {
        return;
    }
    xml.open("BasicDefinitions", &[]);
    for unit in units {
        xml.open("MeasurementUnit", &[("OID", &unit_oid(unit)), ("Name", unit)]);
        xml.open("Symbol", &[]);
        xml.text("TranslatedText", &[("xml:lang", "en")], unit);
        xml.close();
        xml.close();
    }
    xml.close();
}

fn form(xml: &mut Xml, form: &Form) {
    let repeating = if form.log { "Yes" } else { "No" };
    xml.open("FormDef", &[("OID", &form.oid), ("Name", &form.title), ("Repeating", repeating)]);
    for (at, group) in form.groups.iter().enumerate() {
        let order = (at + 1).to_string();
        let attributes = [("ItemGroupOID", group.oid.as_str()), ("OrderNumber", &order), ("Mandatory", "Yes")];
        xml.leaf("ItemGroupRef", &attributes);
    }
    xml.close();
}

fn groups(xml: &mut Xml, form: &Form, checks: &[EditCheck]) {
    for group in &form.groups {
        let repeating = if group.repeating { "Yes" } else { "No" };
        let name = format!("{}: {}", form.title, group.title);
        let attributes =
            [("OID", group.oid.as_str()), ("Name", &name), ("Repeating", repeating), ("Domain", &form.domain)];
        xml.open("ItemGroupDef", &attributes);
        for (at, field) in group.fields.iter().enumerate() {
            let order = (at + 1).to_string();
            xml.leaf(
                "ItemRef",
                &[
                    ("ItemOID", &field.oid),
                    ("OrderNumber", &order),
                    ("Mandatory", if field.required { "Yes" } else { "No" }),
                    ("CollectionExceptionConditionOID", &exception(field, checks).unwrap_or_default()),
                ],
            );
        }
        xml.close();
    }
}

/// The condition under which a field is not asked for.
fn exception(field: &Field, checks: &[EditCheck]) -> Option<String> {
    let mut own = checks.iter().filter(|check| check.field == field.oid);
    own.find(|check| is_condition(&check.rule)).map(|check| condition_oid(&check.oid))
}

fn is_condition(rule: &CheckRule) -> bool {
    matches!(rule, CheckRule::AbsentWhen { .. } | CheckRule::GivenWhen { .. })
}

pub(crate) fn condition_oid(check: &str) -> String {
    check.replacen("CHK.", "COND.", 1)
}

/// The rule as an expression over item identifiers.
pub(crate) fn expression(check: &EditCheck) -> String {
    match &check.rule {
        CheckRule::Required => format!("{} is not empty", check.field),
        CheckRule::Range { low, high } => {
            format!("{} >= {} and {} <= {}", check.field, number(*low), check.field, number(*high))
        }
        CheckRule::NotBefore { other } => format!("{} >= {other}", check.field),
        CheckRule::GivenWhen { other, value } => format!("{other} != \"{value}\""),
        CheckRule::AbsentWhen { other, value } => format!("{other} = \"{value}\""),
        CheckRule::Window { visit, low, high } => {
            format!(
                "visit = \"{visit}\" and study_day({}) >= {low} and study_day({}) <= {high}",
                check.field, check.field
            )
        }
    }
}

fn translated(xml: &mut Xml, name: &'static str, text: &str) {
    xml.open(name, &[]);
    xml.text("TranslatedText", &[("xml:lang", "en")], text);
    xml.close();
}

fn item(xml: &mut Xml, field: &Field, checks: &[EditCheck], lists: &mut BTreeMap<String, Choices>) {
    let kind = data_type(field);
    let sized = matches!(kind, "text" | "integer" | "float");
    let digits = if kind == "float" { field.digits.to_string() } else { String::new() };
    let sas = if field.variable.len() <= 8 { field.variable.as_str() } else { "" };
    xml.open(
        "ItemDef",
        &[
            ("OID", &field.oid),
            ("Name", &field.name),
            ("DataType", kind),
            ("Length", &if sized { field.length.max(1).to_string() } else { String::new() }),
            ("SignificantDigits", &digits),
            ("SDSVarName", sas),
            ("Comment", &field.hint),
        ],
    );
    translated(xml, "Description", &field.prompt);
    translated(xml, "Question", &field.question);
    if !field.unit.is_empty() {
        xml.leaf("MeasurementUnitRef", &[("MeasurementUnitOID", &unit_oid(&field.unit))]);
    }
    for check in checks.iter().filter(|check| check.field == field.oid) {
        range_checks(xml, check, &field.unit);
    }
    if let Some(choices) = &field.choices {
        xml.leaf("CodeListRef", &[("CodeListOID", &list_oid(choices, lists))]);
    }
    xml.leaf("Alias", &[("Context", "CDASH"), ("Name", &field.name)]);
    // A context may be used once for an item, so that all annotations share one alias.
    xml.leaf("Alias", &[("Context", "SDTM"), ("Name", &field.annotations().join("; "))]);
    xml.close();
}

fn range_checks(xml: &mut Xml, check: &EditCheck, unit: &str) {
    match &check.rule {
        CheckRule::Range { low, high } => {
            for (comparator, bound) in [("GE", low), ("LE", high)] {
                xml.open("RangeCheck", &[("Comparator", comparator), ("SoftHard", "Soft")]);
                xml.text("CheckValue", &[], &number(*bound));
                if !unit.is_empty() {
                    xml.leaf("MeasurementUnitRef", &[("MeasurementUnitOID", &unit_oid(unit))]);
                }
                translated(xml, "ErrorMessage", &check.message);
                xml.close();
            }
        }
        CheckRule::NotBefore { .. } | CheckRule::Window { .. } => {
            xml.open("RangeCheck", &[("SoftHard", "Soft")]);
            xml.text("FormalExpression", &[("Context", "edit-check")], &expression(check));
            translated(xml, "ErrorMessage", &check.message);
            xml.close();
        }
        _ => {}
    }
}

fn code_lists(xml: &mut Xml, lists: &BTreeMap<String, Choices>) {
    for (oid, choices) in lists {
        xml.open("CodeList", &[("OID", oid), ("Name", &choices.name), ("DataType", "text")]);
        for (at, choice) in choices.choices.iter().enumerate() {
            let order = (at + 1).to_string();
            xml.open("CodeListItem", &[("CodedValue", &choice.value), ("OrderNumber", &order)]);
            translated(xml, "Decode", if choice.text.is_empty() { &choice.value } else { &choice.text });
            if !choice.code.is_empty() {
                xml.leaf("Alias", &[("Context", "nci:ExtCodeID"), ("Name", &choice.code)]);
            }
            xml.close();
        }
        if !choices.list.is_empty() {
            xml.leaf("Alias", &[("Context", "nci:ExtCodeID"), ("Name", &choices.list)]);
        }
        xml.close();
    }
}

fn conditions<'c>(xml: &mut Xml, checks: impl Iterator<Item = &'c EditCheck>) {
    let mut seen = BTreeSet::new();
    for check in checks.filter(|check| is_condition(&check.rule)) {
        // A field refers to its first condition; others would be orphans.
        if seen.insert(check.field.as_str()) {
            let oid = condition_oid(&check.oid);
            xml.open("ConditionDef", &[("OID", &oid), ("Name", &oid)]);
            translated(xml, "Description", &check.message);
            xml.text("FormalExpression", &[("Context", "edit-check")], &expression(check));
            xml.close();
        }
    }
}
