use crate::fhir::json::Node;
use crate::fhir::{FhirId, Resource, ids::Target};
use crate::rules::nhs_number;

/// What pages show of a patient or practitioner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The family name.
    pub family: String,
    /// All given names.
    pub given: String,
    /// The title.
    pub title: String,
    /// The name as text, where it has no parts.
    pub text: String,
    /// The date of birth as recorded.
    pub born: String,
    /// The administrative gender, as recorded.
    pub gender: String,
    /// The NHS number, ten digits.
    pub nhs_number: Option<String>,
    /// Other identifiers: system and value.
    pub identifiers: Vec<(String, String)>,
    /// How to reach them: what it is, and the value.
    pub telecoms: Vec<(String, String)>,
    /// Addresses, each line by line.
    pub addresses: Vec<Vec<String>>,
    /// What must be known before treating them.
    pub alerts: Vec<String>,
    /// Others to reach: who they are, name and number.
    pub contacts: Vec<(String, String)>,
    /// Their practitioners here.
    pub practitioners: Vec<FhirId>,
    /// Qualifications, of a practitioner.
    pub qualifications: Vec<String>,
}

impl Person {
    /// Reads what a resource says.
    pub fn of(resource: &Resource) -> Self {
        let root = resource.root();
        let name = pick(root, "name", |name| rank(name, &["official", "usual", ""]));
        let name = name.map(|(_, node)| node);
        let text = |name: &str| root.member_text(name).unwrap_or_default().into_owned();
        let part = |part: &str| name.map(|name| joined(name, part, " ")).unwrap_or_default();
        Self {
            family: part("family"),
            given: part("given"),
            title: part("prefix"),
            text: part("text"),
            born: text("birthDate"),
            gender: text("gender"),
            nhs_number: identifiers(root).find(|(system, _)| system == nhs_number::SYSTEM).map(|(_, value)| value),
            identifiers: identifiers(root).filter(|(system, _)| system != nhs_number::SYSTEM).collect(),
            telecoms: telecoms(root),
            addresses: root.follow(&["address"]).into_iter().map(address).filter(|lines| !lines.is_empty()).collect(),
            alerts: root.follow(&["extension"]).into_iter().filter_map(alert).collect(),
            contacts: root.follow(&["contact"]).into_iter().filter_map(contact).collect(),
            practitioners: practitioners(root),
            qualifications: root.follow(&["qualification", "code"]).into_iter().filter_map(concept).collect(),
        }
    }

    /// The name in natural order, such as `Dr Amara Mensah`.
    pub fn natural(&self) -> String {
        let parts: Vec<&str> = [&self.title, &self.given, &self.family]
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        match parts.is_empty() {
            true if self.text.is_empty() => "Name not recorded".to_owned(),
            true => self.text.clone(),
            false => parts.join(" "),
        }
    }

    /// Whether the name has a family part, which lists and banners put first.
    pub fn has_family(&self) -> bool {
        !self.family.is_empty()
    }
}

/// The item of a list that ranks first, and its place; what ranks `None` is left out.
pub(crate) fn pick<'d>(
    root: Node<'d>,
    list: &str,
    rank: impl Fn(Node<'d>) -> Option<usize>,
) -> Option<(usize, Node<'d>)> {
    let items = root.member(list).into_iter().flat_map(Node::children).enumerate();
    let ranked = items.filter_map(|(at, node)| Some((rank(node)?, at, node)));
    ranked.min_by_key(|(rank, at, _)| (*rank, *at)).map(|(_, at, node)| (at, node))
}

/// The place of the item's `use` among those wanted; others come after them, and what is old never.
pub(crate) fn rank(item: Node<'_>, wanted: &[&str]) -> Option<usize> {
    let usage = item.member_text("use").unwrap_or_default();
    if usage == "old" {
        return None;
    }
    Some(wanted.iter().position(|wanted| *wanted == usage).unwrap_or(wanted.len()))
}

/// All strings of a member, joined.
pub(crate) fn joined(node: Node<'_>, member: &str, between: &str) -> String {
    let texts: Vec<String> =
        node.follow(&[member]).into_iter().filter_map(|node| Some(node.text()?.into_owned())).collect();
    texts.join(between)
}

fn identifiers(root: Node<'_>) -> impl Iterator<Item = (String, String)> {
    root.follow(&["identifier"]).into_iter().filter_map(|identifier| {
        let value = identifier.member_text("value")?.into_owned();
        Some((identifier.member_text("system").unwrap_or_default().into_owned(), value))
    })
}

fn telecoms(root: Node<'_>) -> Vec<(String, String)> {
    let one = |telecom: Node<'_>| {
        rank(telecom, &[])?;
        let value = telecom.member_text("value")?.into_owned();
        let usage = telecom.member_text("use").unwrap_or_default();
        let words = match (&*telecom.member_text("system").unwrap_or_default(), &*usage) {
            ("email", _) => "E-mail",
            ("phone", "mobile") => "Mobile",
            ("phone", "work") => "Work phone",
            ("phone", _) => "Phone",
            ("sms", _) => "Text message",
            ("fax", _) => "Fax",
            ("url", _) => "Web page",
            _ => "Contact",
        };
        Some((words.to_owned(), value))
    };
    root.follow(&["telecom"]).into_iter().filter_map(one).collect()
}

fn address(address: Node<'_>) -> Vec<String> {
    let mut lines: Vec<String> =
        address.follow(&["line"]).into_iter().filter_map(|line| Some(line.text()?.into_owned())).collect();
    for part in ["city", "district", "state", "postalCode"] {
        lines.extend(address.member_text(part).map(|text| text.into_owned()));
    }
    if lines.is_empty() {
        lines.extend(address.member_text("text").map(|text| text.into_owned()));
    }
    lines
}

/// An alert kept as an extension, until allergies and flags are resources of their own here.
fn alert(extension: Node<'_>) -> Option<String> {
    let url = extension.member_text("url")?;
    let words = extension.member_text("valueString")?.into_owned();
    url.ends_with("/medical-alert").then_some(words)
}

fn contact(contact: Node<'_>) -> Option<(String, String)> {
    let relation =
        contact.follow(&["relationship"]).into_iter().find_map(concept).unwrap_or_else(|| "Contact".to_owned());
    let name =
        contact.member("name").map(|name| format!("{} {}", joined(name, "given", " "), joined(name, "family", " ")));
    let phone = contact.follow(&["telecom", "value"]).into_iter().find_map(|value| Some(value.text()?.into_owned()));
    let words: Vec<String> = name.into_iter().chain(phone).map(|words| words.trim().to_owned()).collect();
    (!words.is_empty()).then(|| (relation, words.join(", ")))
}

fn practitioners(root: Node<'_>) -> Vec<FhirId> {
    let references = root.follow(&["generalPractitioner", "reference"]);
    let targets = references.into_iter().filter_map(|reference| Target::relative(&reference.text()?));
    targets.filter(|target| target.of == "Practitioner").map(|target| target.id).collect()
}

/// A concept in words.
pub(crate) fn concept(concept: Node<'_>) -> Option<String> {
    let text = concept.member_text("text").map(|text| text.into_owned());
    text.or_else(|| concept.follow(&["coding", "display"]).into_iter().find_map(|node| Some(node.text()?.into_owned())))
}
