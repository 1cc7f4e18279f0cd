//! Links between the entries of a Bundle, found and rewritten in the text (R4 http, "Transaction Processing
//! Rules": references, addresses of attachments, `uri` values, and addresses in the narrative).

use std::collections::HashMap;

use crate::fhir::Resource;
use crate::fhir::json::{Edits, Kind, Node};

/// What links become: `fullUrl` to `Type/id`.
pub(super) type Assigned = HashMap<String, String>;

/// Members whose string is a link wherever they stand.
const LINKS: &[&str] = &["reference", "uri", "valueCanonical", "valueOid", "valueUri", "valueUrl", "valueUuid"];

/// Objects whose `url` is a link; elsewhere (extensions) it is a name.
const ATTACHMENTS: &[&str] = &["attachment", "photo", "valueAttachment"];

/// References by search, as they stand.
pub(super) fn by_search(resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    walk(resource.root(), "", &mut |name, _, node| {
        if name == "reference"
            && let Some(text) = node.text()
            && text.contains('?')
            && text.starts_with(|c: char| c.is_ascii_uppercase())
        {
            found.push(text.into_owned());
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// The links of a resource that one of the `known` maps holds, and what they become.
pub(super) fn rewrite(resource: &Resource, full_url: Option<&str>, known: &[&Assigned]) -> Edits {
    let become_of = |link: &str| known.iter().find_map(|map| map.get(link));
    let mut edits = Edits::default();
    walk(resource.root(), "", &mut |name, parent, node| {
        let Some(text) = node.text() else { return };
        if name == "div" {
            return narrative(node, &become_of, &mut edits);
        }
        let link = LINKS.binary_search(&name).is_ok() || (name == "url" && ATTACHMENTS.contains(&parent));
        if !link {
            return;
        }
        let absolute = || Some(format!("{}/{text}", base_of(full_url?)?));
        if let Some(target) = become_of(&text).or_else(|| become_of(&absolute()?)) {
            edits.replace_text(node, target);
        }
    });
    edits
}

/// Every link of a resource that names something by `urn:`.
pub(super) fn urns(resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    walk(resource.root(), "", &mut |name, parent, node| {
        if (LINKS.binary_search(&name).is_ok() || (name == "url" && ATTACHMENTS.contains(&parent)))
            && let Some(text) = node.text()
            && text.starts_with("urn:")
        {
            found.push(text.into_owned());
        }
    });
    found
}

/// The base of `https://host/fhir/Patient/123`, against which relative references of that entry resolve.
fn base_of(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http") {
        return None;
    }
    let (rest, _id) = full_url.rsplit_once('/')?;
    rest.rsplit_once('/').map(|(base, _type)| base)
}

/// Calls `see` with each string's member name and the name of the object that holds it.
fn walk<'d>(node: Node<'d>, parent: &str, see: &mut impl FnMut(&str, &str, Node<'d>)) {
    for member in node.children() {
        let name = member.name().unwrap_or_default();
        for value in member.each() {
            match value.kind() {
                Kind::Object | Kind::List => walk(value, &name, see),
                Kind::Text => see(&name, parent, value),
                Kind::Null | Kind::Bool | Kind::Number => {}
            }
        }
    }
}

/// `href="urn:uuid:…"` and `src="urn:uuid:…"` in the narrative's spelling, where quotes are escaped.
fn narrative<'a>(div: Node<'_>, become_of: &impl Fn(&str) -> Option<&'a String>, edits: &mut Edits) {
    let raw = div.raw();
    let start = div.span().start;
    for (at, _) in raw.match_indices("urn:") {
        let rest = raw.get(at..).unwrap_or_default();
        let link = rest.split(['\\', '"', '\'', ' ', '<']).next().unwrap_or_default();
        let before = raw.get(..at).unwrap_or_default().trim_end_matches(['\\', '"', '\'']);
        if let Some(target) = become_of(link)
            && (before.ends_with("href=") || before.ends_with("src="))
        {
            edits.splice(start + at..start + at + link.len(), target.clone());
        }
    }
}
