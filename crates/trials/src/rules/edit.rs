//! One change to the schedule of activities at a time.

use model::{Refusal, RefusalKind};
use serde_json::{Value, json};

use super::duration;
use super::matrix::anchor;
use super::protocol::{Minter, Protocol, at, gone, items, items_mut, put, relink, text, with_id};

/// Activities or visits beyond this many are not added here.
const PARTS_MAX: usize = 2_000;
/// The longest name of a part.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest condition.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// The furthest day from the anchor.
const DAYS_MAX: i64 = 36_500;

/// What somebody does to the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The activity is done at the visit, or not.
    Mark { activity: String, visit: String, on: bool },
    /// A new activity, behind another or at the end.
    AddActivity { label: String, after: Option<String> },
    /// A new visit, behind another or at the end.
    AddVisit { label: String, epoch: String, timing: Timing, after: Option<String> },
    /// Another name.
    Rename { part: Part, id: String, label: String },
    /// One place up or down, that is, left or right.
    Move { part: Part, id: String, later: bool },
    /// Taken out, with its marks.
    Remove { part: Part, id: String },
    /// Another day, window or epoch of a visit.
    Time { visit: String, epoch: String, timing: Timing },
    /// A condition on one cell.
    Note { activity: String, visit: String, words: String },
    /// A condition taken away.
    DropNote { id: String },
}

/// Rows or columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Activities.
    Activity,
    /// Visits.
    Visit,
}

/// When a visit is, in days from the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Negative before the anchor.
    pub day: Option<i64>,
    /// Days before and after that still count.
    pub window: Option<(i64, i64)>,
}

impl Part {
    const fn list(self) -> &'static str {
        match self {
            Self::Activity => "activities",
            Self::Visit => "encounters",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Visit => "visit",
        }
    }
}

impl Edit {
    /// What it does, in the words of the history.
    pub fn words(&self) -> String {
        match self {
            Self::Mark { on: true, .. } => "marked a cell".to_owned(),
            Self::Mark { on: false, .. } => "cleared a cell".to_owned(),
            Self::AddActivity { label, .. } => format!("added the activity “{label}”"),
            Self::AddVisit { label, .. } => format!("added the visit “{label}”"),
            Self::Rename { part, label, .. } => {
                format!("renamed a {} to “{label}”", part.word()).replace("a activity", "an activity")
            }
            Self::Move { part: Part::Activity, .. } => "moved an activity".to_owned(),
            Self::Move { .. } => "moved a visit".to_owned(),
            Self::Remove { part: Part::Activity, .. } => "removed an activity".to_owned(),
            Self::Remove { .. } => "removed a visit".to_owned(),
            Self::Time { .. } => "changed when a visit is".to_owned(),
            Self::Note { .. } => "put a condition on a cell".to_owned(),
            Self::DropNote { .. } => "took a condition away".to_owned(),
        }
    }

    /// Does it.
    pub fn apply(&self, protocol: &mut Protocol) -> Result<(), Refusal> {
        match self {
            Self::Mark { activity, visit, on } => mark(protocol, activity, visit, *on),
            Self::AddActivity { label, after } => add_activity(protocol, label, after.as_deref()).map(drop),
            Self::AddVisit { label, epoch, timing, after } => {
                add_visit(protocol, label, epoch, *timing, after.as_deref()).map(drop)
            }
            Self::Rename { part, id, label } => rename(protocol, *part, id, label),
            Self::Move { part, id, later } => move_one(protocol, *part, id, *later),
            Self::Remove { part: Part::Activity, id } => remove_activity(protocol, id),
            Self::Remove { part: Part::Visit, id } => remove_visit(protocol, id),
            Self::Time { visit, epoch, timing } => time(protocol, visit, epoch, *timing),
            Self::Note { activity, visit, words } => note(protocol, activity, visit, words),
            Self::DropNote { id } => drop_note(protocol, id),
        }
    }
}

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Invalid, words)
}

/// A name as it is stored: trimmed, not empty, not too long.
pub(crate) fn named(label: &str) -> Result<&str, Refusal> {
    let label = label.trim();
    match label.chars().count() {
        0 => Err(invalid("Enter a name.")),
        count if count > NAME_CHARS_MAX => Err(invalid(format!("Use at most {NAME_CHARS_MAX} characters."))),
        _ => Ok(label),
    }
}

fn known(protocol: &Protocol, part: Part, id: &str) -> Result<(), Refusal> {
    let found = items(protocol.design(), part.list()).iter().any(|one| text(one, "id") == id);
    if found { Ok(()) } else { Err(gone()) }
}

fn mark(protocol: &mut Protocol, activity: &str, visit: &str, on: bool) -> Result<(), Refusal> {
    known(protocol, Part::Activity, activity)?;
    known(protocol, Part::Visit, visit)?;
    let mut minter = protocol.minter();
    let instances = items_mut(protocol.timeline_mut()?, "instances")?;
    let mut here = instances.iter_mut().filter(|one| text(one, "encounterId") == visit);
    if !on {
        for instance in here {
            items_mut(instance, "activityIds")?.retain(|id| id.as_str() != Some(activity));
        }
        return Ok(());
    }
    if let Some(first) = here.next() {
        let ids = items_mut(first, "activityIds")?;
        if !ids.iter().any(|id| id.as_str() == Some(activity)) {
            ids.push(activity.into());
        }
        return Ok(());
    }
    let id = instance(&mut minter, visit, visit, "", &[activity]);
    instances.push(id);
    rechain(protocol)
}

fn instance(minter: &mut Minter, label: &str, visit: &str, epoch: &str, activities: &[&str]) -> Value {
    let id = minter.id("ScheduledActivityInstance");
    let epoch = if epoch.is_empty() { Value::Null } else { epoch.into() };
    json!({ "id": id, "extensionAttributes": [], "name": id, "label": label, "description": "",
        "defaultConditionId": null, "epochId": epoch, "timelineId": null, "timelineExitId": null,
        "activityIds": activities, "encounterId": visit, "instanceType": "ScheduledActivityInstance" })
}

/// Adds an activity and says which id it got.
pub(crate) fn add_activity(protocol: &mut Protocol, label: &str, after: Option<&str>) -> Result<String, Refusal> {
    let label = named(label)?;
    let id = protocol.minter().id("Activity");
    let value = json!({ "id": id, "extensionAttributes": [], "name": label, "label": label, "description": "",
        "previousId": null, "nextId": null, "childIds": [], "definedProcedures": [], "biomedicalConceptIds": [],
        "bcCategoryIds": [], "bcSurrogateIds": [], "timelineId": null, "notes": [], "instanceType": "Activity" });
    insert(protocol.list_mut("activities")?, value, after)?;
    Ok(id)
}

fn insert(list: &mut Vec<Value>, value: Value, after: Option<&str>) -> Result<(), Refusal> {
    if list.len() >= PARTS_MAX {
        return Err(invalid(format!("A study may have {PARTS_MAX} of these.")));
    }
    let place = after.and_then(|after| list.iter().position(|one| text(one, "id") == after));
    list.insert(place.map_or(list.len(), |place| place + 1), value);
    relink(list);
    Ok(())
}

/// Adds a visit with its place on the main timeline and says which id it got.
pub(crate) fn add_visit(
    protocol: &mut Protocol,
    label: &str,
    epoch: &str,
    timing: Timing,
    after: Option<&str>,
) -> Result<String, Refusal> {
    let label = named(label)?;
    checked(timing)?;
    let mut minter = protocol.minter();
    let id = minter.id("Encounter");
    let value = json!({ "id": id, "extensionAttributes": [], "name": label, "label": label, "description": "",
        "type": minter.code("C25716", "Visit"), "previousId": null, "nextId": null, "scheduledAtId": null,
        "environmentalSettings": [], "contactModes": [], "transitionStartRule": null, "transitionEndRule": null,
        "notes": [], "instanceType": "Encounter" });
    let on_timeline = instance(&mut minter, label, &id, epoch, &[]);
    insert(protocol.list_mut("encounters")?, value, after)?;
    items_mut(protocol.timeline_mut()?, "instances")?.push(on_timeline);
    rechain(protocol)?;
    time(protocol, &id, epoch, timing)?;
    Ok(id)
}

fn checked(timing: Timing) -> Result<(), Refusal> {
    let far = |days: i64| !(-DAYS_MAX..=DAYS_MAX).contains(&days);
    let window_far = timing.window.is_some_and(|(low, high)| far(low) || far(high) || low < 0 || high < 0);
    if timing.day.is_some_and(far) || window_far {
        return Err(invalid("Days lie within 100 years, and a window counts days before and after from 0."));
    }
    Ok(())
}

fn rename(protocol: &mut Protocol, part: Part, id: &str, label: &str) -> Result<(), Refusal> {
    let label = named(label)?;
    let map = with_id(items_mut(protocol.design_mut()?, part.list())?, id)?;
    put(map, "label", label);
    if map.get("name").and_then(Value::as_str).unwrap_or("").is_empty() {
        put(map, "name", label);
    }
    Ok(())
}

fn move_one(protocol: &mut Protocol, part: Part, id: &str, later: bool) -> Result<(), Refusal> {
    if part == Part::Visit {
        simple(protocol)?;
    }
    let list = protocol.list_mut(part.list())?;
    let here = list.iter().position(|one| text(one, "id") == id).ok_or_else(gone)?;
    let there = if later { here + 1 } else { here.wrapping_sub(1) };
    if there < list.len() {
        list.swap(here, there);
        relink(list);
    }
    if part == Part::Visit { rechain(protocol) } else { Ok(()) }
}

fn remove_activity(protocol: &mut Protocol, id: &str) -> Result<(), Refusal> {
    known(protocol, Part::Activity, id)?;
    let list = protocol.list_mut("activities")?;
    list.retain(|one| text(one, "id") != id);
    relink(list);
    protocol.forget(id);
    drop_idle_notes(protocol)
}

fn remove_visit(protocol: &mut Protocol, id: &str) -> Result<(), Refusal> {
    known(protocol, Part::Visit, id)?;
    let timeline = protocol.timeline_mut()?;
    let anchored = anchor(timeline).to_owned();
    let gone: Vec<String> = items(timeline, "instances")
        .iter()
        .filter(|one| text(one, "encounterId") == id)
        .map(|one| text(one, "id").to_owned())
        .collect();
    let others = items(timeline, "timings").iter().any(|one| {
        gone.iter().any(|id| id == text(one, "relativeToScheduledInstanceId"))
            && !gone.iter().any(|id| id == text(one, "relativeFromScheduledInstanceId"))
    });
    if others || gone.contains(&anchored) {
        return Err(invalid("Other visits are timed from this one. Time them from another visit first."));
    }
    simple(protocol)?;
    let timeline = protocol.timeline_mut()?;
    items_mut(timeline, "instances")?.retain(|one| text(one, "encounterId") != id);
    items_mut(timeline, "timings")?
        .retain(|one| !gone.iter().any(|id| id == text(one, "relativeFromScheduledInstanceId")));
    let list = protocol.list_mut("encounters")?;
    list.retain(|one| text(one, "id") != id);
    relink(list);
    protocol.forget(id);
    gone.iter().for_each(|id| protocol.forget(id));
    rechain(protocol)?;
    drop_idle_notes(protocol)
}

/// Refuses where the main timeline has decisions: their branches say an order of their own.
fn simple(protocol: &mut Protocol) -> Result<(), Refusal> {
    let timeline = protocol.timeline_mut()?;
    let decides =
        items(timeline, "instances").iter().any(|one| text(one, "instanceType") == "ScheduledDecisionInstance");
    if decides {
        return Err(invalid(
            "The timeline of this study has decisions, so the order of its visits cannot be changed here. Change it in the USDM document and bring that in.",
        ));
    }
    Ok(())
}

/// Puts the main timeline in the order of the visits, one leading to the next, the last to an exit.
fn rechain(protocol: &mut Protocol) -> Result<(), Refusal> {
    if simple(protocol).is_err() {
        return Ok(());
    }
    let visits: Vec<String> = protocol.listed("encounters").iter().map(|one| text(one, "id").to_owned()).collect();
    let mut minter = protocol.minter();
    let timeline = protocol.timeline_mut()?;
    let mut exit = items(timeline, "exits").first().map_or("", |one| text(one, "id")).to_owned();
    if exit.is_empty() {
        exit = minter.id("ScheduleTimelineExit");
        let value = json!({ "id": exit, "extensionAttributes": [], "instanceType": "ScheduleTimelineExit" });
        items_mut(timeline, "exits")?.push(value);
    }
    let instances = items_mut(timeline, "instances")?;
    // A moment without a visit of its own keeps its place behind the one before it.
    let mut last = 0;
    let mut ranked: Vec<(usize, Value)> = Vec::with_capacity(instances.len());
    for instance in instances.drain(..) {
        last = visits.iter().position(|id| id == text(&instance, "encounterId")).unwrap_or(last);
        ranked.push((last, instance));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    instances.extend(ranked.into_iter().map(|(_, instance)| instance));
    let ids: Vec<Value> = instances.iter().map(|one| text(one, "id").into()).collect();
    for (at, map) in instances.iter_mut().filter_map(Value::as_object_mut).enumerate() {
        let next = ids.get(at + 1).cloned().unwrap_or(Value::Null);
        put(map, "timelineExitId", if next.is_null() { exit.as_str().into() } else { Value::Null });
        put(map, "defaultConditionId", next);
    }
    let first = ids.first().cloned().unwrap_or_else(|| "".into());
    if let Some(map) = timeline.as_object_mut() {
        put(map, "entryId", first);
    }
    Ok(())
}

fn time(protocol: &mut Protocol, visit: &str, epoch: &str, timing: Timing) -> Result<(), Refusal> {
    known(protocol, Part::Visit, visit)?;
    checked(timing)?;
    if !epoch.is_empty() && !items(protocol.design(), "epochs").iter().any(|one| text(one, "id") == epoch) {
        return Err(gone());
    }
    let mut minter = protocol.minter();
    let timeline = protocol.timeline_mut()?;
    let fixed = anchor(timeline).to_owned();
    let instances = items_mut(timeline, "instances")?;
    let here = instances.iter_mut().find(|one| text(one, "encounterId") == visit).ok_or_else(gone)?;
    let instance = text(here, "id").to_owned();
    if !epoch.is_empty()
        && let Some(map) = here.as_object_mut()
    {
        put(map, "epochId", epoch);
    }
    let Some(day) = timing.day else { return Ok(()) };
    // The first visit that gets a day is what the others are timed from.
    let anchors = fixed.is_empty() || fixed == instance;
    let kind = match (anchors, day < 0) {
        (true, _) => minter.code("C201358", "Fixed Reference"),
        (false, true) => minter.code("C201357", "Before"),
        (false, false) => minter.code("C201356", "After"),
    };
    let value = duration::days(if anchors { 0 } else { day });
    let window = timing.window.filter(|(low, high)| (*low, *high) != (0, 0) && !anchors);
    let bound = |days: Option<i64>| days.map_or(Value::Null, |days| duration::days(days).into());
    let label = window.map_or(String::new(), |(low, high)| format!("-{low}..{high} days"));
    let timings = items_mut(timeline, "timings")?;
    let place = timings.iter().position(|one| text(one, "relativeFromScheduledInstanceId") == instance);
    if place.is_none() {
        let id = minter.id("Timing");
        timings.push(json!({ "id": id, "extensionAttributes": [], "name": id, "label": "", "description": "",
            "relativeToFrom": minter.code("C201355", "Start to Start"), "instanceType": "Timing" }));
    }
    let place = place.unwrap_or(timings.len().saturating_sub(1));
    let map = timings.get_mut(place).and_then(Value::as_object_mut).ok_or_else(gone)?;
    put(map, "type", kind);
    put(map, "valueLabel", duration::words(&value));
    put(map, "value", value);
    put(map, "relativeFromScheduledInstanceId", instance.clone());
    put(map, "relativeToScheduledInstanceId", if anchors { instance } else { fixed });
    put(map, "windowLower", bound(window.map(|(low, _)| low)));
    put(map, "windowUpper", bound(window.map(|(_, high)| high)));
    put(map, "windowLabel", label);
    Ok(())
}

fn note(protocol: &mut Protocol, activity: &str, visit: &str, words: &str) -> Result<(), Refusal> {
    known(protocol, Part::Activity, activity)?;
    let words = words.trim();
    if words.is_empty() || words.chars().count() > NOTE_CHARS_MAX {
        return Err(invalid(format!("Say the condition in up to {NOTE_CHARS_MAX} characters.")));
    }
    let timeline = protocol.timeline_mut()?;
    let contexts: Vec<String> = items(timeline, "instances")
        .iter()
        .filter(|one| text(one, "encounterId") == visit)
        .map(|one| text(one, "id").to_owned())
        .collect();
    if contexts.is_empty() {
        return Err(invalid("Mark the cell first; the condition is about doing it there."));
    }
    let id = protocol.minter().id("Condition");
    let conditions = items_mut(protocol.version_mut()?, "conditions")?;
    // The same words about the same activity are one condition at several visits.
    let same = conditions.iter_mut().find(|one| text(one, "text") == words && at(one, "/appliesToIds/0") == activity);
    if let Some(same) = same {
        let list = items_mut(same, "contextIds")?;
        for id in contexts {
            if !list.iter().any(|one| one.as_str() == Some(&id)) {
                list.push(id.into());
            }
        }
        return Ok(());
    }
    conditions.push(json!({ "id": id, "extensionAttributes": [], "name": id, "label": "", "description": "",
        "text": words, "dictionaryId": null, "notes": [], "contextIds": contexts, "appliesToIds": [activity],
        "instanceType": "Condition" }));
    Ok(())
}

fn drop_note(protocol: &mut Protocol, id: &str) -> Result<(), Refusal> {
    let conditions = items_mut(protocol.version_mut()?, "conditions")?;
    let before = conditions.len();
    conditions.retain(|one| text(one, "id") != id);
    if conditions.len() == before { Err(gone()) } else { Ok(()) }
}

/// A condition that is about nothing any more goes with what it was about.
fn drop_idle_notes(protocol: &mut Protocol) -> Result<(), Refusal> {
    let conditions = items_mut(protocol.version_mut()?, "conditions")?;
    conditions.retain(|one| !items(one, "appliesToIds").is_empty() || one.get("appliesToIds").is_none());
    Ok(())
}
