//! A transaction of what can be taken out of any Bundle.

use std::collections::BTreeMap;

use model::{Refusal, RefusalKind};

use crate::fhir::json::{Document, Limits, List, Node, object};
use crate::fhir::{FhirId, Type};

/// Which ids the picked resources get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// As the entry's request says; new ones where it says nothing.
    AsAsked,
    /// Their own where they have one, so that a second import changes nothing.
    Own,
}

/// What was picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// A transaction Bundle.
    pub text: String,
    /// How many entries it has.
    pub taken: usize,
    /// The types left out, and how many of each.
    pub left_out: BTreeMap<String, usize>,
}

/// Makes a transaction of the entries whose resources are of `types`. References to what is left out stay as
/// they are. Takes Bundles of any type, so that collections can be imported too.
pub fn pick(bytes: &[u8], types: &[Type], naming: Naming) -> Result<Picked, Refusal> {
    let document = Document::read(bytes, &Limits::BUNDLE)?;
    let root = document.root();
    if root.member_text("resourceType").is_none_or(|name| name != "Bundle") {
        let words = "This is not a Bundle.";
        return Err(Refusal::new(RefusalKind::Malformed, words).at("Resource.resourceType", words));
    }
    let mut taken = 0;
    let mut left_out = BTreeMap::new();
    let text = object(|bundle| {
        bundle.text("resourceType", "Bundle");
        bundle.text("type", "transaction");
        let entries: Vec<(Node<'_>, Node<'_>, Type)> = root
            .member("entry")
            .into_iter()
            .flat_map(Node::children)
            .filter_map(|entry| {
                let resource = entry.member("resource")?;
                let name = resource.member_text("resourceType").unwrap_or_default();
                let of = Type::named(&name).filter(|of| types.contains(of));
                if of.is_none() {
                    *left_out.entry(name.into_owned()).or_insert(0) += 1;
                }
                Some((entry, resource, of?))
            })
            .collect();
        taken = entries.len();
        if taken > 0 {
            bundle.list("entry", |list| entries.iter().for_each(|entry| put(list, *entry, naming)));
        }
    });
    Ok(Picked { text, taken, left_out })
}

fn put(list: &mut List, (entry, resource, of): (Node<'_>, Node<'_>, Type), naming: Naming) {
    let own = resource.member_text("id").and_then(|id| FhirId::parse(&id));
    list.object(|out| {
        if let Some(url) = entry.member("fullUrl") {
            out.raw("fullUrl", url.raw());
        }
        out.raw("resource", resource.raw());
        match (naming, own, entry.member("request")) {
            (Naming::Own, Some(id), _) => out.object("request", |request| {
                request.text("method", "PUT");
                request.text("url", &format!("{of}/{id}"));
            }),
            (_, _, Some(request)) => out.raw("request", request.raw()),
            (_, _, None) => out.object("request", |request| {
                request.text("method", "POST");
                request.text("url", of.name());
            }),
        }
    });
}
