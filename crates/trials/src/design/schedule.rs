//! The schedule of activities, resolved: timelines become visits with days and windows, and a matrix of cells.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::finding::{
    Notes, Severity, U3_ANCHOR, U3_CYCLE, U3_EXIT, U3_LOOP, U3_ORDER, U3_TIMING, U6_CONDITION, U6_WHOLE,
};
use super::time::{DAY, minutes};
use super::usdm::model::{Design, Instance, Relation, Study, Timeline};
use super::words::{ascii, cut};

/// A planned visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Visit {
    /// VISITNUM.
    pub number: u32,
    /// VISIT.
    pub name: String,
    /// Planned study day, without a day 0; `None` when the protocol gives no timing.
    pub day: Option<i32>,
    /// First and last study day of the window.
    pub window: Option<(i32, i32)>,
    /// EPOCH.
    pub epoch: String,
    /// JSON pointer to the encounter.
    pub path: String,
    #[serde(skip)]
    pub(crate) moment: Option<i64>,
    #[serde(skip)]
    pub(crate) start: String,
    #[serde(skip)]
    pub(crate) end: String,
    #[serde(skip)]
    pub(crate) epoch_at: Option<usize>,
    #[serde(skip)]
    pub(crate) remote: bool,
}

/// A planned moment within a visit, from a sub-timeline or from a second instance of the same encounter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// What the protocol calls it.
    pub name: String,
    /// Minutes after the visit's reference, negative before it.
    pub minutes: i64,
}

/// One cell of the matrix: this activity is done at this visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Index into the activities of the design.
    pub activity: usize,
    /// Index into the visits.
    pub visit: usize,
    /// The moments within the visit, empty when the activity is done once.
    pub points: Vec<Point>,
    /// Words of the conditions that lead here, when the visit hangs on a decision.
    pub condition: String,
}

/// When a timeline besides the main one applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// The subject leaves early.
    Early,
    /// A visit that was not planned.
    Unscheduled,
    /// Runs through the whole study.
    Running,
}

/// A timeline that an occurrence starts, not the calendar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// What the protocol calls it.
    pub name: String,
    /// When it applies.
    pub occasion: Occasion,
    /// Indices of the activities.
    pub activities: Vec<usize>,
    /// JSON pointer to the timeline.
    pub path: String,
}

/// The resolved schedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Schedule {
    /// Planned visits in order.
    pub visits: Vec<Visit>,
    /// The matrix, ordered by visit and activity.
    pub cells: Vec<Cell>,
    /// Timelines that start on an occasion.
    pub events: Vec<Event>,
}

/// Instances beyond this many are not expanded.
const INSTANCES_MAX: usize = 20_000;

pub(crate) fn resolve(design: &Design, notes: &mut Notes) -> Schedule {
    let index: HashMap<&str, usize> =
        design.activities.iter().enumerate().map(|(at, activity)| (activity.named.id.as_str(), at)).collect();
    let offsets: Vec<HashMap<&str, i64>> =
        design.timelines.iter().map(|timeline| self::offsets(timeline, notes)).collect();
    let walks: Vec<Walk> = design.timelines.iter().map(|timeline| walk(timeline, notes)).collect();
    let mut schedule = Schedule::default();
    let Some(main) = design.timelines.iter().position(|timeline| timeline.main).or(
        // Without a flag the timeline that schedules most encounters is the main one.
        (0..design.timelines.len()).max_by_key(|at| {
            let timeline = design.timelines.get(*at);
            timeline.map_or(0, |t| t.instances.iter().filter(|instance| !instance.encounter.is_empty()).count())
        }),
    ) else {
        return schedule;
    };
    let (Some(timeline), Some(offset), Some(walk)) = (design.timelines.get(main), offsets.get(main), walks.get(main))
    else {
        return schedule;
    };
    schedule.visits = visits(design, timeline, offset, walk, notes);
    let expand = Expand { design, index: &index, offsets: &offsets };
    schedule.cells = expand.cells(timeline, offset, walk, &schedule.visits);
    schedule.events = expand.events(main, &walks);
    order(&schedule.visits, notes);
    schedule
}

/// Marks the cells that the protocol asks for under a condition only.
pub(crate) fn condition(study: &Study, schedule: &mut Schedule, notes: &mut Notes) {
    let design = &study.design;
    let instances: HashMap<&str, &str> = design
        .timelines
        .iter()
        .flat_map(|timeline| &timeline.instances)
        .map(|instance| (instance.named.id.as_str(), instance.encounter.as_str()))
        .collect();
    for condition in study.conditions.iter().filter(|condition| !condition.words.is_empty()) {
        let applies: HashSet<&str> = condition.applies.iter().map(String::as_str).collect();
        let encounters: HashSet<&str> =
            condition.contexts.iter().filter_map(|id| instances.get(id.as_str()).copied()).collect();
        let mut found = false;
        for cell in &mut schedule.cells {
            let activity = design.activities.get(cell.activity).map_or("", |activity| activity.named.id.as_str());
            let encounter = design.encounters.get(cell.visit).map_or("", |encounter| encounter.named.id.as_str());
            let here = encounters.is_empty() || encounters.contains(encounter);
            if applies.contains(activity) && here && cell.condition.is_empty() {
                cell.condition.clone_from(&condition.words);
                found = true;
            }
        }
        if found {
            let words = format!("Done under a condition only: {}", cut(&condition.words, 200).0);
            notes.find(U6_CONDITION, Severity::Note, condition.path.clone(), words);
        }
    }
}

/// Minutes of every instance from the anchor of its timeline.
fn offsets<'a>(timeline: &'a Timeline, notes: &mut Notes) -> HashMap<&'a str, i64> {
    let mut timed: HashMap<&str, (Relation, i64, &str)> = HashMap::new();
    let mut anchored = false;
    for timing in &timeline.timings {
        let length = minutes(&timing.value);
        if length.is_none() {
            let words =
                format!("\"{}\" is not an ISO 8601 duration; the moment is left open.", cut(&timing.value, 60).0);
            notes.find(U3_TIMING, Severity::Error, format!("{}/value", timing.path), words);
        }
        anchored |= timing.relation == Relation::Fixed;
        if let Some(length) = length {
            timed.insert(&timing.from, (timing.relation, length, &timing.to));
        }
    }
    if !anchored && !timeline.timings.is_empty() {
        let words = format!("The timeline {} has no fixed reference.", timeline.named.title());
        notes.find(U3_ANCHOR, Severity::Error, timeline.named.path.clone(), words);
    }
    let mut known: HashMap<&str, i64> = HashMap::new();
    for start in timed.keys().copied().collect::<BTreeSet<_>>() {
        let mut trail: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        let mut here = start;
        let base = loop {
            if let Some(known) = known.get(here) {
                break Some(*known);
            }
            if !seen.insert(here) {
                let words = "The timings run in a circle; the moments in it are left open.";
                notes.find(U3_CYCLE, Severity::Error, timeline.named.path.clone(), words);
                break None;
            }
            match timed.get(here) {
                Some((Relation::Fixed, ..)) => {
                    known.insert(here, 0);
                    break Some(0);
                }
                Some((_, _, to)) => {
                    trail.push(here);
                    here = to;
                }
                // A reference to an untimed instance: that one becomes an anchor of its own.
                None => break Some(0),
            }
        };
        let Some(mut at) = base else { continue };
        for from in trail.iter().rev() {
            let Some((relation, length, _)) = timed.get(from) else { continue };
            at = match relation {
                Relation::Before => at.saturating_sub(*length),
                _ => at.saturating_add(*length),
            };
            known.insert(from, at);
        }
    }
    known
}

/// The instances of a timeline in the order in which a subject may pass them, with the conditions on the way.
struct Walk {
    order: Vec<(usize, String)>,
}

fn walk(timeline: &Timeline, notes: &mut Notes) -> Walk {
    let at: HashMap<&str, usize> =
        timeline.instances.iter().enumerate().map(|(at, instance)| (instance.named.id.as_str(), at)).collect();
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    let mut exits = false;
    let mut open: Vec<(usize, String)> =
        at.get(timeline.entry.as_str()).map(|at| (*at, String::new())).into_iter().collect();
    while let Some((here, condition)) = open.pop() {
        if !seen.insert(here) || order.len() >= INSTANCES_MAX {
            continue;
        }
        let Some(instance) = timeline.instances.get(here) else { continue };
        exits |= !instance.exit.is_empty();
        // ORDER: the default path is pushed last, so it is walked first.
        for (words, target) in instance.branches.iter().rev() {
            if let Some(target) = at.get(target.as_str()) {
                if seen.contains(target) {
                    let what = cut(words, 80).0;
                    let words = format!("{} may lead back (\"{what}\"); one pass is planned.", instance.named.title());
                    notes.find(U3_LOOP, Severity::Note, instance.named.path.clone(), words);
                }
                open.push((*target, words.clone()));
            }
        }
        if let Some(next) = at.get(instance.next.as_str()) {
            open.push((*next, String::new()));
        } else if !instance.next.is_empty() {
            // A default that names an exit leaves the timeline.
            exits = true;
        }
        order.push((here, condition));
    }
    if !exits && !timeline.instances.is_empty() {
        let words = format!("The timeline {} does not reach an exit.", timeline.named.title());
        notes.find(U3_EXIT, Severity::Error, timeline.named.path.clone(), words);
    }
    let missed = timeline.instances.len().saturating_sub(seen.len());
    if missed > 0 && timeline.instances.len() < INSTANCES_MAX {
        let words = format!("{missed} instances of {} cannot be reached from its entry.", timeline.named.title());
        notes.find(U3_EXIT, Severity::Error, timeline.named.path.clone(), words);
        order.extend((0..timeline.instances.len()).filter(|at| !seen.contains(at)).map(|at| (at, String::new())));
    }
    Walk { order }
}

/// Study day of a moment: the anchor is on day 1 and there is no day 0.
fn study_day(moment: i64) -> i32 {
    let days = moment.div_euclid(DAY);
    let day = if days >= 0 { days.saturating_add(1) } else { days };
    i32::try_from(day).unwrap_or(if day < 0 { -99_999 } else { 99_999 })
}

fn visits(
    design: &Design,
    timeline: &Timeline,
    offsets: &HashMap<&str, i64>,
    walk: &Walk,
    notes: &mut Notes,
) -> Vec<Visit> {
    let mut first: HashMap<&str, &Instance> = HashMap::new();
    for instance in walk.order.iter().filter_map(|(at, _)| timeline.instances.get(*at)) {
        if !instance.encounter.is_empty() {
            first.entry(&instance.encounter).or_insert(instance);
        }
    }
    let timings: HashMap<&str, &str> =
        timeline.timings.iter().map(|timing| (timing.id.as_str(), timing.from.as_str())).collect();
    let windows: HashMap<&str, &Option<(String, String)>> =
        timeline.timings.iter().map(|timing| (timing.from.as_str(), &timing.window)).collect();
    let epochs: HashMap<&str, usize> =
        design.epochs.iter().enumerate().map(|(at, epoch)| (epoch.named.id.as_str(), at)).collect();
    let mut taken = HashSet::new();
    let mut visits = Vec::new();
    for encounter in &design.encounters {
        let scheduled = timings.get(encounter.scheduled_at.as_str());
        let instance = first.get(encounter.named.id.as_str());
        let from = scheduled.copied().or(instance.map(|instance| instance.named.id.as_str()));
        let moment = from.and_then(|from| offsets.get(from).copied());
        let given = from.and_then(|from| windows.get(from).copied()).and_then(Option::as_ref);
        let bound = |text: &str| if text.is_empty() { Some(0) } else { minutes(text) };
        let window = moment.zip(given).and_then(|(moment, (lower, upper))| {
            let (low, high) = (moment.saturating_sub(bound(lower)?), moment.saturating_add(bound(upper)?));
            Some((study_day(low), study_day(high)))
        });
        if instance.is_none() {
            let words = format!("{} is not scheduled on the main timeline.", encounter.named.title());
            notes.find(U6_WHOLE, Severity::Warning, encounter.named.path.clone(), words);
        }
        let epoch_at = instance.and_then(|instance| epochs.get(instance.epoch.as_str()).copied());
        let number = u32::try_from(visits.len()).unwrap_or(u32::MAX - 1).saturating_add(1);
        visits.push(Visit {
            number,
            name: visit_name(encounter.named.title(), number, &mut taken, &encounter.named.path, notes),
            day: moment.map(study_day),
            window,
            epoch: epoch_at.and_then(|at| design.epochs.get(at)).map(|epoch| epoch.term.clone()).unwrap_or_default(),
            path: encounter.named.path.clone(),
            moment,
            start: encounter.start.clone(),
            end: encounter.end.clone(),
            epoch_at,
            remote: encounter.modes.iter().any(|mode| mode.decode.to_lowercase().contains("phone")),
        });
    }
    visits
}

fn visit_name(title: &str, number: u32, taken: &mut HashSet<String>, path: &str, notes: &mut Notes) -> String {
    let plain = cut(&ascii(title), 60).0.to_owned();
    let name = if plain.is_empty() { format!("Visit {number}") } else { plain };
    let name = if taken.contains(&name) { format!("{name} ({number})") } else { name };
    if name != title {
        notes.propose(
            format!("{path}/label"),
            title,
            &name,
            "VISIT is unique, printable ASCII, 60 characters at most.",
        );
    }
    taken.insert(name.clone());
    name
}

struct Expand<'a> {
    design: &'a Design,
    index: &'a HashMap<&'a str, usize>,
    offsets: &'a [HashMap<&'a str, i64>],
}

impl Expand<'_> {
    fn cells(&self, timeline: &Timeline, offsets: &HashMap<&str, i64>, walk: &Walk, visits: &[Visit]) -> Vec<Cell> {
        let encounters: HashMap<&str, usize> = self
            .design
            .encounters
            .iter()
            .enumerate()
            .map(|(at, encounter)| (encounter.named.id.as_str(), at))
            .collect();
        let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
        for (instance, condition) in walk.order.iter().filter_map(|(at, c)| Some((timeline.instances.get(*at)?, c))) {
            let Some(visit) = encounters.get(instance.encounter.as_str()).copied() else { continue };
            let base = visits.get(visit).and_then(|visit| visit.moment);
            let here = offsets.get(instance.named.id.as_str()).copied();
            let shift = base.zip(here).map_or(0, |(base, here)| here.saturating_sub(base));
            let mut done = self.activities(&instance.activities);
            done.extend(self.sub(&instance.timeline, shift, 0).into_iter().map(|(activity, _)| activity));
            for activity in done {
                let cell = cells.entry((visit, activity)).or_insert_with(|| Cell {
                    activity,
                    visit,
                    points: Vec::new(),
                    condition: condition.clone(),
                });
                if shift != 0 {
                    cell.points.push(Point { name: instance.named.title().to_owned(), minutes: shift });
                }
                let sub = self.design.activities.get(activity).map_or("", |activity| activity.timeline.as_str());
                for (inner, point) in self.sub(sub, shift, 0) {
                    let cell = cells.entry((visit, inner)).or_insert_with(|| Cell {
                        activity: inner,
                        visit,
                        points: Vec::new(),
                        condition: condition.clone(),
                    });
                    cell.points.push(point);
                }
            }
        }
        cells.into_values().collect()
    }

    fn activities(&self, ids: &[String]) -> Vec<usize> {
        ids.iter().filter_map(|id| self.index.get(id.as_str()).copied()).collect()
    }

    /// The activities of a sub-timeline with their moments.
    fn sub(&self, id: &str, shift: i64, depth: usize) -> Vec<(usize, Point)> {
        let found = self.design.timelines.iter().zip(self.offsets).find(|(timeline, _)| timeline.named.id == id);
        // Timelines may call timelines; four levels are more than any study has, and end every circle.
        let Some((timeline, offsets)) = found.filter(|(timeline, _)| depth < 4 && !id.is_empty() && !timeline.main)
        else {
            return Vec::new();
        };
        let mut points = Vec::new();
        for instance in &timeline.instances {
            let at = offsets.get(instance.named.id.as_str()).copied().unwrap_or(0).saturating_add(shift);
            for activity in self.activities(&instance.activities) {
                points.push((activity, Point { name: instance.named.title().to_owned(), minutes: at }));
            }
            points.extend(self.sub(&instance.timeline, at, depth + 1));
        }
        points
    }

    fn events(&self, main: usize, walks: &[Walk]) -> Vec<Event> {
        let called: HashSet<&str> = self
            .design
            .activities
            .iter()
            .map(|activity| activity.timeline.as_str())
            .chain(self.design.timelines.iter().flat_map(|t| t.instances.iter().map(|i| i.timeline.as_str())))
            .collect();
        let mut events = Vec::new();
        for (at, (timeline, walk)) in self.design.timelines.iter().zip(walks).enumerate() {
            let words = format!("{} {}", timeline.named.title(), timeline.entry_condition).to_lowercase();
            let occasion = if words.contains("early") || words.contains("terminat") || words.contains("withdraw") {
                Occasion::Early
            } else if words.contains("unscheduled") {
                Occasion::Unscheduled
            } else {
                Occasion::Running
            };
            let running = words.contains("adverse") || !called.contains(timeline.named.id.as_str());
            if at == main || !running {
                continue;
            }
            let mut activities = BTreeSet::new();
            for instance in walk.order.iter().filter_map(|(at, _)| timeline.instances.get(*at)) {
                activities.extend(self.activities(&instance.activities));
                activities.extend(self.sub(&instance.timeline, 0, 0).into_iter().map(|(activity, _)| activity));
            }
            events.push(Event {
                name: cut(&ascii(timeline.named.title()), 60).0.to_owned(),
                occasion,
                activities: activities.into_iter().collect(),
                path: timeline.named.path.clone(),
            });
        }
        events
    }
}

fn order(visits: &[Visit], notes: &mut Notes) {
    for (one, next) in visits.iter().zip(visits.iter().skip(1)) {
        if let Some((before, after)) = one.moment.zip(next.moment)
            && before > after
        {
            let words = format!("{} is planned before {}, which precedes it in the protocol.", next.name, one.name);
            notes.find(U3_ORDER, Severity::Warning, next.path.clone(), words);
        }
        if let Some((low, high)) = next.window
            && low > high
        {
            notes.find(
                U3_ORDER,
                Severity::Error,
                next.path.clone(),
                format!("The window of {} ends before it begins.", next.name),
            );
        }
    }
}
