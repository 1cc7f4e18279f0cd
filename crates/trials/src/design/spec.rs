//! The mapping specification: from every field to its variable, as CSV, JSON and a workbook.

use serde_json::json;

use super::csv::Table;
use super::dataset::{Dataset, Origin};
use super::form::Form;
use super::tabulation::mappings;
use super::xlsx::{Sheet, workbook};

const FIELDS: [&str; 10] =
    ["Form", "Form OID", "Field OID", "CDASH name", "Core", "Prompt", "Dataset", "Variable", "Annotation", "Source"];
const VARIABLES: [&str; 9] = ["Dataset", "Variable", "Label", "Type", "Role", "Core", "Code lists", "Origin", "Method"];

/// The lines about fields, those not submitted included.
pub(crate) fn fields(forms: &[Form]) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for form in forms {
        for field in form.groups.iter().flat_map(|group| &group.fields) {
            let line = |dataset: &str, variable: &str, annotation: &str| {
                [
                    &form.title,
                    &form.oid,
                    &field.oid,
                    &field.name,
                    &field.core,
                    &field.prompt,
                    dataset,
                    variable,
                    annotation,
                    &field.reference,
                ]
                .map(|text: &str| text.to_owned())
                .to_vec()
            };
            if field.destinations.is_empty() {
                lines.push(line("", "", "[NOT SUBMITTED]"));
            }
            for one in &field.destinations {
                lines.push(line(&one.dataset, &one.variable, &one.annotation()));
            }
        }
    }
    lines
}

fn variables(datasets: &[Dataset]) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for dataset in datasets {
        for column in &dataset.columns {
            let kind = if column.numeric { "Num" } else { "Char" };
            lines.push(vec![
                dataset.name.clone(),
                column.name.clone(),
                column.label.clone(),
                kind.to_owned(),
                column.role.clone(),
                column.core.clone(),
                column.codelists.join(" "),
                origin(column.origin).to_owned(),
                column.method.clone(),
            ]);
        }
    }
    lines
}

pub(crate) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Collected => "Collected",
        Origin::Derived => "Derived",
        Origin::Assigned => "Assigned",
        Origin::Protocol => "Protocol",
    }
}

pub(crate) fn csv(forms: &[Form]) -> Vec<u8> {
    let mut table = Table::new(&FIELDS);
    for line in fields(forms) {
        table.row(&line);
    }
    table.into_bytes()
}

pub(crate) fn json(forms: &[Form], datasets: &[Dataset]) -> Vec<u8> {
    let mappings: Vec<_> = mappings(forms)
        .iter()
        .map(|line| {
            json!({
                "form": line.form.oid, "field": line.field.oid, "cdash": line.field.name, "core": line.field.core,
                "dataset": line.dataset, "variable": line.variable, "annotation": line.annotation,
                "source": line.field.reference,
            })
        })
        .collect();
    let datasets: Vec<_> = datasets
        .iter()
        .map(|dataset| {
            let variables: Vec<_> = dataset
                .columns
                .iter()
                .map(|column| {
                    json!({
                        "name": column.name, "label": column.label, "numeric": column.numeric, "role": column.role,
                        "core": column.core, "codelists": column.codelists, "origin": origin(column.origin),
                        "method": column.method,
                    })
                })
                .collect();
            json!({ "name": dataset.name, "label": dataset.label, "class": dataset.class, "keys": dataset.keys, "variables": variables })
        })
        .collect();
    serde_json::to_vec_pretty(&json!({ "datasets": datasets, "mappings": mappings })).unwrap_or_default()
}

pub(crate) fn xlsx(forms: &[Form], datasets: &[Dataset]) -> Vec<u8> {
    let sheet = |name: &'static str, heading: &[&str], lines: Vec<Vec<String>>| {
        let mut rows = vec![heading.iter().map(|text| (*text).to_owned()).collect()];
        rows.extend(lines);
        Sheet { name, rows }
    };
    let overview = datasets
        .iter()
        .map(|dataset| {
            vec![
                dataset.name.clone(),
                dataset.label.clone(),
                dataset.class.clone(),
                dataset.structure.clone(),
                dataset.keys.join(" "),
            ]
        })
        .collect();
    workbook(&[
        sheet("Datasets", &["Dataset", "Label", "Class", "Structure", "Keys"], overview),
        sheet("Variables", &VARIABLES, variables(datasets)),
        sheet("Mapping", &FIELDS, fields(forms)),
    ])
}
