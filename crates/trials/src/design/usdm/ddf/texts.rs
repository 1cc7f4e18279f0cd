//! Texts: references within them, sections, dictionaries.

use std::collections::BTreeSet;

use serde_json::Value;

use super::graph::{Graph, Item};
use super::{Must, Rules, when};

/// The tags of a kind in a text, each up to its closing bracket.
fn tags<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    text.match_indices(&open)
        .filter_map(|(at, _)| {
            let rest = text.get(at..)?;
            rest.get(..=rest.find('>')?)
        })
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let rest = tag.get(at..)?;
    rest.get(..rest.find('"')?)
}

/// Every text of an object that is its own, and not of what it holds.
fn own_texts<'a>(item: &Item<'a>) -> impl Iterator<Item = &'a str> {
    item.value.values().filter_map(Value::as_str).filter(|text| text.contains("<usdm:"))
}

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    let with = || graph.items.iter().filter(|item| own_texts(item).next().is_some());
    rules.each("DDF00137", Must, "A reference in a text names class, id and attribute.", with(), |item| {
        let whole = |tag: &&str| ["klass", "id", "attribute"].iter().all(|name| attribute(tag, name).is_some());
        when(own_texts(item).any(|text| !tags(text, "usdm:ref").iter().all(whole)))
    });
    let dangling = |text: &str| {
        tags(text, "usdm:ref").iter().any(|tag| {
            let target = attribute(tag, "id").and_then(|id| graph.named(id));
            let class = attribute(tag, "klass").unwrap_or_default();
            let name = attribute(tag, "attribute").unwrap_or_default();
            target.is_none_or(|target| target.class != class || !target.value.contains_key(name))
        })
    };
    rules.each(
        "DDF00244",
        Must,
        "A reference in a section's text leads somewhere.",
        graph.of(&["NarrativeContentItem"]),
        |item| when(dangling(item.text("text"))),
    );
    rules.each("DDF00124", Must, "A reference in a dictionary leads somewhere.", graph.of(&["ParameterMap"]), |item| {
        when(dangling(item.text("reference")))
    });
    let words = "A tag in a text is an entry of the text's dictionary.";
    rules.each("DDF00246", Must, words, with(), |item| {
        let used: Vec<&str> =
            own_texts(item).flat_map(|text| tags(text, "usdm:tag")).filter_map(|tag| attribute(tag, "name")).collect();
        let dictionary = graph.named_as(item.text("dictionaryId"), &["SyntaxTemplateDictionary"]);
        let known: BTreeSet<&str> = dictionary
            .map(|dictionary| graph.within(dictionary, "parameterMaps").map(|map| map.text("tag")).collect())
            .unwrap_or_default();
        when(used.iter().any(|name| !known.contains(name)))
    });
    let documents = graph.of(&["StudyDefinitionDocumentVersion"]);
    rules.each("DDF00245", Must, "A section number is used once in a document.", documents, |item| {
        let numbers: Vec<&str> = graph
            .within(item, "contents")
            .map(|one| one.text("sectionNumber"))
            .filter(|number| !number.is_empty())
            .collect();
        when(numbers.iter().collect::<BTreeSet<_>>().len() != numbers.len())
    });
}
