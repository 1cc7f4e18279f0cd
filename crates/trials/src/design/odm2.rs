//! The study build as ODM 2.0.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{CheckRule, Choices, EditCheck, Field, Form};
use super::odm::{Build, condition_oid, data_type, events, expression, list_oid};
use super::standards::{SDTMIG, TERMINOLOGY};
use super::words::number;
use super::xml::Xml;

pub(crate) fn write(build: &Build) -> Vec<u8> {
    let study = build.study;
    let mut xml = Xml::new();
    xml.open(
        "ODM",
        &[
            ("xmlns", "http://www.cdisc.org/ns/odm/v2.0"),
            ("ODMVersion", "2.0"),
            ("FileType", "Snapshot"),
            ("FileOID", &format!("ODM2.{}", study.identifier)),
            ("CreationDateTime", build.created),
            ("SourceSystem", "Candor"),
            ("SourceSystemVersion", env!("CARGO_PKG_VERSION")),
        ],
    );
    let names = [
        ("OID", format!("STDY.{}", study.identifier)),
        ("StudyName", study.identifier.clone()),
        ("ProtocolName", study.identifier.clone()),
        ("VersionID", study.version.clone()),
    ];
    let names: Vec<(&str, &str)> = names.iter().map(|(name, value)| (*name, value.as_str())).collect();
    xml.open("Study", &names);
    words(&mut xml, "Description", if study.title.is_empty() { &study.identifier } else { &study.title });
    let identity = format!("MDV.{}", study.identifier);
    xml.open("MetaDataVersion", &[("OID", &identity), ("Name", "Study build")]);
    standards(&mut xml);
    protocol(&mut xml, build);
    let used: BTreeSet<String> =
        events(build).iter().flat_map(|event| event.forms.iter().map(|form| form.oid.clone())).collect();
    let forms: Vec<&Form> = build.forms.iter().filter(|form| used.contains(&form.oid)).collect();
    for form in &forms {
        self::form(&mut xml, form);
        sections(&mut xml, form, build.checks);
    }
    let mut lists = BTreeMap::new();
    for field in forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields) {
        item(&mut xml, field, build.checks, &mut lists);
    }
    code_lists(&mut xml, &lists);
    conditions(&mut xml, build.checks.iter().filter(|check| used.contains(&check.form)));
    xml.finish()
}

fn words(xml: &mut Xml, name: &'static str, text: &str) {
    xml.open(name, &[]);
    xml.text("TranslatedText", &[("xml:lang", "en"), ("Type", "text/plain")], text);
    xml.close();
}

fn standards(xml: &mut Xml) {
    xml.open("Standards", &[]);
    // The schema's list of standards has no CDASHIG; the aliases of the items name its fields.
    let guide = [("OID", "STD.IG"), ("Name", "SDTMIG"), ("Type", "IG"), ("Version", SDTMIG), ("Status", "Final")];
    xml.leaf("Standard", &guide);
    xml.leaf(
        "Standard",
        &[
            ("OID", "STD.CT"),
            ("Name", "CDISC/NCI"),
            ("Type", "CT"),
            ("PublishingSet", "SDTM"),
            ("Version", TERMINOLOGY),
            ("Status", "Final"),
        ],
    );
    xml.close();
}

fn protocol(xml: &mut Xml, build: &Build) {
    let events = events(build);
    let groups: [(&str, &str, bool); 2] =
        [("SEG.PLANNED", "Planned visits", true), ("SEG.OCCASIONS", "Occasions", false)];
    let there = |planned: bool| events.iter().any(|event| (event.kind == "Scheduled") == planned);
    xml.open("Protocol", &[]);
    for (at, (oid, _, planned)) in groups.iter().enumerate().filter(|(_, (.., planned))| there(*planned)) {
        let order = (at + 1).to_string();
        let mandatory = if *planned { "Yes" } else { "No" };
        xml.leaf(
            "StudyEventGroupRef",
            &[("StudyEventGroupOID", oid), ("OrderNumber", &order), ("Mandatory", mandatory)],
        );
    }
    xml.close();
    for (oid, name, planned) in groups.iter().filter(|(.., planned)| there(*planned)) {
        xml.open("StudyEventGroupDef", &[("OID", oid), ("Name", name)]);
        let own = events.iter().filter(|event| (event.kind == "Scheduled") == *planned);
        for (at, event) in own.enumerate() {
            let order = (at + 1).to_string();
            let mandatory = if *planned { "Yes" } else { "No" };
            xml.leaf(
                "StudyEventRef",
                &[("StudyEventOID", &event.oid), ("OrderNumber", &order), ("Mandatory", mandatory)],
            );
        }
        xml.close();
    }
    for event in &events {
        let repeating = if event.kind == "Scheduled" { "No" } else { "Yes" };
        // Version 2 names no common events: they are unscheduled ones that recur.
        let kind = if event.kind == "Scheduled" { "Scheduled" } else { "Unscheduled" };
        xml.open(
            "StudyEventDef",
            &[("OID", &event.oid), ("Name", &event.name), ("Repeating", repeating), ("Type", kind)],
        );
        for (at, form) in event.forms.iter().enumerate() {
            let order = (at + 1).to_string();
            xml.leaf("ItemGroupRef", &[("ItemGroupOID", &form.oid), ("OrderNumber", &order), ("Mandatory", "No")]);
        }
        xml.close();
    }
}

fn form(xml: &mut Xml, form: &Form) {
    let repeating = if form.log { "Simple" } else { "No" };
    xml.open("ItemGroupDef", &[("OID", &form.oid), ("Name", &form.title), ("Repeating", repeating), ("Type", "Form")]);
    for (at, group) in form.groups.iter().enumerate() {
        let order = (at + 1).to_string();
        xml.leaf("ItemGroupRef", &[("ItemGroupOID", &group.oid), ("OrderNumber", &order), ("Mandatory", "Yes")]);
    }
    xml.close();
}

fn sections(xml: &mut Xml, form: &Form, checks: &[EditCheck]) {
    for group in &form.groups {
        let repeating = if group.repeating { "Simple" } else { "No" };
        let name = format!("{}: {}", form.title, group.title);
        let attributes = [
            ("OID", group.oid.as_str()),
            ("Name", &name),
            ("Repeating", repeating),
            ("Domain", &form.domain),
            ("Type", "Section"),
        ];
        xml.open("ItemGroupDef", &attributes);
        for (at, field) in group.fields.iter().enumerate() {
            let order = (at + 1).to_string();
            let mut conditions = checks.iter().filter(|check| check.field == field.oid && conditional(&check.rule));
            let condition = conditions.next().map(|check| condition_oid(&check.oid)).unwrap_or_default();
            let core = match field.core.as_str() {
                "HR" | "R/C" | "O" => field.core.as_str(),
                _ => "",
            };
            xml.leaf(
                "ItemRef",
                &[
                    ("ItemOID", &field.oid),
                    ("Core", core),
                    ("PreSpecifiedValue", &field.fixed),
                    ("OrderNumber", &order),
                    ("Mandatory", if field.required { "Yes" } else { "No" }),
                    ("CollectionExceptionConditionOID", &condition),
                ],
            );
        }
        xml.close();
    }
}

fn conditional(rule: &CheckRule) -> bool {
    matches!(rule, CheckRule::AbsentWhen { .. } | CheckRule::GivenWhen { .. })
}

fn item(xml: &mut Xml, field: &Field, checks: &[EditCheck], lists: &mut BTreeMap<String, Choices>) {
    let kind = data_type(field);
    let kind = if kind == "float" { "decimal" } else { kind };
    let sized = matches!(kind, "text" | "integer" | "decimal");
    let length = if sized { field.length.max(1).to_string() } else { String::new() };
    xml.open("ItemDef", &[("OID", &field.oid), ("Name", &field.name), ("DataType", kind), ("Length", &length)]);
    words(xml, "Description", &field.prompt);
    words(xml, "Question", &field.question);
    words(xml, "Prompt", &field.prompt);
    words(xml, "CRFCompletionInstructions", &field.hint);
    for check in checks.iter().filter(|check| check.field == field.oid) {
        match &check.rule {
            CheckRule::Range { low, high } => {
                for (comparator, bound) in [("GE", low), ("LE", high)] {
                    xml.open("RangeCheck", &[("Comparator", comparator), ("SoftHard", "Soft")]);
                    xml.text("CheckValue", &[], &number(*bound));
                    words(xml, "ErrorMessage", &check.message);
                    xml.close();
                }
            }
            CheckRule::NotBefore { .. } | CheckRule::Window { .. } => {
                xml.open("RangeCheck", &[("SoftHard", "Soft")]);
                code(xml, &expression(check));
                words(xml, "ErrorMessage", &check.message);
                xml.close();
            }
            _ => {}
        }
    }
    if let Some(choices) = &field.choices {
        xml.leaf("CodeListRef", &[("CodeListOID", &list_oid(choices, lists))]);
    }
    xml.leaf("Alias", &[("Context", "CDASH"), ("Name", &field.name)]);
    xml.leaf("Alias", &[("Context", "SDTM"), ("Name", &field.annotations().join("; "))]);
    xml.close();
}

fn code(xml: &mut Xml, expression: &str) {
    xml.open("FormalExpression", &[("Context", "edit-check")]);
    xml.text("Code", &[], expression);
    xml.close();
}

const NCI: &str = "http://ncicb.nci.nih.gov/xml/odm/EVS/CDISC";

fn code_lists(xml: &mut Xml, lists: &BTreeMap<String, Choices>) {
    for (oid, choices) in lists {
        let standard = if choices.list.is_empty() { "" } else { "STD.CT" };
        let own = if choices.list.is_empty() { "Yes" } else { "" };
        let attributes = [
            ("OID", oid.as_str()),
            ("Name", &choices.name),
            ("DataType", "text"),
            ("StandardOID", standard),
            ("IsNonStandard", own),
        ];
        xml.open("CodeList", &attributes);
        for (at, choice) in choices.choices.iter().enumerate() {
            let order = (at + 1).to_string();
            xml.open("CodeListItem", &[("CodedValue", &choice.value), ("OrderNumber", &order)]);
            words(xml, "Decode", if choice.text.is_empty() { &choice.value } else { &choice.text });
            if !choice.code.is_empty() {
                xml.leaf("Coding", &[("Code", &choice.code), ("System", NCI), ("SystemName", "NCI Thesaurus")]);
            }
            xml.close();
        }
        if !choices.list.is_empty() {
            xml.leaf("Coding", &[("Code", &choices.list), ("System", NCI), ("SystemName", "NCI Thesaurus")]);
        }
        xml.close();
    }
}

fn conditions<'c>(xml: &mut Xml, checks: impl Iterator<Item = &'c EditCheck>) {
    let mut seen = BTreeSet::new();
    for check in checks.filter(|check| conditional(&check.rule)) {
        if seen.insert(check.field.as_str()) {
            let oid = condition_oid(&check.oid);
            xml.open("ConditionDef", &[("OID", &oid), ("Name", &oid)]);
            words(xml, "Description", &check.message);
            xml.open("MethodSignature", &[]);
            xml.leaf("ReturnValue", &[("Name", "exception"), ("DataType", "boolean"), ("OrderNumber", "1")]);
            xml.close();
            code(xml, &expression(check));
            xml.close();
        }
    }
}
