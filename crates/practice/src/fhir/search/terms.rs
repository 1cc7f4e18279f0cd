//! What a resource is found by.

use std::collections::BTreeSet;

use model::{Term, words};

use crate::fhir::dates::{self, Exactness};
use crate::fhir::json::Node;
use crate::fhir::{Resource, Type};

/// The searchable values of a resource, each once: folded words, identifiers, dates, references.
pub fn terms(resource: &Resource) -> Vec<Term> {
    let root = resource.root();
    let mut found = BTreeSet::new();
    match resource.of() {
        Type::Patient => {
            names(root, &mut found);
            identifiers(root, "identifier", &mut found);
            date(root, "birthDate", "birthdate", "birthdate-partial", &mut found);
        }
        Type::Practitioner => {
            names(root, &mut found);
            identifiers(root, "identifier", &mut found);
        }
        Type::DocumentReference => {
            for reference in root.follow(&["subject", "reference"]).into_iter().filter_map(Node::text) {
                found.insert(("subject", reference.into_owned()));
            }
            identifiers(root, "masterIdentifier", &mut found);
            identifiers(root, "identifier", &mut found);
            date(root, "date", "date", "date-partial", &mut found);
        }
        Type::Binary => {}
    }
    found.into_iter().map(|(field, value)| Term { field, value }).collect()
}

type Found = BTreeSet<(&'static str, String)>;

/// Words of the name as text are kept apart, and only where the parts do not hold them already.
fn names(root: Node<'_>, found: &mut Found) {
    for (part, field) in [("family", "family"), ("given", "given")] {
        for value in root.follow(&["name", part]).into_iter().filter_map(Node::text) {
            found.extend(words(&value).into_iter().map(|word| (field, word)));
        }
    }
    for value in root.follow(&["name", "text"]).into_iter().filter_map(Node::text) {
        for word in words(&value) {
            if !found.contains(&("family", word.clone())) && !found.contains(&("given", word.clone())) {
                found.insert(("name", word));
            }
        }
    }
}

fn identifiers(root: Node<'_>, member: &str, found: &mut Found) {
    for identifier in root.follow(&[member]) {
        let Some(value) = identifier.member_text("value") else { continue };
        let system = identifier.member_text("system").unwrap_or_default();
        found.insert(("identifier", token(None, &value)));
        found.insert(("identifier", token(Some(&system), &value)));
    }
}

/// A token as a term: the value alone, or behind its system and a bar. Case does not count.
pub(super) fn token(system: Option<&str>, value: &str) -> String {
    match system {
        Some(system) => format!("{system}|{}", value.to_lowercase()),
        None => value.to_lowercase(),
    }
}

fn date(root: Node<'_>, member: &str, field: &'static str, partial: &'static str, found: &mut Found) {
    let Some(text) = root.member_text(member) else { return };
    let Ok(date) = dates::read(&text) else { return };
    match date.exactness {
        Exactness::Year | Exactness::Month => {
            found.insert((field, text.clone().into_owned()));
            found.insert((partial, text.into_owned()));
        }
        Exactness::Day => {
            found.insert((field, text.into_owned()));
        }
        Exactness::Moment => {
            if let Some(day) = dates::day_of(date.moments.from) {
                found.insert((field, day.to_string()));
            }
        }
    }
}
