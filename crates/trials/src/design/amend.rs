//! Two versions of a protocol compared by what they mean: visits, cells, forms, fields, variables, checks, artefacts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::form::Field;
use super::{Built, Visit};

/// How a part changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Only the later version has it.
    Added,
    /// Only the earlier version has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// One change between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is compared: `activity`, `visit`, `cell`, `form`, `field`, `variable`, `check`.
    pub part: &'static str,
    /// Which one, by its stable identifier or name.
    pub name: String,
    /// How it changed.
    pub kind: Kind,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
    /// What follows for a study that has begun.
    pub follows: String,
}

/// What an amendment does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Amendment {
    /// Every change, in the order of the parts.
    pub changes: Vec<Change>,
    /// Artefacts whose bytes differ: they need approval again.
    pub to_approve: Vec<String>,
    /// Artefacts that are the same byte for byte: their approval holds.
    pub unchanged: Vec<String>,
}

/// Compares an earlier build with a later one. Identifiers come from names, so a part that kept its name is the same part.
pub fn amend(before: &Built, after: &Built) -> Amendment {
    let mut changes = Vec::new();
    let plain = |name: &String| (name.clone(), name.clone());
    let (old, new) = (before.activities.iter().map(plain).collect(), after.activities.iter().map(plain).collect());
    compare("activity", &old, &new, "The schedule and its forms follow.", "Data already collected stay.", &mut changes);
    let text = "Visits already made keep their dates; windows of later visits are checked anew.";
    compare("visit", &visits(before), &visits(after), text, "Visits already made stay in SV.", &mut changes);
    let text = "Subjects who passed the visit have no such record.";
    compare("cell", &cells(before), &cells(after), text, "Records already entered stay.", &mut changes);
    let text = "Sites need the new form before the next visit.";
    compare("form", &forms(before), &forms(after), text, "Entered data must stay readable and mapped.", &mut changes);
    let text = "Entered values are read with the new definition; migrate where type, length or codes differ.";
    compare(
        "field",
        &fields(before),
        &fields(after),
        text,
        "Entered values must stay readable and mapped.",
        &mut changes,
    );
    let text = "Define-XML and the mapping name the variable.";
    compare(
        "variable",
        &variables(before),
        &variables(after),
        text,
        "Existing records keep the variable.",
        &mut changes,
    );
    let text = "Run the check over data already entered.";
    compare("check", &checks(before), &checks(after), text, "Open queries of the check can be closed.", &mut changes);
    let (to_approve, unchanged) = artefacts(before, after);
    Amendment { changes, to_approve, unchanged }
}

type Parts = BTreeMap<String, String>;

fn compare(part: &'static str, old: &Parts, new: &Parts, follows: &str, removed: &str, changes: &mut Vec<Change>) {
    let change = |name: &str, kind: Kind, before: &str, after: &str, follows: &str| Change {
        part,
        name: name.to_owned(),
        kind,
        before: before.to_owned(),
        after: after.to_owned(),
        follows: follows.to_owned(),
    };
    for (name, before) in old {
        match new.get(name) {
            None => changes.push(change(name, Kind::Removed, before, "", removed)),
            Some(after) if after != before => changes.push(change(name, Kind::Changed, before, after, follows)),
            Some(_) => {}
        }
    }
    for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        changes.push(change(name, Kind::Added, "", after, follows));
    }
}

fn visits(built: &Built) -> Parts {
    let words = |visit: &Visit| {
        let day = visit.day.map_or("no day".to_owned(), |day| format!("Day {day}"));
        let window = visit.window.map_or(String::new(), |(low, high)| format!(", window {low} to {high}"));
        format!("{}: {day}{window}, {}", visit.number, visit.epoch)
    };
    built.schedule.visits.iter().map(|visit| (visit.name.clone(), words(visit))).collect()
}

fn cells(built: &Built) -> Parts {
    let named = built.schedule.cells.iter().filter_map(|cell| {
        let activity = built.activities.get(cell.activity)?;
        let visit = built.schedule.visits.get(cell.visit)?;
        let points: Vec<&str> = cell.points.iter().map(|point| point.name.as_str()).collect();
        Some((
            format!("{activity} at {}", visit.name),
            if points.is_empty() { "X".to_owned() } else { points.join(", ") },
        ))
    });
    named.collect()
}

fn forms(built: &Built) -> Parts {
    let at = |index: &usize| built.schedule.visits.get(*index).map(|visit| visit.name.clone());
    let words = |visits: &[usize]| visits.iter().filter_map(at).collect::<Vec<_>>().join(", ");
    built.forms.iter().map(|form| (form.oid.clone(), format!("{} at {}", form.title, words(&form.visits)))).collect()
}

fn all_fields(built: &Built) -> impl Iterator<Item = &Field> {
    built.forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields)
}

fn fields(built: &Built) -> Parts {
    let words = |field: &Field| {
        let values = field.choices.as_ref().map_or(String::new(), |choices| {
            let values: Vec<&str> = choices.choices.iter().map(|choice| choice.value.as_str()).collect();
            format!(" [{}]", values.join(" "))
        });
        let kind = format!("{:?}", field.kind).to_lowercase();
        format!("{}, {kind}({}){values} -> {}", field.prompt, field.length, field.annotations().join("; "))
    };
    all_fields(built).map(|field| (field.oid.clone(), words(field))).collect()
}

fn variables(built: &Built) -> Parts {
    let destinations = all_fields(built).flat_map(|field| &field.destinations);
    destinations.map(|one| (format!("{}.{}", one.dataset, one.variable), "collected".to_owned())).collect()
}

fn checks(built: &Built) -> Parts {
    built.checks.iter().map(|check| (check.oid.clone(), check.message.clone())).collect()
}

/// The manifest is made of the others, so it is not compared.
fn artefacts(before: &Built, after: &Built) -> (Vec<String>, Vec<String>) {
    let old: BTreeMap<&str, &[u8]> =
        before.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    let names = after.files.iter().filter(|file| file.name != "manifest.json");
    let (same, other): (Vec<_>, Vec<_>) =
        names.partition(|file| old.get(file.name.as_str()).is_some_and(|bytes| *bytes == file.bytes.as_slice()));
    let list = |files: Vec<&super::File>| files.into_iter().map(|file| file.name.clone()).collect();
    (list(other), list(same))
}
