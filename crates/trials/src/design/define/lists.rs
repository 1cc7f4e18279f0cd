//! The code lists of a description: only the terms that forms offer or data hold.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::design::dataset::{Cell, Column, Dataset};
use crate::design::finding::{Notes, Severity, T6_TERM};
use crate::design::standards::{CodeList, standards};
use crate::design::xml::Xml;

/// A list with the values in use.
pub(crate) struct Used {
    list: Option<&'static CodeList>,
    title: String,
    /// Value and what it means, for the sponsor's own lists.
    values: BTreeMap<String, String>,
}

/// Identifier of the list of a column.
pub(crate) fn of(dataset: &Dataset, column: &Column) -> Option<String> {
    if column.numeric {
        return None;
    }
    if let Some(list) = column.codelists.iter().find_map(|list| standards().list(list)) {
        return Some(format!("CL.{}", list.name));
    }
    let own = ["ARMCD", "ETCD", "IETESTCD", "AEREL"].contains(&column.name.as_str());
    own.then(|| format!("CL.{}", if column.name == "AEREL" { "AEREL" } else { &column.name }))
        .filter(|_| !dataset.name.is_empty())
}

pub(crate) fn collect(source: &Source, notes: &mut Notes) -> BTreeMap<String, Used> {
    let mut offered: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for field in source.forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields) {
        for one in &field.destinations {
            let values = offered.entry((one.dataset.clone(), one.variable.clone())).or_default();
            if !one.fixed.is_empty() {
                values.insert(one.fixed.clone());
            } else if let Some(choices) = &field.choices {
                values.extend(choices.choices.iter().map(|choice| choice.value.clone()));
            }
            if !one.testcd.is_empty() {
                let tests = offered.entry((one.dataset.clone(), format!("{}TESTCD", one.dataset))).or_default();
                tests.insert(one.testcd.clone());
            }
        }
    }
    let mut lists: BTreeMap<String, Used> = BTreeMap::new();
    for dataset in source.datasets {
        for (at, column) in dataset.columns.iter().enumerate() {
            let Some(oid) = of(dataset, column) else { continue };
            let list = column.codelists.iter().find_map(|list| standards().list(list));
            let mut values: BTreeSet<String> = dataset
                .rows
                .iter()
                .filter_map(|row| row.get(at))
                .filter(|cell| **cell != Cell::Missing)
                .map(Cell::shown)
                .collect();
            values.extend(offered.get(&(dataset.name.clone(), column.name.clone())).cloned().unwrap_or_default());
            if values.is_empty() {
                continue;
            }
            let title = list.map_or_else(|| column.label.clone(), |list| list.title.clone());
            let used = lists.entry(oid).or_insert_with(|| Used { list, title, values: BTreeMap::new() });
            for value in values {
                check(list, dataset, column, &value, notes);
                let text = meaning(source, column, &value);
                used.values.entry(value).or_insert(text);
            }
        }
    }
    lists
}

fn check(list: Option<&CodeList>, dataset: &Dataset, column: &Column, value: &str, notes: &mut Notes) {
    let Some(list) = list.filter(|list| !list.extensible) else { return };
    if !list.terms.iter().any(|term| term.value == value) {
        let words = format!("{value} is no term of {}, which may not be extended.", list.name);
        notes.find(T6_TERM, Severity::Error, format!("{}.{}", dataset.name, column.name), words);
    }
}

/// What a value of a sponsor's own list means.
fn meaning(source: &Source, column: &Column, value: &str) -> String {
    let design = &source.study.design;
    let found = match column.name.as_str() {
        "ARMCD" => design.arms.iter().find(|arm| arm.code == value).map(|arm| arm.text.clone()),
        "ETCD" => design.elements.iter().find(|element| element.code == value).map(|element| element.text.clone()),
        "IETESTCD" => design.criteria.iter().find(|one| one.code == value).map(|one| one.text.clone()),
        _ => None,
    };
    found.unwrap_or_else(|| value.to_owned())
}

pub(crate) fn write(xml: &mut Xml, lists: &BTreeMap<String, Used>) {
    for (oid, used) in lists {
        let standard = if used.list.is_some() { "STD.CT" } else { "" };
        let own = if used.list.is_some() { "" } else { "Yes" };
        xml.open(
            "CodeList",
            &[
                ("OID", oid),
                ("Name", &used.title),
                ("DataType", "text"),
                ("def:StandardOID", standard),
                ("def:IsNonStandard", own),
            ],
        );
        for (value, text) in &used.values {
            item(xml, used.list, value, text);
        }
        if let Some(list) = used.list {
            xml.leaf("Alias", &[("Context", "nci:ExtCodeID"), ("Name", &list.code)]);
        }
        xml.close();
    }
}

fn item(xml: &mut Xml, list: Option<&CodeList>, value: &str, text: &str) {
    let term = list.and_then(|list| list.terms.iter().find(|term| term.value == value));
    let extended = if list.is_some() && term.is_none() { "Yes" } else { "" };
    let decode = term.map_or(text, |term| term.preferred.as_str());
    xml.open("CodeListItem", &[("CodedValue", value), ("def:ExtendedValue", extended)]);
    xml.open("Decode", &[]);
    xml.text("TranslatedText", &[("xml:lang", "en")], decode);
    xml.close();
    if let Some(term) = term {
        xml.leaf("Alias", &[("Context", "nci:ExtCodeID"), ("Name", &term.code)]);
    }
    xml.close();
}
