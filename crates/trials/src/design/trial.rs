//! The trial design datasets TA, TE, TV and TI, derived from the study.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::dataset::{Cell, Dataset, Origin};
use super::finding::{Notes, Severity, T1, T3_END};
use super::schedule::{Schedule, Visit};
use super::time::{DAY, duration};
use super::usdm::model::{Arm, Element, Epoch, Study};

/// One planned element of an arm.
pub(crate) struct Step<'a> {
    pub(crate) arm: &'a Arm,
    pub(crate) epoch: &'a Epoch,
    pub(crate) epoch_at: usize,
    pub(crate) element: &'a Element,
    pub(crate) order: u32,
}

/// The planned elements of every arm in order.
pub(crate) fn steps(study: &Study) -> Vec<Step<'_>> {
    let design = &study.design;
    let elements: HashMap<&str, &Element> =
        design.elements.iter().map(|element| (element.named.id.as_str(), element)).collect();
    let cells: HashMap<(&str, &str), &Vec<String>> =
        design.cells.iter().map(|cell| ((cell.arm.as_str(), cell.epoch.as_str()), &cell.elements)).collect();
    let mut steps = Vec::new();
    for arm in &design.arms {
        let mut order = 0;
        for (epoch_at, epoch) in design.epochs.iter().enumerate() {
            let ids = cells.get(&(arm.named.id.as_str(), epoch.named.id.as_str()));
            for element in ids.into_iter().flat_map(|ids| ids.iter()).filter_map(|id| elements.get(id.as_str())) {
                order += 1;
                steps.push(Step { arm, epoch, epoch_at, element, order });
            }
        }
    }
    steps
}

/// Gives every element an end or a length, and makes the rules of different elements differ.
pub(crate) fn settle_elements(study: &mut Study, schedule: &Schedule, notes: &mut Notes) {
    let mut epochs_of: BTreeMap<String, HashSet<usize>> = BTreeMap::new();
    let mut last = HashSet::new();
    let all = steps(study);
    for (at, step) in all.iter().enumerate() {
        epochs_of.entry(step.element.code.clone()).or_default().insert(step.epoch_at);
        let next = all.get(at + 1);
        if next.is_none_or(|next| next.arm.code != step.arm.code) {
            last.insert(step.element.code.clone());
        }
    }
    drop(all);
    let mut rules = HashSet::new();
    for element in &mut study.design.elements {
        let path = element.named.path.clone();
        if element.start.is_empty() {
            element.start = format!("Start of {}", element.text);
            let reason = "TESTRL is required; the protocol gives no start rule for the element.";
            notes.propose(format!("{path}/transitionStartRule"), "", &element.start, reason);
        }
        if element.end.is_empty() {
            let words = format!("The element {} has neither an end rule nor a length.", element.text);
            notes.find(T3_END, Severity::Warning, format!("{path}/transitionEndRule"), words);
            let within = epochs_of.get(&element.code).cloned().unwrap_or_default();
            match length(&within, &schedule.visits) {
                Some(minutes) => {
                    element.duration = duration(minutes);
                    let reason = "TEDUR is the time from the first visit of its epoch to the first visit of the next.";
                    notes.propose(path.clone(), "", &element.duration, reason);
                }
                None => {
                    let end = if last.contains(&element.code) {
                        "End of study participation"
                    } else {
                        "Start of the next planned element"
                    };
                    element.end = format!("{end} ({})", element.code);
                    let reason = "TEENRL or TEDUR is required; an element ends when the next one begins.";
                    notes.propose(format!("{path}/transitionEndRule"), "", &element.end, reason);
                }
            }
        }
        // CG0325: no two elements have the same start, end and length.
        if !rules.insert((element.start.clone(), element.end.clone(), element.duration.clone())) {
            let distinct = format!("{} ({})", element.start, element.text);
            let reason = "Two elements have the same rules; the name of the element tells them apart.";
            notes.propose(format!("{path}/transitionStartRule"), &element.start, &distinct, reason);
            element.start = distinct;
            rules.insert((element.start.clone(), element.end.clone(), element.duration.clone()));
        }
    }
}

/// From the first visit of these epochs to the first visit after them, when they follow each other.
fn length(epochs: &HashSet<usize>, visits: &[Visit]) -> Option<i64> {
    let (first, last) = (epochs.iter().min()?, epochs.iter().max()?);
    if last - first + 1 != epochs.len() {
        return None;
    }
    let begin = visits.iter().filter(|visit| visit.epoch_at.is_some_and(|at| epochs.contains(&at)));
    let begin = begin.filter_map(|visit| visit.moment).min()?;
    let after = visits.iter().filter(|visit| visit.epoch_at.is_some_and(|at| at > *last));
    let end = after.filter_map(|visit| visit.moment).min()?;
    let days = (end - begin) / DAY;
    (days > 0).then_some(days * DAY)
}

pub(crate) fn arms(study: &Study, notes: &mut Notes) -> Dataset {
    let variables = ["STUDYID", "DOMAIN", "ARMCD", "ARM", "TAETORD", "ETCD", "ELEMENT", "TABRANCH", "TATRANS", "EPOCH"];
    let mut dataset = Dataset::new("TA", &variables, &["STUDYID", "ARMCD", "TAETORD"]);
    let steps = steps(study);
    if steps.is_empty() {
        notes.find(T1, Severity::Blocker, "TA", "No arm has a planned element, so TA has no records.");
    }
    let paths: Vec<(&str, Vec<&str>)> = study
        .design
        .arms
        .iter()
        .map(|arm| {
            let own = steps.iter().filter(|step| step.arm.code == arm.code);
            (arm.code.as_str(), own.map(|step| step.element.code.as_str()).collect())
        })
        .collect();
    let randomised = study.design.arms.len() > 1;
    for step in &steps {
        let at = step.order as usize;
        let own = paths.iter().find(|(arm, _)| *arm == step.arm.code).map_or(&[] as &[&str], |(_, path)| path);
        // A branch: arms that were alike up to here differ in what comes next.
        let branches = own.get(at).is_some()
            && paths.iter().any(|(_, other)| other.get(..at) == own.get(..at) && other.get(at) != own.get(at));
        let branch = if branches && randomised { format!("Assigned to {}", step.arm.text) } else { String::new() };
        dataset.push(&[
            ("STUDYID", Cell::text(&study.identifier)),
            ("DOMAIN", Cell::text("TA")),
            ("ARMCD", Cell::text(&step.arm.code)),
            ("ARM", Cell::text(&step.arm.text)),
            ("TAETORD", Cell::number(step.order)),
            ("ETCD", Cell::text(&step.element.code)),
            ("ELEMENT", Cell::text(&step.element.text)),
            ("TABRANCH", Cell::text(&branch)),
            ("EPOCH", Cell::text(&step.epoch.term)),
        ]);
    }
    dataset.origin(
        &["ARMCD", "ARM", "ETCD", "ELEMENT", "TABRANCH", "TATRANS", "EPOCH", "TAETORD"],
        Origin::Protocol,
        "",
    );
    dataset.sort();
    dataset
}

pub(crate) fn elements(study: &Study) -> Dataset {
    let variables = ["STUDYID", "DOMAIN", "ETCD", "ELEMENT", "TESTRL", "TEENRL", "TEDUR"];
    let mut dataset = Dataset::new("TE", &variables, &["STUDYID", "ETCD"]);
    let used: HashSet<&str> = steps(study).iter().map(|step| step.element.code.as_str()).collect();
    for element in study.design.elements.iter().filter(|element| used.contains(element.code.as_str())) {
        dataset.push(&[
            ("STUDYID", Cell::text(&study.identifier)),
            ("DOMAIN", Cell::text("TE")),
            ("ETCD", Cell::text(&element.code)),
            ("ELEMENT", Cell::text(&element.text)),
            ("TESTRL", Cell::text(&element.start)),
            ("TEENRL", Cell::text(&element.end)),
            ("TEDUR", Cell::text(&element.duration)),
        ]);
    }
    dataset.origin(&["ETCD", "ELEMENT", "TESTRL", "TEENRL", "TEDUR"], Origin::Protocol, "");
    dataset.sort();
    dataset
}

/// Words for when a visit begins: the protocol's rule, or its day and window.
pub(crate) fn visit_start(visit: &Visit) -> String {
    match (visit.start.as_str(), visit.day, visit.window) {
        ("", Some(day), Some((low, high))) => format!("Study Day {day}, window Day {low} to Day {high}"),
        ("", Some(day), None) => format!("Study Day {day}"),
        ("", None, _) => format!("Start of {}", visit.name),
        (rule, ..) => rule.to_owned(),
    }
}

pub(crate) fn visits(study: &Study, schedule: &Schedule) -> Dataset {
    let variables = ["STUDYID", "DOMAIN", "VISITNUM", "VISIT", "VISITDY", "ARMCD", "TVSTRL", "TVENRL"];
    let mut dataset = Dataset::new("TV", &variables, &["STUDYID", "ARMCD", "VISITNUM"]);
    for visit in &schedule.visits {
        dataset.push(&[
            ("STUDYID", Cell::text(&study.identifier)),
            ("DOMAIN", Cell::text("TV")),
            ("VISITNUM", Cell::number(visit.number)),
            ("VISIT", Cell::text(&visit.name)),
            ("VISITDY", Cell::some(visit.day)),
            ("TVSTRL", Cell::text(&visit_start(visit))),
            ("TVENRL", Cell::text(&visit.end)),
        ]);
    }
    dataset.origin(&["VISITNUM", "VISIT", "VISITDY", "TVSTRL", "TVENRL", "ARMCD", "ARM"], Origin::Protocol, "");
    dataset
}

pub(crate) fn criteria(study: &Study) -> Dataset {
    let variables = ["STUDYID", "DOMAIN", "IETESTCD", "IETEST", "IECAT", "TIVERS"];
    let mut dataset = Dataset::new("TI", &variables, &["STUDYID", "TIVERS", "IETESTCD"]);
    for criterion in &study.design.criteria {
        dataset.push(&[
            ("STUDYID", Cell::text(&study.identifier)),
            ("DOMAIN", Cell::text("TI")),
            ("IETESTCD", Cell::text(&criterion.code)),
            ("IETEST", Cell::text(&criterion.text)),
            ("IECAT", Cell::text(if criterion.inclusion { "INCLUSION" } else { "EXCLUSION" })),
            ("TIVERS", Cell::text(if study.version.is_empty() { "1" } else { &study.version })),
        ]);
    }
    dataset.origin(&["IETESTCD", "IETEST", "IECAT", "TIVERS"], Origin::Protocol, "");
    dataset.sort();
    dataset
}
