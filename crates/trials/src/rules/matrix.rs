//! The schedule of activities as people read it: activities down, visits across, marks where they meet.

use std::collections::HashMap;

use serde_json::Value;

use super::duration;
use super::protocol::{Protocol, at, ids, items, text, title};

/// The schedule as a matrix.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Activities in order.
    pub rows: Vec<Row>,
    /// Visits in order.
    pub columns: Vec<Column>,
    /// Runs of visits in one epoch: its name and how many.
    pub epochs: Vec<(String, usize)>,
    /// Conditions, lettered.
    pub notes: Vec<Note>,
    marks: HashMap<(usize, usize), Mark>,
}

/// One activity.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// It only groups others.
    pub heading: bool,
    /// It stands under a heading.
    pub within: bool,
    /// It runs on a timeline of its own.
    pub timeline: bool,
}

/// One visit.
#[derive(Debug, Clone)]
pub struct Column {
    /// The encounter's id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// When, in words.
    pub when: String,
    /// The window, in short.
    pub window: String,
    /// Days from the anchor, where the timing says days.
    pub days: Option<i64>,
    /// Days before and after.
    pub window_days: Option<(i64, i64)>,
    /// The other visits are timed from this one.
    pub anchor: bool,
    /// The epoch's id.
    pub epoch: String,
}

/// What stands where an activity and a visit meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// How often within the visit.
    pub times: usize,
    /// Positions of the conditions that hold here.
    pub notes: Vec<usize>,
}

/// A condition on cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: String,
    /// `a`, `b`, … `z`, `aa`.
    pub letter: String,
    /// What it says.
    pub words: String,
}

impl Matrix {
    /// The matrix of the main timeline.
    pub fn of(protocol: &Protocol) -> Self {
        let design = protocol.design();
        let timeline = main(design).unwrap_or(&Value::Null);
        let instances: Vec<&Value> = items(timeline, "instances").iter().collect();
        let mut matrix = Self { rows: rows(protocol), columns: columns(protocol, timeline), ..Self::default() };
        matrix.epochs = epochs(design, &matrix.columns);
        matrix.mark(&instances);
        matrix.note(protocol, &instances);
        matrix
    }

    /// What stands where row and column meet.
    pub fn mark_at(&self, row: usize, column: usize) -> Option<&Mark> {
        self.marks.get(&(row, column))
    }

    /// How many marks there are.
    pub fn marks(&self) -> usize {
        self.marks.len()
    }

    fn places(&self) -> (HashMap<String, usize>, HashMap<String, usize>) {
        let rows = self.rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
        let columns = self.columns.iter().enumerate().map(|(at, column)| (column.id.clone(), at)).collect();
        (rows, columns)
    }

    fn mark(&mut self, instances: &[&Value]) {
        let (rows, columns) = self.places();
        for instance in instances {
            let Some(column) = columns.get(text(instance, "encounterId")) else { continue };
            for activity in ids(instance, "activityIds") {
                if let Some(row) = rows.get(activity) {
                    self.marks.entry((*row, *column)).or_default().times += 1;
                }
            }
        }
    }

    fn note(&mut self, protocol: &Protocol, instances: &[&Value]) {
        let (rows, columns) = self.places();
        let visits: HashMap<&str, &str> =
            instances.iter().map(|one| (text(one, "id"), text(one, "encounterId"))).collect();
        for condition in items(protocol.version(), "conditions") {
            let words = text(condition, "text");
            let here: Vec<usize> =
                ids(condition, "contextIds").filter_map(|id| columns.get(*visits.get(id)?).copied()).collect();
            let done: Vec<usize> = ids(condition, "appliesToIds").filter_map(|id| rows.get(id).copied()).collect();
            if words.is_empty() || done.is_empty() {
                continue;
            }
            let number = self.notes.len();
            for ((row, column), mark) in &mut self.marks {
                if done.contains(row) && (here.is_empty() || here.contains(column)) {
                    mark.notes.push(number);
                }
            }
            let (id, words) = (text(condition, "id").to_owned(), words.to_owned());
            self.notes.push(Note { id, letter: letter(number), words });
        }
    }
}

/// The main timeline of a design, or the first.
pub(crate) fn main(design: &Value) -> Option<&Value> {
    let all = items(design, "scheduleTimelines");
    all.iter().find(|one| one.get("mainTimeline") == Some(&Value::Bool(true))).or(all.first())
}

fn rows(protocol: &Protocol) -> Vec<Row> {
    let all = protocol.listed("activities");
    let children: std::collections::HashSet<&str> = all.iter().flat_map(|one| ids(one, "childIds")).collect();
    let row = |one: &&Value| Row {
        id: text(one, "id").to_owned(),
        label: title(one).to_owned(),
        heading: !items(one, "childIds").is_empty(),
        within: children.contains(text(one, "id")),
        timeline: !text(one, "timelineId").is_empty(),
    };
    all.iter().map(row).collect()
}

fn columns(protocol: &Protocol, timeline: &Value) -> Vec<Column> {
    let instances = items(timeline, "instances");
    let names: HashMap<&str, &str> = instances.iter().map(|one| (text(one, "id"), title(one))).collect();
    let timings: HashMap<&str, &Value> =
        items(timeline, "timings").iter().map(|one| (text(one, "relativeFromScheduledInstanceId"), one)).collect();
    let anchor = anchor(timeline);
    let mut first: HashMap<&str, &Value> = HashMap::new();
    for instance in instances {
        first.entry(text(instance, "encounterId")).or_insert(instance);
    }
    let column = |one: &&Value| {
        let instance = first.get(text(one, "id")).copied().unwrap_or(&Value::Null);
        let timing = timings.get(text(instance, "id")).copied().unwrap_or(&Value::Null);
        let (lower, upper) = (text(timing, "windowLower"), text(timing, "windowUpper"));
        let here = !anchor.is_empty() && text(instance, "id") == anchor;
        let whole_days = |text: &str| duration::minutes(text).filter(|m| m % 1440 == 0).map(|m| m.abs() / 1440);
        let to_anchor = text(timing, "relativeToScheduledInstanceId") == anchor;
        let days = whole_days(text(timing, "value")).filter(|_| to_anchor && !here);
        Column {
            id: text(one, "id").to_owned(),
            label: title(one).to_owned(),
            when: if here { "Anchor".to_owned() } else { when(timing, &names, to_anchor) },
            window: duration::window(lower, upper),
            days: if here { Some(0) } else { days.map(|count| count * if is_before(timing) { -1 } else { 1 }) },
            window_days: whole_days(lower).zip(whole_days(upper)),
            anchor: here,
            epoch: text(instance, "epochId").to_owned(),
        }
    };
    protocol.listed("encounters").iter().map(column).collect()
}

fn is_before(timing: &Value) -> bool {
    at(timing, "/type/code") == "C201357"
}

fn when(timing: &Value, names: &HashMap<&str, &str>, to_anchor: bool) -> String {
    if timing.is_null() {
        return String::new();
    }
    let length = duration::words(text(timing, "value"));
    let sign = if is_before(timing) { "−" } else { "+" };
    let to = names.get(text(timing, "relativeToScheduledInstanceId")).copied().unwrap_or("");
    if to_anchor || to.is_empty() { format!("{sign}{length}") } else { format!("{sign}{length} from {to}") }
}

/// The instance that the others are timed from.
pub(crate) fn anchor(timeline: &Value) -> &str {
    let fixed = items(timeline, "timings").iter().find(|one| at(one, "/type/code") == "C201358");
    fixed.map_or("", |one| text(one, "relativeFromScheduledInstanceId"))
}

fn epochs(design: &Value, columns: &[Column]) -> Vec<(String, usize)> {
    let names: HashMap<&str, &str> = items(design, "epochs").iter().map(|one| (text(one, "id"), title(one))).collect();
    let mut runs: Vec<(String, usize)> = Vec::new();
    for column in columns {
        let name = names.get(column.epoch.as_str()).copied().unwrap_or("");
        match runs.last_mut() {
            Some((last, count)) if last == name => *count += 1,
            _ => runs.push((name.to_owned(), 1)),
        }
    }
    runs
}

/// `a` to `z`, then `aa`, `ab`, …
fn letter(number: usize) -> String {
    let alphabet = b"abcdefghijklmnopqrstuvwxyz";
    let one = |at: usize| char::from(alphabet.get(at % 26).copied().unwrap_or(b'z'));
    match number / 26 {
        0 => one(number).to_string(),
        more => format!("{}{}", one(more - 1), one(number)),
    }
}
