//! Every object of the document with its class, its place and the object that holds it.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// One object of a class.
pub(crate) struct Item<'a> {
    pub(crate) at: usize,
    pub(crate) value: &'a Map<String, Value>,
    pub(crate) class: &'a str,
    pub(crate) id: &'a str,
    pub(crate) path: String,
    /// The object that holds it, and the attribute that it stands in.
    pub(crate) parent: Option<usize>,
    pub(crate) slot: &'a str,
}

static EMPTY: Vec<Value> = Vec::new();

impl<'a> Item<'a> {
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default().trim()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value.get(name).and_then(Value::as_bool)
    }

    /// Whether there is anything in the attribute: not null, not empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self.value.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            Some(Value::Object(object)) => !object.is_empty(),
            Some(_) => true,
        }
    }

    pub(crate) fn list(&self, name: &str) -> &'a [Value] {
        self.value.get(name).and_then(Value::as_array).unwrap_or(&EMPTY)
    }

    /// The texts of a list, or the one text of a single attribute.
    pub(crate) fn ids(&self, name: &str) -> Vec<&'a str> {
        match self.value.get(name) {
            Some(Value::String(id)) if !id.is_empty() => vec![id],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).filter(|id| !id.is_empty()).collect(),
            _ => Vec::new(),
        }
    }

    /// The codes in an attribute: a code, the standard code of an alias, or a list of either.
    pub(crate) fn codes(&self, name: &str) -> Vec<Code<'a>> {
        match self.value.get(name) {
            Some(Value::Array(list)) => list.iter().filter_map(code).collect(),
            Some(value) => code(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub(crate) fn child(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.value.get(name).and_then(Value::as_object)
    }
}

/// A code and its words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Code<'a> {
    pub(crate) code: &'a str,
    pub(crate) decode: &'a str,
    pub(crate) system: &'a str,
    pub(crate) version: &'a str,
}

pub(crate) fn code(value: &Value) -> Option<Code<'_>> {
    let object = value.as_object()?;
    if let Some(inner) = object.get("standardCode") {
        return code(inner);
    }
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let code = Code {
        code: text("code"),
        decode: text("decode"),
        system: text("codeSystem"),
        version: text("codeSystemVersion"),
    };
    (!code.code.is_empty() || !code.decode.is_empty()).then_some(code)
}

/// The whole document.
pub(crate) struct Graph<'a> {
    pub(crate) items: Vec<Item<'a>>,
    by_id: HashMap<&'a str, usize>,
    by_class: HashMap<&'a str, Vec<usize>>,
    children: HashMap<usize, Vec<usize>>,
}

const DEPTH_MAX: usize = 60;

impl<'a> Graph<'a> {
    pub(crate) fn new(document: &'a Value) -> Graph<'a> {
        let mut graph =
            Graph { items: Vec::new(), by_id: HashMap::new(), by_class: HashMap::new(), children: HashMap::new() };
        graph.walk(document, String::new(), None, "", 0);
        graph
    }

    fn walk(&mut self, value: &'a Value, path: String, parent: Option<usize>, slot: &'a str, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match value {
            Value::Array(list) => {
                for (at, value) in list.iter().enumerate() {
                    self.walk(value, format!("{path}/{at}"), parent, slot, depth + 1);
                }
            }
            Value::Object(object) => {
                let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
                let (class, id) = (text("instanceType"), text("id"));
                let mut holder = parent;
                if !class.is_empty() {
                    let at = self.items.len();
                    self.items.push(Item { at, value: object, class, id, path: path.clone(), parent, slot });
                    self.by_class.entry(class).or_default().push(at);
                    if !id.is_empty() {
                        self.by_id.entry(id).or_insert(at);
                    }
                    if let Some(parent) = parent {
                        self.children.entry(parent).or_default().push(at);
                    }
                    holder = Some(at);
                }
                for (name, value) in object {
                    if matches!(value, Value::Array(_) | Value::Object(_)) {
                        let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
                        self.walk(value, format!("{path}/{shown}"), holder, name, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// Every object of the classes.
    pub(crate) fn of<'g>(&'g self, classes: &'g [&str]) -> impl Iterator<Item = &'g Item<'a>> + use<'g, 'a> {
        classes
            .iter()
            .flat_map(|class| self.by_class.get(*class).map_or(&[] as &[usize], Vec::as_slice))
            .filter_map(|at| self.items.get(*at))
    }

    pub(crate) fn named(&self, id: &str) -> Option<&Item<'a>> {
        self.by_id.get(id).and_then(|at| self.items.get(*at))
    }

    /// The object with the id, when it is of one of the classes.
    pub(crate) fn named_as(&self, id: &str, classes: &[&str]) -> Option<&Item<'a>> {
        self.named(id).filter(|item| classes.contains(&item.class))
    }

    pub(crate) fn parent(&self, item: &Item<'a>) -> Option<&Item<'a>> {
        item.parent.and_then(|at| self.items.get(at))
    }

    /// The nearest object around an item that is of one of the classes.
    pub(crate) fn around(&self, item: &Item<'a>, classes: &[&str]) -> Option<&Item<'a>> {
        let mut next = self.parent(item);
        while let Some(item) = next {
            if classes.contains(&item.class) {
                return Some(item);
            }
            next = self.parent(item);
        }
        None
    }

    /// The objects that stand in an attribute of an item.
    pub(crate) fn within<'g>(
        &'g self,
        item: &Item<'a>,
        slot: &'g str,
    ) -> impl Iterator<Item = &'g Item<'a>> + use<'g, 'a> {
        let children = self.children.get(&item.at).map_or(&[] as &[usize], Vec::as_slice);
        children.iter().filter_map(|at| self.items.get(*at)).filter(move |child| child.slot == slot)
    }

    /// Every object below an item of one of the classes.
    pub(crate) fn below<'g>(&'g self, item: &Item<'a>, classes: &'g [&str]) -> Vec<&'g Item<'a>> {
        let own = item.at;
        self.of(classes).filter(|one| self.is_within(one, own)).collect()
    }

    fn is_within(&self, item: &Item<'a>, holder: usize) -> bool {
        let mut next = item.parent;
        while let Some(at) = next {
            if at == holder {
                return true;
            }
            next = self.items.get(at).and_then(|item| item.parent);
        }
        false
    }
}

/// The two kinds of study design.
pub(crate) const DESIGNS: [&str; 2] = ["InterventionalStudyDesign", "ObservationalStudyDesign"];
/// The two kinds of scheduled instances.
pub(crate) const INSTANCES: [&str; 2] = ["ScheduledActivityInstance", "ScheduledDecisionInstance"];
