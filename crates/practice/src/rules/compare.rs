use std::collections::BTreeMap;

use crate::fhir::Resource;
use crate::fhir::json::{Kind, Node};

/// One value that differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is, in words or as its path.
    pub what: String,
    /// What it was, or nothing.
    pub before: String,
    /// What it is now, or nothing.
    pub after: String,
}

/// What differs, value by value, apart from what the house writes and the narrative.
pub fn differences(before: &Resource, after: &Resource) -> Vec<Difference> {
    let (before, after) = (values(before.root(), after.root()), values(after.root(), before.root()));
    let paths = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    let differ = |path: &str| before.get(path) != after.get(path);
    let mut found: Vec<(&String, Difference)> = paths
        .filter(|path| differ(path) && !said_by(path).iter().any(|other| differ(other)))
        .map(|path| {
            let value = |values: &BTreeMap<String, String>| values.get(path).cloned().unwrap_or_default();
            (path, Difference { what: words(path), before: value(&before), after: value(&after) })
        })
        .collect();
    found.sort_by_key(|(path, _)| path.as_str());
    found.into_iter().map(|(_, difference)| difference).collect()
}

/// The values beside one that say the same more plainly, so that it need not be told where they differ.
fn said_by(path: &str) -> Vec<String> {
    let Some((item, part)) = path.rsplit_once('.') else { return Vec::new() };
    let beside: &[&str] = match (item.split('[').next().unwrap_or_default(), part) {
        ("telecom" | "identifier", "system" | "use" | "rank") => &["value"],
        ("name", "text") => &["family", "given[0]", "prefix[0]"],
        ("name" | "address", "use") => &["family", "line[0]", "city"],
        _ => &[],
    };
    beside.iter().map(|other| format!("{item}.{other}")).collect()
}

/// Every value of a version by its path. What a list holds in both versions is left out and does not count, so that
/// taking one item away does not make all after it differ.
fn values(root: Node<'_>, other: Node<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for member in root.children() {
        let name = member.name().unwrap_or_default();
        let there: Vec<Node<'_>> = other.member(&name).into_iter().flat_map(Node::children).collect();
        if member.kind() != Kind::List {
            walk(member, &name, &mut found);
            continue;
        }
        let own = member.children().filter(|item| !there.iter().any(|same| item.says_the_same_as(*same)));
        for (at, item) in own.enumerate() {
            walk(item, &format!("{name}[{at}]"), &mut found);
        }
    }
    found.retain(|path, _| {
        !matches!(path.as_str(), "id" | "meta.versionId" | "meta.lastUpdated" | "text.div" | "text.status")
    });
    found
}

/// As deep as the reader allows, so it may recurse.
fn walk(node: Node<'_>, path: &str, found: &mut BTreeMap<String, String>) {
    let dot = if path.is_empty() { "" } else { "." };
    match node.kind() {
        Kind::Object => {
            for member in node.children() {
                walk(member, &format!("{path}{dot}{}", member.name().unwrap_or_default()), found);
            }
        }
        Kind::List => {
            for (at, item) in node.children().enumerate() {
                walk(item, &format!("{path}[{at}]"), found);
            }
        }
        Kind::Text => {
            found.insert(path.to_owned(), node.text().unwrap_or_default().into_owned());
        }
        Kind::Null => {}
        Kind::Bool | Kind::Number => {
            found.insert(path.to_owned(), node.raw().to_owned());
        }
    }
}

/// A path in words where people have words for it.
fn words(path: &str) -> String {
    let plain: String = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    let words = match plain.as_str() {
        "name.family" => "Family name",
        "name.given" => "Given name",
        "name.prefix" => "Title",
        "name.text" => "Name as text",
        "birthDate" => "Date of birth",
        "gender" => "Gender",
        "active" => "In use",
        "telecom.value" => "Contact",
        "telecom.system" => "Contact by",
        "telecom.use" => "Contact for",
        "address.line" => "Address",
        "address.city" => "Town",
        "address.postalCode" => "Postcode",
        "identifier.value" => "Identifier",
        "identifier.system" => "Identifier of",
        "generalPractitioner.reference" => "Practitioner",
        "deceasedDateTime" | "deceasedBoolean" => "Died",
        "extension.valueString" => "Alert or remark",
        _ => return path.to_owned(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_and_in_words() {
        let read = |text: &str| Resource::kept(text).unwrap();
        let before = read(
            r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"1"},"name":[{"text":"X Y A","family":"A","given":["X","Y"]}],"gender":"male","telecom":[{"system":"phone","value":"1"}]}"#,
        );
        let after = read(
            r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"2"},"name":[{"family":"B","given":["X"]}],"gender":"male","birthDate":"1990"}"#,
        );
        let told: Vec<(String, String, String)> =
            differences(&before, &after).into_iter().map(|one| (one.what, one.before, one.after)).collect();
        let line = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            told,
            [
                line("Date of birth", "", "1990"),
                line("Family name", "A", "B"),
                line("Given name", "Y", ""),
                line("Contact", "1", "")
            ]
        );
        assert!(differences(&after, &after).is_empty());
        let before = read(r#"{"resourceType":"Patient","telecom":[{"value":"1"},{"value":"2"},{"value":"3"}]}"#);
        let after = read(r#"{"resourceType":"Patient","telecom":[{"value":"2"},{"value":"3"}]}"#);
        assert_eq!(differences(&before, &after).len(), 1);
    }
}
