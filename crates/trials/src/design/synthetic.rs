//! Synthetic subjects that follow the design: every one is made up, marked as such, and the same for the same seed.

mod findings;
mod records;

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use super::dataset::{Cell, Dataset};
use super::form::Form;
use super::schedule::Schedule;
use super::time::{DAY, date, day_number, duration};
use super::trial::{Step, steps};
use super::usdm::model::Study;
use super::words::{ascii, cut, number};

/// How a made-up subject passes through the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Completes,
    Withdraws,
    FailsScreening,
}

/// One made-up subject.
pub(crate) struct Subject<'a> {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) course: Course,
    pub(crate) arm: Option<(&'a str, &'a str)>,
    /// Day number of study day 1.
    pub(crate) anchor: i64,
    /// Visits that took place: index and day number.
    pub(crate) visits: Vec<(usize, i64)>,
    pub(crate) elements: Vec<Passed<'a>>,
    pub(crate) exposure: Vec<(i64, i64)>,
}

/// An element that a subject passed.
pub(crate) struct Passed<'a> {
    pub(crate) step: &'a Step<'a>,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Subject<'_> {
    /// Day number of the first treatment, when there was one.
    pub(crate) fn first_dose(&self) -> Option<i64> {
        self.exposure.first().map(|(from, _)| *from)
    }

    pub(crate) fn first_contact(&self) -> i64 {
        self.visits.first().map_or(self.anchor, |(_, day)| *day)
    }

    pub(crate) fn last_contact(&self) -> i64 {
        self.visits.last().map_or(self.anchor, |(_, day)| *day)
    }

    /// Study day 1 of the schedule, for a subject who was treated: the reference start.
    pub(crate) fn reference(&self) -> Option<i64> {
        self.first_dose().map(|_| self.anchor)
    }

    /// Study day of a date, without a day 0; missing for a subject who was not treated.
    pub(crate) fn study_day(&self, day: i64) -> Cell {
        let Some(reference) = self.reference() else { return Cell::Missing };
        let days = day - reference;
        Cell::some(i32::try_from(if days >= 0 { days + 1 } else { days }).ok())
    }

    /// EPOCH of a date.
    pub(crate) fn epoch(&self, day: i64) -> Cell {
        let within = self.elements.iter().rfind(|passed| passed.from <= day);
        within.or(self.elements.first()).map_or(Cell::Missing, |passed| Cell::text(&passed.step.epoch.term))
    }
}

/// What the records are made from.
pub(crate) struct World<'a> {
    pub(crate) study: &'a Study,
    pub(crate) schedule: &'a Schedule,
    pub(crate) forms: &'a [Form],
    pub(crate) points: Points,
}

/// Every planned moment of the study with its number and its name: --TPTNUM and --TPT go together one to one.
pub(crate) type Points = BTreeMap<(i64, String), (usize, String)>;

pub(crate) fn points(schedule: &Schedule) -> Points {
    let all = schedule.cells.iter().flat_map(|cell| &cell.points);
    let distinct: BTreeSet<(i64, String)> = all.map(|point| (point.minutes, point.name.clone())).collect();
    let mut taken = BTreeSet::new();
    let numbered = distinct.into_iter().enumerate().map(|(at, (minutes, name))| {
        let plain = cut(&ascii(&name), 28).0.to_owned();
        let plain = if plain.is_empty() { format!("Point {}", at + 1) } else { plain };
        let mut shown = plain.clone();
        for apart in [format!("{plain} ({})", duration(minutes)), format!("{plain} {at}")] {
            if taken.contains(&shown) {
                shown = apart;
            }
        }
        taken.insert(shown.clone());
        ((minutes, name), (at + 1, shown))
    });
    numbered.collect()
}

pub(crate) fn fill(world: &World, datasets: &mut [Dataset], seed: u64, count: u16) {
    if world.schedule.visits.is_empty() {
        return;
    }
    let all = steps(world.study);
    let mut chance = Chance::new(seed);
    let subjects: Vec<Subject> = (0..count).map(|at| subject(world, &all, at, count, &mut chance)).collect();
    let mut by_name: BTreeMap<String, &mut Dataset> =
        datasets.iter_mut().map(|dataset| (dataset.name.clone(), dataset)).collect();
    for subject in &subjects {
        records::all(world, subject, &mut by_name, &mut chance);
        findings::all(world, subject, &mut by_name, &mut chance);
    }
    for dataset in by_name.into_values() {
        dataset.sort();
        sequence(dataset);
        if dataset.rows.is_empty() && dataset.empty_because.is_empty() {
            dataset.empty_because = "No synthetic subject has such a record.".to_owned();
        }
    }
}

/// Numbers the records of each subject in the order of the keys.
fn sequence(dataset: &mut Dataset) {
    let Some(at) = dataset.at(&format!("{}SEQ", dataset.name)) else { return };
    let Some(subject) = dataset.at("USUBJID") else { return };
    let mut last = Cell::Missing;
    let mut count = 0;
    for row in &mut dataset.rows {
        let own = row.get(subject).cloned().unwrap_or(Cell::Missing);
        count = if own == last { count + 1 } else { 1 };
        last = own;
        if let Some(cell) = row.get_mut(at) {
            *cell = Cell::number(count);
        }
    }
}

fn subject<'a>(world: &World<'a>, all: &'a [Step<'a>], at: u16, count: u16, chance: &mut Chance) -> Subject<'a> {
    let arms = &world.study.design.arms;
    let course = match at {
        // The last subject fails screening and the one before leaves early, so that every path has a record.
        at if at + 1 == count && count > 2 => Course::FailsScreening,
        at if at + 2 == count && count > 3 => Course::Withdraws,
        _ => Course::Completes,
    };
    let arm = arms.get(usize::from(at) % arms.len().max(1));
    let anchor = day_number(2024, 1, 8) + i64::from(at) * 3;
    let number = format!("{:04}", at + 1);
    let study = cut(&ascii(&world.study.identifier), 30).0.to_owned();
    let mut subject = Subject {
        id: format!("{study}-901-{number}"),
        number,
        course,
        arm: arm.filter(|_| course != Course::FailsScreening).map(|arm| (arm.code.as_str(), arm.text.as_str())),
        anchor,
        visits: Vec::new(),
        elements: Vec::new(),
        exposure: Vec::new(),
    };
    subject.visits = visits(world.schedule, course, anchor, chance);
    let own: Vec<&'a Step> = all.iter().filter(|step| arm.is_some_and(|arm| arm.code == step.arm.code)).collect();
    subject.elements = elements(world.schedule, &own, &subject);
    subject.exposure = exposure(&subject);
    subject
}

/// The dates on which a subject comes: inside every window, never before the visit before.
fn visits(schedule: &Schedule, course: Course, anchor: i64, chance: &mut Chance) -> Vec<(usize, i64)> {
    let offset = |day: i32| i64::from(if day > 0 { day - 1 } else { day });
    let mut planned: Vec<(usize, i64, i64, i64)> = schedule
        .visits
        .iter()
        .enumerate()
        .filter_map(|(at, visit)| {
            let day = offset(visit.day?);
            let (low, high) =
                visit.window.filter(|(low, high)| low <= high).map_or((day, day), |(l, h)| (offset(l), offset(h)));
            Some((at, day, low, high))
        })
        .collect();
    planned.sort_by_key(|(at, day, ..)| (*day, *at));
    let screening = planned.iter().take_while(|(_, day, ..)| *day < 0).count().max(1);
    let kept = match course {
        Course::Completes => planned.len(),
        Course::Withdraws => (screening + planned.len()).div_ceil(2).max(1),
        Course::FailsScreening => 1,
    };
    let mut last = i64::MIN;
    let mut dates = Vec::new();
    for (at, day, low, high) in planned.into_iter().take(kept) {
        // Screening never runs past the day before treatment, and treatment never starts before day 1.
        let (low, high) = if day < 0 { (low, high.min(-1)) } else { (low.max(0), high) };
        let near = (day - 2).max(low)..=(day + 2).min(high);
        let chosen = if near.is_empty() || day == 0 { day } else { chance.between(*near.start(), *near.end()) };
        let date = (anchor + chosen).max(last);
        last = date;
        dates.push((at, date));
    }
    dates
}

fn elements<'a>(schedule: &Schedule, own: &[&'a Step<'a>], subject: &Subject) -> Vec<Passed<'a>> {
    let reached = |epoch: usize| {
        let mut days =
            subject.visits.iter().filter(|(at, _)| schedule.visits.get(*at).is_some_and(|v| v.epoch_at == Some(epoch)));
        days.next().map(|(_, day)| *day)
    };
    let mut passed: Vec<Passed> = Vec::new();
    for (at, step) in own.iter().enumerate() {
        let start = if at == 0 { Some(subject.first_contact()) } else { reached(step.epoch_at) };
        // An element whose epoch has no visit of its own begins where the one before ended.
        let later = own.iter().skip(at + 1).any(|later| reached(later.epoch_at).is_some());
        let Some(from) = start.or_else(|| later.then(|| passed.last().map(|last| last.from)).flatten()) else { break };
        if subject.course == Course::FailsScreening && at > 0 {
            break;
        }
        let from = passed.last().map_or(from, |last| last.from.max(from));
        passed.push(Passed { step, from, to: subject.last_contact() });
    }
    let starts: Vec<i64> = passed.iter().map(|passed| passed.from).collect();
    for (at, passed) in passed.iter_mut().enumerate() {
        passed.to = starts.get(at + 1).copied().unwrap_or(subject.last_contact()).max(passed.from);
    }
    passed
}

/// From and to of every stretch of treatment.
fn exposure(subject: &Subject) -> Vec<(i64, i64)> {
    if subject.course == Course::FailsScreening {
        return Vec::new();
    }
    let treats = |passed: &&Passed| {
        let term = &passed.step.epoch.term;
        ["TREATMENT", "INTERVENTION", "PRODUCT EXPOSURE"].iter().any(|word| term.contains(word))
    };
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for passed in subject.elements.iter().filter(treats) {
        let from = passed.from.max(subject.anchor);
        let from = stretches.last().map_or(from, |(_, to): &(i64, i64)| from.max(to + 1));
        stretches.push((from, (passed.to - 1).max(from)));
    }
    if stretches.is_empty() && subject.last_contact() >= subject.anchor {
        stretches.push((subject.anchor, subject.last_contact().max(subject.anchor)));
    }
    stretches
}

pub(crate) fn day(day: i64) -> Cell {
    Cell::text(&date(day))
}

/// A date with a time of day, minutes counted from eight in the morning.
pub(crate) fn moment(day: i64, minutes: i64) -> String {
    let at = 8 * 60 + minutes;
    let (days, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    format!("{}T{:02}:{:02}", date(day + days), rest / 60, rest % 60)
}

pub(crate) fn shown(value: f64, digits: usize) -> String {
    if digits == 0 { number(value.round()) } else { format!("{value:.digits$}") }
}
