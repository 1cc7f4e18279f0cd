//! Native rules over what was built: the checklist C, A, T, D, O, X, each with its outcome.

mod data;
mod trial_design;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::acrf::Annotated;
use super::concepts::{Resolution, Target};
use super::dataset::{Dataset, Origin};
use super::fields::layout_of;
use super::finding::{Notes, Rule, Severity};
use super::form::Form;
use super::schedule::Schedule;
use super::standards::standards;
use super::testkit::{Case, agrees};
use super::usdm::model::Study;

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Name of the rule.
    pub rule: String,
    /// What it demands.
    pub words: String,
    /// Where it comes from.
    pub source: String,
    /// How many things were looked at.
    pub checked: usize,
    /// How many of them break the rule.
    pub broken: usize,
}

/// Everything that the rules look at.
pub(crate) struct Whole<'a> {
    pub(crate) study: &'a Study,
    pub(crate) schedule: &'a Schedule,
    pub(crate) resolutions: &'a [Resolution],
    pub(crate) forms: &'a [Form],
    pub(crate) datasets: &'a [Dataset],
    pub(crate) acrf: &'a Annotated,
    pub(crate) cases: &'a [Case<'a>],
}

/// Outcomes under construction.
pub(crate) struct Rules<'n> {
    outcomes: Vec<Outcome>,
    notes: &'n mut Notes,
}

impl Rules<'_> {
    /// Records how a rule came out: what was looked at, and where it is broken.
    pub(crate) fn rule(
        &mut self,
        name: &'static str,
        source: &'static str,
        words: &str,
        checked: usize,
        broken: Vec<(String, String)>,
    ) {
        self.graded(name, source, words, checked, broken, Severity::Error);
    }

    pub(crate) fn graded(
        &mut self,
        name: &'static str,
        source: &'static str,
        words: &str,
        checked: usize,
        broken: Vec<(String, String)>,
        severity: Severity,
    ) {
        self.outcomes.push(Outcome {
            rule: name.to_owned(),
            words: words.to_owned(),
            source: source.to_owned(),
            checked,
            broken: broken.len(),
        });
        for (path, words) in broken {
            self.notes.find(Rule(name, source), severity, path, words);
        }
    }
}

pub(crate) fn run(whole: &Whole, notes: &mut Notes) -> Vec<Outcome> {
    let mut rules = Rules { outcomes: Vec::new(), notes };
    fields(whole, &mut rules);
    placement(whole, &mut rules);
    annotations(whole, &mut rules);
    identifiers(whole, &mut rules);
    trial_design::run(whole, &mut rules);
    data::run(whole, &mut rules);
    kit(whole, &mut rules);
    rules.outcomes
}

/// Identification that the capture system shows on every form and nobody is asked for.
const HEADER: [&str; 5] = ["STUDYID", "SITEID", "SUBJID", "VISIT", "VISDAT"];

fn fields(whole: &Whole, rules: &mut Rules) {
    let mut broken = Vec::new();
    let mut checked = 0;
    for form in whole.forms {
        let plain = form.groups.iter().all(|group| group.fields.iter().all(|field| field.testcd.is_empty()));
        let layout = layout_of(if form.domain == "LB" && plain { "LB+" } else { &form.domain });
        let Some(layout) = layout else { continue };
        let listed = standards().cdash.get(&form.domain).map_or(&[] as &[_], Vec::as_slice);
        for field in listed.iter().filter(|field| field.scenario == layout.scenario && field.core == "HR") {
            checked += 1;
            let own = form.groups.iter().flat_map(|group| &group.fields);
            let tested = field.name.ends_with("TEST") || field.name.ends_with("ORRES") || field.name.ends_with("STAT");
            let there = own.into_iter().any(|one| one.variable == field.name || (tested && !one.testcd.is_empty()));
            let by_performed = field.name.ends_with("STAT");
            if !there && !HEADER.contains(&field.name.as_str()) && !by_performed && (form.domain != "EG" || plain) {
                broken.push((form.oid.clone(), format!("{} is highly recommended and not on the form.", field.name)));
            }
        }
    }
    rules.rule("C1", "CDASHIG 2.2", "Highly recommended fields are on the form.", checked, broken);
    let all = || whole.forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields);
    let long = all()
        .filter(|field| field.variable.len() > 8)
        .map(|field| (field.oid.clone(), format!("{} is too long.", field.variable)));
    rules.rule("C5", "CDASHIG 2.2", "CDASH variables have 8 characters at most.", all().count(), long.collect());
    let bare = all().filter(|field| field.reference.is_empty() || field.core.is_empty() || field.prompt.is_empty());
    let bare = bare.map(|field| (field.oid.clone(), "Reference, core or prompt is missing.".to_owned()));
    rules.rule(
        "C8",
        "CDASHIG 2.2",
        "Every field has its reference, core, type and destination.",
        all().count(),
        bare.collect(),
    );
    let ticked = all().filter(|field| !field.fixed.is_empty() && field.choices.is_some());
    let ticked = ticked.map(|field| (field.oid.clone(), "A choice is ticked before anyone answers.".to_owned()));
    rules.rule("C3", "CDASHIG 2.2", "No choice is ticked before anyone answers.", all().count(), ticked.collect());
    let dated = |form: &Form| {
        let fields = form.groups.iter().filter(|group| !group.repeating).flat_map(|group| &group.fields);
        let tail = |name: &str| name.get(2..).unwrap_or("").to_owned();
        fields.filter(|field| tail(&field.name) == "DAT" || field.name == "VISDAT").count()
    };
    let twice = whole.forms.iter().filter(|form| dated(form) > 1);
    let twice =
        twice.map(|form| (form.oid.clone(), "The form asks for more than one date of the same kind.".to_owned()));
    rules.rule("C9", "CDASHIG 2.2", "A form has one date of its topic.", whole.forms.len(), twice.collect());
}

fn placement(whole: &Whole, rules: &mut Rules) {
    let mut broken = Vec::new();
    let collecting: BTreeSet<usize> =
        whole.resolutions.iter().filter(|one| one.target != Target::NoData).map(|one| one.activity).collect();
    let mut placed: BTreeSet<(usize, usize)> = BTreeSet::new();
    for form in whole.forms {
        for activity in &form.activities {
            placed.extend(form.visits.iter().map(|visit| (*activity, *visit)));
        }
    }
    for cell in whole.schedule.cells.iter().filter(|cell| collecting.contains(&cell.activity)) {
        if !placed.contains(&(cell.activity, cell.visit)) {
            let visit = whole.schedule.visits.get(cell.visit).map_or("", |visit| visit.name.as_str());
            broken.push((format!("forms/{visit}"), format!("Activity {} has no form there.", cell.activity + 1)));
        }
    }
    let planned: BTreeSet<(usize, usize)> =
        whole.schedule.cells.iter().map(|cell| (cell.activity, cell.visit)).collect();
    for form in whole.forms.iter().filter(|form| !form.activities.is_empty()) {
        for visit in &form.visits {
            if !form.activities.iter().any(|activity| planned.contains(&(*activity, *visit))) {
                broken.push((form.oid.clone(), format!("No activity asks for the form at visit {}.", visit + 1)));
            }
        }
    }
    let words = "Every cell of the schedule has its form, and no form stands where no cell is.";
    rules.rule("C10", "CDASHIG 2.2", words, whole.schedule.cells.len(), broken);
    // An activity on no timeline collects nothing, and somebody should know.
    let on: BTreeSet<usize> = whole
        .schedule
        .cells
        .iter()
        .map(|cell| cell.activity)
        .chain(whole.schedule.events.iter().flat_map(|event| event.activities.iter().copied()))
        .collect();
    let lost = collecting.iter().filter(|activity| !on.contains(activity)).filter_map(|at| {
        let activity = whole.study.design.activities.get(*at)?;
        Some((activity.named.path.clone(), format!("{} is on no timeline.", activity.named.title())))
    });
    let words = "Every activity that collects data is on a timeline.";
    rules.graded("U3.11", "USDM 4.0", words, collecting.len(), lost.collect(), Severity::Warning);
}

fn annotations(whole: &Whole, rules: &mut Rules) {
    let mut broken = Vec::new();
    let mut checked = 0;
    for dataset in whole.datasets {
        for column in dataset.columns.iter().filter(|column| column.origin == Origin::Collected) {
            checked += 1;
            let key = (dataset.name.clone(), column.name.clone());
            if whole.acrf.pages.get(&key).is_none_or(|pages| pages.iter().any(|page| *page > whole.acrf.count)) {
                broken.push((format!("{}.{}", dataset.name, column.name), "No page bears the annotation.".to_owned()));
            }
        }
    }
    let words = "Every collected origin leads to a page that bears the annotation, and back.";
    rules.rule("A11", "SDTM-MSG 2.0", words, checked, broken);
    let mut seen = BTreeSet::new();
    let twice = whole.forms.iter().filter(|form| !seen.insert(&form.oid));
    let twice = twice.map(|form| (form.oid.clone(), "The form is annotated twice.".to_owned()));
    rules.rule("A8", "SDTM-MSG 2.0", "Each form is annotated once.", whole.forms.len(), twice.collect());
}

fn identifiers(whole: &Whole, rules: &mut Rules) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for form in whole.forms {
        *count.entry(&form.oid).or_default() += 1;
        for group in &form.groups {
            *count.entry(&group.oid).or_default() += 1;
            for field in &group.fields {
                *count.entry(&field.oid).or_default() += 1;
            }
        }
    }
    let twice = count.iter().filter(|(_, count)| **count > 1);
    let twice = twice.map(|(oid, count)| ((*oid).to_owned(), format!("The identifier is used {count} times.")));
    rules.rule(
        "O2",
        "ODM 1.3.2, 2.0",
        "Identifiers are unique and every reference resolves.",
        count.len(),
        twice.collect(),
    );
}

fn kit(whole: &Whole, rules: &mut Rules) {
    let wrong = whole.cases.iter().filter(|case| !agrees(case));
    let wrong =
        wrong.map(|case| (case.check.oid.clone(), format!("The case {} does not come out as expected.", case.subject)));
    rules.rule("X6.1", "Test kit", "Every case comes out as expected.", whole.cases.len(), wrong.collect());
    let mut kinds: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for case in whole.cases {
        let entry = kinds.entry(&case.check.oid).or_default();
        entry.0 |= case.expected;
        entry.1 |= !case.expected;
    }
    let lone = kinds.iter().filter(|(_, (fires, passes))| !fires || !passes);
    let lone = lone.map(|(oid, _)| ((*oid).to_owned(), "There is no pair of a firing and a passing case.".to_owned()));
    let words = "Every edit check has a case that fires it and one that passes.";
    rules.rule("X6.2", "Test kit", words, kinds.len(), lone.collect());
}
