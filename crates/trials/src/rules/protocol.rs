//! A protocol as it is edited: the whole USDM document, of which only what somebody changes changes.

use std::collections::{HashMap, HashSet};

use model::{Refusal, RefusalKind};
use serde_json::{Map, Value, json};

/// Documents beyond this size are not taken: one record of the vault holds a protocol.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;

const VERSION: &str = "/study/versions/0";
const DESIGN: &str = "/study/versions/0/studyDesigns/0";

/// A USDM document that has a study design.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    document: Value,
}

impl Protocol {
    /// Reads a document. What can be read and has no design is refused; every other defect is for the findings.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > BYTES_MAX {
            let words = format!(
                "The document has {:.1} MB. A protocol may have {} MB.",
                bytes.len() as f64 / 1e6,
                BYTES_MAX / (1024 * 1024)
            );
            return Err(Refusal::new(RefusalKind::TooLarge, words));
        }
        let document: Value = serde_json::from_slice(bytes).map_err(|error| {
            let words = format!(
                "This is not JSON: at line {}, column {}, {}.",
                error.line(),
                error.column(),
                if error.is_eof() { "it ends before it is whole" } else { "something stands that JSON does not allow" }
            );
            Refusal::new(RefusalKind::Invalid, words)
        })?;
        for (place, words) in [
            ("/study", "The document has no “study”. Bring a USDM wrapper: {\"study\": …, \"usdmVersion\": …}."),
            (VERSION, "The study has no version: “study.versions” is missing or empty."),
            (DESIGN, "The study has no design: “studyDesigns” is missing or empty."),
        ] {
            if !document.pointer(place).is_some_and(Value::is_object) {
                return Err(Refusal::new(RefusalKind::Invalid, words));
            }
        }
        Ok(Self { document })
    }

    pub(crate) fn of(document: Value) -> Self {
        Self { document }
    }

    /// The document as it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.document).unwrap_or_default()
    }

    /// The study version.
    pub fn version(&self) -> &Value {
        self.document.pointer(VERSION).unwrap_or(&Value::Null)
    }

    /// The first study design.
    pub fn design(&self) -> &Value {
        self.document.pointer(DESIGN).unwrap_or(&Value::Null)
    }

    pub(crate) fn version_mut(&mut self) -> Result<&mut Value, Refusal> {
        self.document.pointer_mut(VERSION).ok_or_else(gone)
    }

    pub(crate) fn design_mut(&mut self) -> Result<&mut Value, Refusal> {
        self.document.pointer_mut(DESIGN).ok_or_else(gone)
    }

    /// A list of the design in the order of its chain, to be changed.
    pub(crate) fn list_mut(&mut self, name: &str) -> Result<&mut Vec<Value>, Refusal> {
        let list = items_mut(self.design_mut()?, name)?;
        settle(list);
        Ok(list)
    }

    /// The main timeline, to be changed.
    pub(crate) fn timeline_mut(&mut self) -> Result<&mut Value, Refusal> {
        let all = items_mut(self.design_mut()?, "scheduleTimelines")?;
        let main = all.iter().position(|one| one.get("mainTimeline") == Some(&Value::Bool(true))).unwrap_or(0);
        all.get_mut(main).ok_or_else(|| {
            Refusal::new(RefusalKind::Invalid, "The design has no timeline, so there is no schedule to change.")
        })
    }

    /// A list of the design in the order of its chain, such as `encounters`.
    pub fn listed(&self, name: &str) -> Vec<&Value> {
        let items = items(self.design(), name);
        chain(items).into_iter().filter_map(|at| items.get(at)).collect()
    }

    /// What the sponsor calls the study.
    pub fn identifier(&self) -> String {
        let sponsors: HashSet<&str> = items(self.version(), "organizations")
            .iter()
            .filter(|one| at(one, "/type/code") == "C70793")
            .map(|one| text(one, "id"))
            .collect();
        let all = items(self.version(), "studyIdentifiers");
        let sponsored = all.iter().find(|one| sponsors.contains(text(one, "scopeId")));
        let found = sponsored.or(all.first()).map_or("", |one| text(one, "text"));
        if found.is_empty() { at(&self.document, "/study/name").to_owned() } else { found.to_owned() }
    }

    /// The official title, or another, or the name.
    pub fn title(&self) -> String {
        let titles = items(self.version(), "titles");
        let official = titles.iter().find(|one| at(one, "/type/decode").to_lowercase().contains("official"));
        let found = official.or(titles.first()).map_or("", |one| text(one, "text"));
        let found = if found.is_empty() { at(&self.document, "/study/name") } else { found };
        if found.is_empty() { "A study without a title".to_owned() } else { found.to_owned() }
    }

    /// Ids that nothing in the document has yet, each `PREFIX_N`.
    pub(crate) fn minter(&self) -> Minter {
        let mut taken = HashSet::new();
        walk(&self.document, &mut |map| {
            if let Some(id) = map.get("id").and_then(Value::as_str) {
                taken.insert(id.to_owned());
            }
        });
        Minter { taken, next: HashMap::new() }
    }

    /// Takes every reference to an id out of the document.
    pub(crate) fn forget(&mut self, id: &str) {
        walk_mut(&mut self.document, &mut |map| {
            for (name, value) in map.iter_mut() {
                if name.ends_with("Ids")
                    && let Some(list) = value.as_array_mut()
                {
                    list.retain(|one| one.as_str() != Some(id));
                } else if name.ends_with("Id") && name != "criterionItemId" && value.as_str() == Some(id) {
                    *value = Value::Null;
                }
            }
        });
    }
}

/// Makes ids.
pub(crate) struct Minter {
    taken: HashSet<String>,
    next: HashMap<String, usize>,
}

impl Minter {
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let next = self.next.entry(prefix.to_owned()).or_insert(1);
        loop {
            let id = format!("{prefix}_{next}");
            *next += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }

    pub(crate) fn code(&mut self, code: &str, decode: &str) -> Value {
        json!({ "id": self.id("Code"), "extensionAttributes": [], "code": code, "codeSystem": "http://www.cdisc.org",
            "codeSystemVersion": "2024-09-27", "decode": decode, "instanceType": "Code" })
    }
}

fn walk(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|value| walk(value, visit));
        }
        Value::Array(list) => list.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

fn walk_mut(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            visit(map);
            map.values_mut().for_each(|value| walk_mut(value, visit));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| walk_mut(value, visit)),
        _ => {}
    }
}

/// The members of a list, none if it is no list.
pub fn items<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list to be changed, made if it is not there.
pub(crate) fn items_mut<'v>(of: &'v mut Value, name: &str) -> Result<&'v mut Vec<Value>, Refusal> {
    let map = of.as_object_mut().ok_or_else(misshapen)?;
    let place = map.entry(name.to_owned()).or_insert(Value::Null);
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    place.as_array_mut().ok_or_else(misshapen)
}

/// The member of a list with this id.
pub(crate) fn with_id<'v>(items: &'v mut [Value], id: &str) -> Result<&'v mut Map<String, Value>, Refusal> {
    items.iter_mut().find(|one| text(one, "id") == id).and_then(Value::as_object_mut).ok_or_else(gone)
}

/// Writes one member.
pub(crate) fn put(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    map.insert(name.to_owned(), value.into());
}

/// What is to be changed is not there any more.
pub(crate) fn gone() -> Refusal {
    let words = "What you wanted to change is not in the study any more. Open the page again and look.";
    Refusal::new(RefusalKind::Conflict, words)
}

fn misshapen() -> Refusal {
    let words = "This part of the document is not built as USDM says, so it cannot be changed here. The findings name the place.";
    Refusal::new(RefusalKind::Invalid, words)
}

/// The words of a member, empty where there are none.
pub fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The words at a pointer, empty where there are none.
pub fn at<'v>(of: &'v Value, pointer: &str) -> &'v str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// What people call a part: its label, or its name where that is empty.
pub fn title(of: &Value) -> &str {
    let label = text(of, "label");
    if label.is_empty() { text(of, "name") } else { label }
}

/// The ids in a list of ids.
pub fn ids<'v>(of: &'v Value, name: &str) -> impl Iterator<Item = &'v str> {
    items(of, name).iter().filter_map(Value::as_str)
}

/// The order that `previousId` and `nextId` say, or that of the list where they do not say one.
pub(crate) fn chain(items: &[Value]) -> Vec<usize> {
    let at: HashMap<&str, usize> = items.iter().enumerate().map(|(at, item)| (text(item, "id"), at)).collect();
    let mut heads = items.iter().enumerate().filter(|(_, item)| text(item, "previousId").is_empty());
    let (Some((head, _)), None) = (heads.next(), heads.next()) else { return (0..items.len()).collect() };
    let mut order = vec![head];
    let mut seen = HashSet::from([head]);
    let mut here = head;
    while let Some(next) = items.get(here).and_then(|item| at.get(text(item, "nextId")).copied()) {
        if !seen.insert(next) {
            break;
        }
        order.push(next);
        here = next;
    }
    if order.len() == items.len() { order } else { (0..items.len()).collect() }
}

/// Writes the order of a list into `previousId` and `nextId`.
pub(crate) fn relink(items: &mut [Value]) {
    let ids: Vec<Value> = items.iter().map(|item| item.get("id").cloned().unwrap_or(Value::Null)).collect();
    for (at, item) in items.iter_mut().enumerate() {
        let Some(map) = item.as_object_mut() else { continue };
        let before = at.checked_sub(1).and_then(|at| ids.get(at)).cloned().unwrap_or(Value::Null);
        map.insert("previousId".to_owned(), before);
        map.insert("nextId".to_owned(), ids.get(at + 1).cloned().unwrap_or(Value::Null));
    }
}

/// Puts a list in the order of its chain, so that both say the same from now on.
pub(crate) fn settle(items: &mut Vec<Value>) {
    let order = chain(items);
    let mut old: Vec<Option<Value>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| old.get_mut(at).and_then(Option::take)));
}
