//! Dataset-JSON 1.1.

use serde_json::{Value, json};

use super::dataset::{Cell, Dataset};
use super::define::item_kind;

pub(crate) fn write(dataset: &Dataset, study: &str, created: &str) -> Vec<u8> {
    let columns: Vec<Value> = dataset.columns.iter().enumerate().map(|(at, _)| column(dataset, at)).collect();
    let cell = |cell: &Cell| match cell {
        Cell::Missing => Value::Null,
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => Value::from(*value as i64),
        Cell::Number(value) => Value::from(*value),
    };
    // A missing text is an empty string in the transport file, null here.
    let rows: Vec<Vec<Value>> = dataset.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let document = json!({
        "datasetJSONCreationDateTime": created,
        "datasetJSONVersion": "1.1.0",
        "fileOID": format!("{study}.{}", dataset.name),
        "dbLastModifiedDateTime": created,
        "originator": "Candor: synthetic data, no participant behind it",
        "sourceSystem": { "name": "Candor trial designer", "version": env!("CARGO_PKG_VERSION") },
        "studyOID": format!("STDY.{study}"),
        "metaDataVersionOID": format!("MDV.{study}"),
        "metaDataRef": "define.xml",
        "itemGroupOID": format!("IG.{}", dataset.name),
        "records": dataset.rows.len(),
        "name": dataset.name,
        "label": dataset.label,
        "columns": columns,
        "rows": rows,
    });
    serde_json::to_vec(&document).unwrap_or_default()
}

fn column(dataset: &Dataset, at: usize) -> Value {
    let Some(column) = dataset.columns.get(at) else { return Value::Null };
    let kind = item_kind(dataset, at);
    let data_type = match kind.name {
        "text" | "date" | "datetime" | "durationDatetime" => "string",
        other => other,
    };
    let mut value = json!({
        "itemOID": format!("IT.{}.{}", dataset.name, column.name),
        "name": column.name,
        "label": column.label,
        "dataType": data_type,
    });
    if let Some(fields) = value.as_object_mut() {
        if data_type == "string" {
            fields.insert("length".to_owned(), dataset.length(at).into());
        }
        if let Some(order) = dataset.keys.iter().position(|key| *key == column.name) {
            fields.insert("keySequence".to_owned(), (order + 1).into());
        }
    }
    value
}
