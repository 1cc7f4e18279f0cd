//! What rules look at: datasets, and the objects of a definition as one table for each class.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::design::File;
use crate::design::standards::standards;
use crate::design::words::number;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum {
    Missing,
    Text(String),
    Number(f64),
    Flag(bool),
    /// A list of texts, as an attribute of an object may hold.
    Many(Vec<String>),
}

impl Datum {
    pub(crate) fn of(value: &Value) -> Datum {
        match value {
            Value::Null => Datum::Missing,
            Value::String(text) if text.is_empty() => Datum::Missing,
            Value::String(text) => Datum::Text(text.clone()),
            Value::Number(number) => number.as_f64().map_or(Datum::Missing, Datum::Number),
            Value::Bool(flag) => Datum::Flag(*flag),
            Value::Array(list) => {
                let texts = list.iter().map(|one| Datum::of(one).shown());
                Datum::Many(texts.collect())
            }
            Value::Object(object) => object.get("id").map_or(Datum::Text("{}".to_owned()), Datum::of),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Datum::Missing => true,
            Datum::Text(text) => text.is_empty(),
            Datum::Many(list) => list.is_empty(),
            _ => false,
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Datum::Missing => String::new(),
            Datum::Text(text) => text.clone(),
            Datum::Number(value) => number(*value),
            Datum::Flag(flag) => flag.to_string(),
            Datum::Many(list) => list.join("; "),
        }
    }
}

/// One dataset or class.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Name of the dataset or the class.
    pub(crate) name: String,
    /// What `--` stands for in the names of variables.
    pub(crate) prefix: String,
    /// The general observation class in capitals; empty for a class of a definition.
    pub(crate) class: String,
    /// Whether it is a class of a definition.
    pub(crate) entity: bool,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Datum>>,
}

impl Table {
    /// The name of a column with `--` filled in.
    pub(crate) fn name_of(&self, name: &str) -> String {
        name.replace("--", &self.prefix)
    }

    pub(crate) fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// The datasets among files, in Dataset-JSON.
pub(super) fn of_files(files: &[File]) -> Vec<Table> {
    let is_data = |file: &&File| file.name.ends_with(".json") && file.name.starts_with("data/");
    files.iter().filter(is_data).filter_map(|file| dataset(&file.bytes)).collect()
}

fn dataset(bytes: &[u8]) -> Option<Table> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let name = value.get("name")?.as_str()?.to_uppercase();
    let columns = value.get("columns")?.as_array()?.iter();
    let columns = columns.map(|column| column.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
    let rows = value.get("rows")?.as_array()?.iter();
    let rows = rows.map(|row| row.as_array().map_or(Vec::new(), |row| row.iter().map(Datum::of).collect()));
    let class = standards().datasets.get(&name).map_or(String::new(), |kind| kind.class.to_uppercase());
    let prefix = name.get(..2).unwrap_or(&name).to_owned();
    Some(Table { prefix, class, entity: false, columns: columns.collect(), rows: rows.collect(), name })
}

const DEPTH_MAX: usize = 60;

/// The objects of a definition, a table for each class: attributes, and where the object stands.
pub(super) fn of_definition(bytes: &[u8]) -> Vec<Table> {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return Vec::new() };
    let mut objects: BTreeMap<String, Vec<BTreeMap<String, Datum>>> = BTreeMap::new();
    let mut open = vec![(Cow::Borrowed(""), String::new(), String::new(), &document, 0)];
    while let Some((slot, parent_class, parent_id, value, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            continue;
        }
        match value {
            Value::Array(list) => {
                for value in list.iter().rev() {
                    open.push((slot.clone(), parent_class.clone(), parent_id.clone(), value, depth + 1));
                }
            }
            Value::Object(object) => {
                let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (class, id) = (text("instanceType"), text("id"));
                if !class.is_empty() {
                    let mut record: BTreeMap<String, Datum> =
                        object.iter().map(|(name, value)| (name.clone(), Datum::of(value))).collect();
                    for (name, value) in [("parent_entity", &parent_class), ("parent_id", &parent_id)] {
                        record.insert(name.to_owned(), Datum::Text(value.clone()));
                    }
                    record.insert("parent_rel".to_owned(), Datum::Text(slot.to_string()));
                    objects.entry(class.clone()).or_default().push(record);
                }
                let around = if class.is_empty() { (parent_class, parent_id) } else { (class, id) };
                for (name, value) in object {
                    if matches!(value, Value::Array(_) | Value::Object(_)) {
                        open.push((Cow::Owned(name.clone()), around.0.clone(), around.1.clone(), value, depth + 1));
                    }
                }
            }
            _ => {}
        }
    }
    objects.into_iter().map(|(name, records)| entity(name, records)).collect()
}

fn entity(name: String, mut records: Vec<BTreeMap<String, Datum>>) -> Table {
    let names: std::collections::BTreeSet<String> = records.iter().flat_map(|record| record.keys().cloned()).collect();
    let columns: Vec<String> = names.into_iter().collect();
    let rows = records
        .iter_mut()
        .map(|record| columns.iter().map(|column| record.remove(column).unwrap_or(Datum::Missing)).collect())
        .collect();
    Table { name, prefix: String::new(), class: String::new(), entity: true, columns, rows }
}
