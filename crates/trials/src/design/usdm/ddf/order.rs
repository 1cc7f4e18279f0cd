//! Chains of previous and next, and orders that have to agree.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::graph::{DESIGNS, Graph, INSTANCES, Item};
use super::{Must, Rules, Should, when};

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    let linked = || graph.items.iter().filter(|item| item.has("previousId") || item.has("nextId"));
    rules.each("DDF00021", Must, "Nothing comes before itself.", linked(), |item| {
        when(!item.id.is_empty() && item.text("previousId") == item.id)
    });
    rules.each("DDF00022", Must, "Nothing comes after itself.", linked(), |item| {
        when(!item.id.is_empty() && item.text("nextId") == item.id)
    });
    rules.each("DDF00023", Must, "What comes before a thing names it as the next.", linked(), |item| {
        let before = graph.named(item.text("previousId"))?;
        let has_next = before.value.contains_key("nextId");
        when(has_next && before.text("nextId") != item.id)
    });
    let mut broken = Vec::new();
    let mut taken: HashSet<(&str, &str, &str)> = HashSet::new();
    for item in linked() {
        for attribute in ["previousId", "nextId"] {
            let id = item.text(attribute);
            if !id.is_empty() && !taken.insert((item.class, attribute, id)) {
                broken.push((format!("{}/{attribute}", item.path), String::new()));
            }
        }
    }
    rules.came_out("DDF00027", Must, "Nothing is named twice as previous or as next.", linked().count(), broken);
    parents_first(graph, rules);
    as_scheduled(
        graph,
        rules,
        "DDF00087",
        "encounters",
        "encounterId",
        "Encounters are in the order of their instances.",
    );
    as_scheduled(graph, rules, "DDF00088", "epochs", "epochId", "Epochs are in the order of their instances.");
}

/// The places of the members of a list, by following `nextId` from the one that nothing precedes.
fn places<'a>(graph: &Graph<'a>, design: &Item<'a>, slot: &str) -> HashMap<&'a str, usize> {
    let members: Vec<&Item<'a>> = graph.within(design, slot).collect();
    let by_id: HashMap<&str, &Item<'a>> = members.iter().map(|member| (member.id, *member)).collect();
    let mut next = members.iter().copied().find(|member| member.text("previousId").is_empty());
    let mut places = HashMap::new();
    while let Some(member) = next {
        if places.insert(member.id, places.len()).is_some() {
            break;
        }
        next = by_id.get(member.text("nextId")).copied();
    }
    places
}

fn parents_first(graph: &Graph, rules: &mut Rules) {
    let mut broken = Vec::new();
    let mut checked = 0;
    for design in graph.of(&DESIGNS) {
        let places = places(graph, design, "activities");
        for activity in graph.within(design, "activities") {
            for child in activity.ids("childIds") {
                checked += 1;
                if let (Some(own), Some(child)) = (places.get(activity.id), places.get(child))
                    && child < own
                {
                    broken.push((activity.path.clone(), String::new()));
                }
            }
        }
    }
    rules.came_out("DDF00161", Must, "An activity comes before its children.", checked, broken);
}

fn as_scheduled(graph: &Graph, rules: &mut Rules, name: &'static str, slot: &str, attribute: &str, words: &str) {
    let mut broken = Vec::new();
    let mut checked = 0;
    for timeline in graph.of(&["ScheduleTimeline"]).filter(|timeline| timeline.flag("mainTimeline") == Some(true)) {
        let Some(design) = graph.around(timeline, &DESIGNS) else { continue };
        let places = places(graph, design, slot);
        let instances: BTreeMap<&str, &Item> =
            graph.within(timeline, "instances").filter(|i| INSTANCES.contains(&i.class)).map(|i| (i.id, i)).collect();
        let (mut at, mut last, mut seen) = (timeline.text("entryId"), None, HashSet::new());
        while let Some(instance) = instances.get(at).filter(|_| seen.insert(at)) {
            if let Some(place) = places.get(instance.text(attribute)) {
                checked += 1;
                if last.is_some_and(|last| place < last) {
                    broken.push((instance.path.clone(), String::new()));
                }
                last = Some(place);
            }
            at = instance.text("defaultConditionId");
        }
    }
    rules.came_out(name, Should, words, checked, broken);
}
