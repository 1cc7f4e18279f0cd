use model::{Refusal, RefusalKind, Time};

use super::birth::Birth;
use super::nhs_number::{self, NhsNumber};
use super::rewrite::{Change, list_with, object_with};
use super::view::{joined, pick, rank};
use crate::fhir::json::{Node, object, quoted};
use crate::fhir::{Resource, Type};

/// What the desk keeps about a patient: the parts of the resource that the form shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// The title, or nothing.
    pub title: String,
    /// All given names, or nothing.
    pub given: String,
    /// The family name.
    pub family: String,
    /// The date of birth.
    pub born: Option<Birth>,
    /// The administrative gender (FHIR), or nothing.
    pub gender: String,
    /// The NHS number.
    pub nhs_number: Option<NhsNumber>,
    /// A telephone number, or nothing.
    pub phone: String,
    /// An e-mail address, or nothing.
    pub email: String,
    /// Lines of the address, joined by line ends.
    pub lines: String,
    /// The town.
    pub town: String,
    /// The postcode.
    pub postcode: String,
}

impl Details {
    /// Reads them from a resource.
    pub fn of(resource: &Resource) -> Self {
        let root = resource.root();
        let name = name(root).map(|(_, node)| node);
        let part = |part: &str| name.map(|name| joined(name, part, " ")).unwrap_or_default();
        let home = home(root).map(|(_, node)| node);
        let text = |node: Option<Node<'_>>, name: &str| {
            node.and_then(|node| node.member_text(name)).unwrap_or_default().into_owned()
        };
        let number = number(root).map(|(_, node)| node);
        Self {
            title: part("prefix"),
            given: part("given"),
            family: part("family"),
            born: Birth::read(&text(Some(root), "birthDate")),
            gender: text(Some(root), "gender"),
            nhs_number: NhsNumber::parse(&text(number, "value")).ok(),
            phone: text(telecom(root, "phone").map(|(_, node)| node), "value"),
            email: text(telecom(root, "email").map(|(_, node)| node), "value"),
            lines: home.map(|home| joined(home, "line", "\n")).unwrap_or_default(),
            town: text(home, "city"),
            postcode: text(home, "postalCode"),
        }
    }

    /// Whether they can be those of somebody who is here now.
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        match self.born.as_ref().map(|born| born.check(now)) {
            Some(Err(words)) => Err(Refusal::new(RefusalKind::Invalid, words.clone()).at("born", words)),
            _ => Ok(()),
        }
    }

    /// The text of a new patient.
    pub fn begin(&self) -> String {
        let empty = object(|patient| {
            patient.text("resourceType", Type::Patient.name());
            patient.truth("active", true);
        });
        match Resource::kept(&empty) {
            Ok(resource) => self.write_into(&resource),
            Err(_) => empty,
        }
    }

    /// The text of the resource with these details. What they do not change keeps its text, whatever it is.
    pub fn write_into(&self, resource: &Resource) -> String {
        let root = resource.root();
        let was = Self::of(resource);
        let mut changes: Vec<Change<'_>> = Vec::new();
        if (&was.title, &was.given, &was.family) != (&self.title, &self.given, &self.family) {
            changes.push(("name", self.names(root, &was)));
        }
        if was.born != self.born {
            changes.push(("birthDate", self.born.as_ref().map(|born| quoted(born.as_str()))));
            changes.push(("_birthDate", None));
        }
        if was.gender != self.gender {
            changes.push(("gender", (!self.gender.is_empty()).then(|| quoted(&self.gender))));
        }
        if was.nhs_number != self.nhs_number {
            changes.push(("identifier", self.identifiers(root)));
        }
        if (&was.phone, &was.email) != (&self.phone, &self.email) {
            changes.push(("telecom", self.telecoms(root, &was)));
        }
        if (&was.lines, &was.town, &was.postcode) != (&self.lines, &self.town, &self.postcode) {
            changes.push(("address", self.addresses(root, &was)));
        }
        // A narrative would go on telling what was.
        if !changes.is_empty() {
            changes.push(("text", None));
        }
        object_with(Some(root), &changes)
    }

    fn names(&self, root: Node<'_>, was: &Self) -> Option<String> {
        let found = name(root);
        let mut changes: Vec<Change<'_>> = vec![("text", None)];
        if found.is_none() {
            changes.push(("use", Some(quoted("official"))));
        }
        if was.family != self.family {
            changes.push(("family", maybe(&self.family)));
            changes.push(("_family", None));
        }
        if was.given != self.given {
            changes.push(("given", words(&self.given)));
            changes.push(("_given", None));
        }
        if was.title != self.title {
            changes.push(("prefix", words(&self.title)));
            changes.push(("_prefix", None));
        }
        let name = object_with(found.map(|(_, node)| node), &changes);
        list_with(root.member("name"), found.map(|(at, _)| at), Some(name))
    }

    fn identifiers(&self, root: Node<'_>) -> Option<String> {
        let found = number(root);
        let item = self.nhs_number.as_ref().map(|number| {
            let mut changes: Vec<Change<'_>> = vec![("value", Some(quoted(number.as_str()))), ("_value", None)];
            if found.is_none() {
                changes.push(("system", Some(quoted(nhs_number::SYSTEM))));
            }
            object_with(found.map(|(_, node)| node), &changes)
        });
        list_with(root.member("identifier"), found.map(|(at, _)| at), item)
    }

    /// Phone and e-mail one after the other, since each may add, change or take away an item.
    fn telecoms(&self, root: Node<'_>, was: &Self) -> Option<String> {
        let mut list = root.member("telecom").map(|list| list.raw().to_owned());
        for (system, before, after) in [("phone", &was.phone, &self.phone), ("email", &was.email, &self.email)] {
            if before == after {
                continue;
            }
            let whole = object(|holder| {
                holder.text("resourceType", Type::Patient.name());
                if let Some(list) = &list {
                    holder.raw("telecom", list);
                }
            });
            let Ok(holder) = Resource::kept(&whole) else { return list };
            let found = telecom(holder.root(), system);
            let item = (!after.is_empty()).then(|| {
                let mut changes: Vec<Change<'_>> = vec![("value", Some(quoted(after)))];
                if found.is_none() {
                    changes.insert(0, ("system", Some(quoted(system))));
                }
                object_with(found.map(|(_, node)| node), &changes)
            });
            list = list_with(holder.root().member("telecom"), found.map(|(at, _)| at), item);
        }
        list
    }

    fn addresses(&self, root: Node<'_>, was: &Self) -> Option<String> {
        let found = home(root);
        if [&self.lines, &self.town, &self.postcode].into_iter().all(String::is_empty) {
            return list_with(root.member("address"), found.map(|(at, _)| at), None);
        }
        let mut changes: Vec<Change<'_>> = vec![("text", None)];
        if found.is_none() {
            changes.push(("use", Some(quoted("home"))));
        }
        if was.lines != self.lines {
            changes.push(("line", list(self.lines.lines())));
            changes.push(("_line", None));
        }
        if was.town != self.town {
            changes.push(("city", maybe(&self.town)));
        }
        if was.postcode != self.postcode {
            changes.push(("postalCode", maybe(&self.postcode)));
        }
        let address = object_with(found.map(|(_, node)| node), &changes);
        list_with(root.member("address"), found.map(|(at, _)| at), Some(address))
    }
}

fn name(root: Node<'_>) -> Option<(usize, Node<'_>)> {
    pick(root, "name", |name| rank(name, &["official", "usual", ""]))
}

fn home(root: Node<'_>) -> Option<(usize, Node<'_>)> {
    pick(root, "address", |address| rank(address, &["home", ""]))
}

/// The first of that system, which is also the one that pages show first.
fn telecom<'d>(root: Node<'d>, system: &str) -> Option<(usize, Node<'d>)> {
    pick(root, "telecom", |telecom| {
        let is = telecom.member_text("system").is_some_and(|found| found == system);
        is.then(|| rank(telecom, &[]))?
    })
}

fn number(root: Node<'_>) -> Option<(usize, Node<'_>)> {
    pick(root, "identifier", |identifier| {
        identifier.member_text("system").is_some_and(|system| system == nhs_number::SYSTEM).then_some(0)
    })
}

fn maybe(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| quoted(text))
}

fn words(text: &str) -> Option<String> {
    list(text.split_whitespace())
}

fn list<'t>(items: impl Iterator<Item = &'t str>) -> Option<String> {
    let items: Vec<String> = items.map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
    (!items.is_empty()).then(|| format!("[{}]", items.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RICH: &str = r#"{"resourceType":"Patient","id":"p-1","extension":[{"url":"https://x.example/w","valueDecimal":1.50}],"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">old</div>"},"identifier":[{"system":"https://x.example/local","value":"7"},{"use":"official","system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"}],"name":[{"use":"old","family":"Maiden"},{"use":"official","text":"Ms Ada Okonkwo","family":"Okonkwo","given":["Ada","May"],"prefix":["Ms"],"period":{"start":"2010"}}],"telecom":[{"system":"phone","value":"01632 960001","use":"home","rank":2}],"birthDate":"1988-03-04","address":[{"use":"home","line":["1 High Street"],"city":"Haverbridge"}]}"#;

    fn now() -> Time {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_new_patient_is_valid_and_reads_back() {
        let details = Details {
            title: "Ms".into(),
            given: "Ada May".into(),
            family: "O'Brien \"Q\"".into(),
            born: Birth::read("1988-03-04"),
            gender: "female".into(),
            nhs_number: NhsNumber::parse("943 476 5919").ok(),
            phone: "01632 960001".into(),
            email: "ada@example.org".into(),
            lines: "1 High Street\nFlat 2".into(),
            town: "Haverbridge".into(),
            postcode: "QZ1 1AA".into(),
        };
        let resource = Resource::read(details.begin().as_bytes(), now()).unwrap();
        assert_eq!(Details::of(&resource), details);
    }

    #[test]
    fn details_that_change_nothing_leave_every_byte() {
        let resource = Resource::kept(RICH).unwrap();
        assert_eq!(Details::of(&resource).write_into(&resource), RICH);
    }

    #[test]
    fn a_changed_detail_leaves_all_others_and_what_it_does_not_know() {
        let resource = Resource::kept(RICH).unwrap();
        let details = Details {
            family: "Okafor".into(),
            phone: String::new(),
            email: "a@example.org".into(),
            ..Details::of(&resource)
        };
        let text = details.write_into(&resource);
        let changed = Resource::read(text.as_bytes(), now()).unwrap();
        assert_eq!(Details::of(&changed), details);
        for kept in ["1.50", "\"Maiden\"", "\"start\":\"2010\"", "\"line\":[\"1 High Street\"]", "\"value\":\"7\""] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
        for gone in ["Ms Ada Okonkwo", "01632 960001", ">old<"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }

    #[test]
    fn a_birth_that_lies_ahead_is_refused_at_its_field() {
        let details = Details { born: Birth::read("2027-01-01"), ..Details::default() };
        assert_eq!(details.check(now()).unwrap_err().problems[0].path, "born");
    }
}
