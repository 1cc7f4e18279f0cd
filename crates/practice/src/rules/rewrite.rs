//! Objects and lists written anew with a few members changed; every other value keeps its very text.

use crate::fhir::json::{Kind, Node, object};

/// What becomes of a member: a new value, or nothing where it goes.
pub type Change<'n> = (&'n str, Option<String>);

/// An object with some members changed. Those that are there stay in their place; new ones come last.
pub fn object_with(node: Option<Node<'_>>, changes: &[Change<'_>]) -> String {
    let members: Vec<Node<'_>> =
        node.into_iter().filter(|node| node.kind() == Kind::Object).flat_map(Node::children).collect();
    let is = |member: &Node<'_>, name: &str| member.name().is_some_and(|found| found == name);
    object(|out| {
        for member in &members {
            let name = member.name().unwrap_or_default();
            match changes.iter().find(|(changed, _)| *changed == name) {
                Some((_, Some(json))) => out.raw(&name, json),
                Some((_, None)) => {}
                None => out.raw(&name, member.raw()),
            }
        }
        for (name, json) in changes {
            if let Some(json) = json
                && !members.iter().any(|member| is(member, name))
            {
                out.raw(name, json);
            }
        }
    })
}

/// A list with one item changed, added (`at` is `None`) or taken away (`item` is `None`). Nothing is left of an empty
/// one, since FHIR has no empty lists.
pub fn list_with(node: Option<Node<'_>>, at: Option<usize>, item: Option<String>) -> Option<String> {
    let items = node.into_iter().flat_map(Node::children);
    let mut texts: Vec<String> = items.map(|item| item.raw().to_owned()).collect();
    match (at, item) {
        (Some(at), Some(item)) => {
            if let Some(there) = texts.get_mut(at) {
                *there = item;
            }
        }
        (Some(at), None) if at < texts.len() => {
            texts.remove(at);
        }
        (None, Some(item)) => texts.push(item),
        (_, None) => {}
    }
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::json::{Document, Limits};

    #[test]
    fn what_is_not_changed_keeps_its_text() {
        let document = Document::read(br#"{"a":1.50,"b":["\u00f4",2],"c":{"d":null}}"#, &Limits::RESOURCE).unwrap();
        let root = document.root();
        let changes = [("c", None), ("e", Some("true".to_owned())), ("f", None)];
        assert_eq!(object_with(Some(root), &changes), r#"{"a":1.50,"b":["\u00f4",2],"e":true}"#);
        let list = root.member("b");
        assert_eq!(list_with(list, Some(1), Some("3".into())).unwrap(), r#"["\u00f4",3]"#);
        assert_eq!(list_with(list, Some(0), None).unwrap(), "[2]");
        assert_eq!(list_with(list, None, Some("4".into())).unwrap(), r#"["\u00f4",2,4]"#);
        assert_eq!(list_with(None, None, None), None);
    }
}
