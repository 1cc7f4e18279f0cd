//! A place in a JSON document that may be missing or of the wrong type, and knows its path.

use serde_json::Value;

use super::model::{Coded, Named, Quantity};
use crate::design::words::{plain, squeeze};

static NULL: Value = Value::Null;

/// A value and its JSON pointer.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(crate) value: &'a Value,
    pub(crate) path: String,
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Node<'a> {
        Node { value, path: String::new() }
    }

    pub(crate) fn child(&self, name: &str) -> Node<'a> {
        Node { value: self.value.get(name).unwrap_or(&NULL), path: format!("{}/{name}", self.path) }
    }

    pub(crate) fn exists(&self) -> bool {
        !self.value.is_null()
    }

    /// The elements of an array; a lone object counts as an array of one, anything else as empty.
    pub(crate) fn list(&self, name: &str) -> Vec<Node<'a>> {
        let child = self.child(name);
        match child.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter(|(_, value)| !value.is_null())
                .map(|(at, value)| Node { value, path: format!("{}/{at}", child.path) })
                .collect(),
            Value::Object(_) => vec![child],
            _ => Vec::new(),
        }
    }

    /// A string, or a number as text, without surrounding space; empty when it is anything else.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.value.get(name) {
            Some(Value::String(text)) => squeeze(text),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A string as written, for words that may hold markup.
    pub(crate) fn raw(&self, name: &str) -> &'a str {
        self.value.get(name).and_then(Value::as_str).unwrap_or("")
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.value.get(name).and_then(Value::as_f64).filter(|number| number.is_finite())
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.value.get(name).and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        items.iter().filter_map(Value::as_str).map(squeeze).filter(|text| !text.is_empty()).collect()
    }

    pub(crate) fn named(&self) -> Named {
        Named {
            id: self.text("id"),
            name: plain(self.raw("name")),
            label: plain(self.raw("label")),
            description: plain(self.raw("description")),
            path: self.path.clone(),
        }
    }

    fn coded_here(&self) -> Option<Coded> {
        let inner = if self.child("standardCode").exists() { self.child("standardCode") } else { self.clone() };
        let coded = Coded {
            code: inner.text("code"),
            decode: plain(inner.raw("decode")),
            system: inner.text("codeSystem"),
            version: inner.text("codeSystemVersion"),
        };
        (!coded.code.is_empty() || !coded.decode.is_empty()).then_some(coded)
    }

    /// A `Code`, or the standard code of an `AliasCode`.
    pub(crate) fn code(&self, name: &str) -> Option<Coded> {
        self.child(name).coded_here()
    }

    pub(crate) fn codes(&self, name: &str) -> Vec<Coded> {
        self.list(name).iter().filter_map(Node::coded_here).collect()
    }

    pub(crate) fn quantity(&self, name: &str) -> Option<Quantity> {
        let child = self.child(name);
        let value = child.number("value")?;
        Some(Quantity { value, unit: child.code("unit").unwrap_or_default() })
    }
}
