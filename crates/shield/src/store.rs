//! The variables that rules set.

use crate::program::Names;
use std::collections::HashMap;
use std::sync::Arc;

/// A number or a text.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Number(i64),
    Text(Arc<[u8]>),
}

impl Held {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let is_number = (1..=15).contains(&digits.len())
            && digits.iter().all(u8::is_ascii_digit)
            && (digits.len() == 1 || digits.first() != Some(&b'0'));
        if is_number { Self::Number(crate::operator::integer(bytes)) } else { Self::Text(bytes.into()) }
    }

    pub(crate) fn number(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => crate::operator::integer(text),
        }
    }
}

/// Transaction variables by slot, those with made-up names by name, and the other collections.
#[derive(Clone, Default)]
pub(crate) struct Store {
    slots: Vec<Option<Held>>,
    loose: HashMap<Vec<u8>, Held>,
    others: HashMap<Vec<u8>, Held>,
}

impl Store {
    pub(crate) fn new(names: &Names) -> Self {
        Self { slots: vec![None; names.len()], ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn slot(&self, slot: usize) -> Option<&Held> {
        self.slots.get(slot).and_then(Option::as_ref)
    }

    pub(crate) fn put(&mut self, slot: usize, held: Option<Held>) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = held;
        }
    }

    pub(crate) fn named(&self, name: &[u8], names: &Names) -> Option<&Held> {
        match names.find(name) {
            Some(slot) => self.slot(slot),
            None => self.loose.get(name),
        }
    }

    pub(crate) fn put_named(&mut self, name: Vec<u8>, held: Option<Held>, names: &Names) {
        match (names.find(&name), held) {
            (Some(slot), held) => self.put(slot, held),
            (None, Some(held)) => {
                self.loose.insert(name, held);
            }
            (None, None) => {
                self.loose.remove(&name);
            }
        }
    }

    pub(crate) fn other(&self, name: &[u8]) -> Option<&Held> {
        self.others.get(name)
    }

    pub(crate) fn put_other(&mut self, name: Vec<u8>, held: Option<Held>) {
        match held {
            Some(held) => self.others.insert(name, held),
            None => self.others.remove(&name),
        };
    }

    /// All transaction variables that have a value.
    pub(crate) fn each<'s>(&'s self, names: &'s Names) -> impl Iterator<Item = (&'s [u8], &'s Held)> {
        let slots = self.slots.iter().enumerate().filter_map(|(slot, held)| Some((names.name(slot), held.as_ref()?)));
        let mut loose: Vec<_> = self.loose.iter().map(|(name, held)| (name.as_slice(), held)).collect();
        loose.sort_by_key(|(name, _)| *name);
        slots.chain(loose)
    }

    /// The score, under the names that the rule sets give it.
    pub(crate) fn score(&self, names: &Names) -> i64 {
        let known: [&[u8]; 3] = [b"shield_score", b"blocking_inbound_anomaly_score", b"anomaly_score"];
        let held = |name: &&[u8]| names.find(name).and_then(|slot| self.slot(slot)).map(Held::number);
        known.iter().filter_map(held).max().unwrap_or_default()
    }
}
