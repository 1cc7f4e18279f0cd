//! The shape of a USDM 4.0 document: classes, attributes, types, as the published API schema has them.

use serde_json::Value;

use crate::design::finding::{Notes, Severity, U1_SHAPE};
use crate::design::standards::{Attribute, Standards, standards};

/// Deeper documents are not walked further: the class model is far shallower.
const DEPTH_MAX: usize = 60;

pub(crate) fn check(document: &Value, notes: &mut Notes) {
    Walk { tables: standards(), notes }.object(document, "Wrapper", "", 0);
}

struct Walk<'a> {
    tables: &'static Standards,
    notes: &'a mut Notes,
}

impl Walk<'_> {
    fn object(&mut self, value: &Value, class: &str, path: &str, depth: usize) {
        let Some(attributes) = self.tables.classes.get(class).filter(|_| depth < DEPTH_MAX) else { return };
        let Some(fields) = value.as_object() else {
            return self.wrong(path, format!("A {class} is expected here."));
        };
        for attribute in attributes {
            let here = || format!("{path}/{}", attribute.name);
            match fields.get(&attribute.name) {
                None if attribute.required => self.wrong(&here(), format!("A {class} must have {}.", attribute.name)),
                None => {}
                Some(Value::Null) if attribute.nullable => {}
                Some(value) => self.attribute(value, attribute, &here(), depth),
            }
        }
        for name in fields.keys() {
            if !attributes.iter().any(|attribute| attribute.name == *name) {
                let words = format!("USDM 4.0 knows no attribute {} of {class}; it is kept and not used.", shown(name));
                self.notes.find(U1_SHAPE, Severity::Note, format!("{path}/{}", shown(name)), words);
            }
        }
    }

    fn attribute(&mut self, value: &Value, attribute: &Attribute, path: &str, depth: usize) {
        match (value, attribute.many) {
            (Value::Array(items), true) => {
                for (at, item) in items.iter().enumerate() {
                    self.one(item, attribute, &format!("{path}/{at}"), depth);
                }
            }
            (_, true) => self.wrong(path, "A list is expected here.".to_owned()),
            (value, false) => self.one(value, attribute, path, depth),
        }
    }

    fn one(&mut self, value: &Value, attribute: &Attribute, path: &str, depth: usize) {
        let kind = attribute.kinds.first().map_or("", String::as_str);
        let right = match kind {
            "string" => match value {
                Value::String(text) if text.chars().count() < attribute.length_min => {
                    return self.wrong(path, format!("{} must not be empty.", attribute.name));
                }
                value => value.is_string(),
            },
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "number" => value.is_number(),
            constant if constant.starts_with("const:") => value.as_str() == constant.get(6..),
            "" => true,
            class => {
                let named = value.get("instanceType").and_then(Value::as_str).unwrap_or("");
                let class = attribute.kinds.iter().find(|kind| *kind == named).map_or(class, String::as_str);
                return self.object(value, class, path, depth + 1);
            }
        };
        if !right {
            self.wrong(path, format!("{} must be a {}.", attribute.name, kind.trim_start_matches("const:")));
        }
    }

    fn wrong(&mut self, path: &str, words: String) {
        self.notes.find(U1_SHAPE, Severity::Error, path, words);
    }
}

/// A foreign name, short enough to show.
fn shown(name: &str) -> String {
    crate::design::words::squeeze(name).chars().take(60).collect()
}
