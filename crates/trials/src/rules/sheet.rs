//! A spreadsheet with a schedule of activities: read as a table, understood as visits, activities and marks.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use model::{Refusal, RefusalKind};

use super::edit::{self, Edit, NAME_CHARS_MAX, Timing};
use super::parts::{self, Entry, Part};
use super::protocol::{Protocol, items, text, title};
use super::skeleton::{self, Beginning};

/// Files beyond this size are not taken.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// What a workbook may unpack to.
const UNPACKED_MAX: u64 = 48 * 1024 * 1024;
const ROWS_MAX: usize = 2_000;
const COLUMNS_MAX: usize = 200;
const CELL_CHARS_MAX: usize = 2_000;

/// Rows of cells.
pub type Table = Vec<Vec<String>>;

/// What was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Visits in order.
    pub visits: Vec<Visit>,
    /// Activities in order.
    pub activities: Vec<Activity>,
    /// Footnotes: the sign and what it says.
    pub notes: Vec<(String, String)>,
    /// What could not be understood for sure, in words.
    pub doubts: Vec<String>,
}

/// A column of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// Its heading.
    pub label: String,
    /// Days from the first dose.
    pub day: Option<i64>,
    /// Days around it.
    pub window: Option<(i64, i64)>,
    /// The heading above, or what its name tells.
    pub epoch: String,
}

/// A row of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Its name.
    pub label: String,
    /// At which visits, each with the signs of its footnotes.
    pub marks: Vec<(usize, Vec<String>)>,
}

fn refuse(kind: RefusalKind, words: impl Into<String>) -> Refusal {
    Refusal::new(kind, words)
}

/// Whether bytes look like a workbook rather than text.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Reads a table: the first sheet of a workbook, or comma, semicolon or tab separated values.
pub fn table(bytes: &[u8]) -> Result<Table, Refusal> {
    if bytes.len() > BYTES_MAX {
        let words = format!("A spreadsheet may have {} MB.", BYTES_MAX / (1024 * 1024));
        return Err(refuse(RefusalKind::TooLarge, words));
    }
    let rows = if is_workbook(bytes) { workbook(bytes)? } else { separated(bytes)? };
    let filled = rows.iter().any(|row| row.iter().any(|cell| !cell.is_empty()));
    if filled { Ok(rows) } else { Err(refuse(RefusalKind::Invalid, "The spreadsheet is empty.")) }
}

/// The first sheet of an XLSX workbook that has anything in it. It is unpacked under a limit before it is read, so
/// that a small file cannot become a large one in memory.
fn workbook(bytes: &[u8]) -> Result<Table, Refusal> {
    let unreadable = || refuse(RefusalKind::Invalid, "This workbook cannot be read. Save it again as XLSX, or as CSV.");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut left = UNPACKED_MAX;
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|_| unreadable())?;
        let read = std::io::copy(&mut member.take(left + 1), &mut std::io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(read).ok_or_else(|| {
            refuse(
                RefusalKind::TooLarge,
                "This workbook unpacks to more than 48 MB. Keep only the sheet with the schedule.",
            )
        })?;
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|_| unreadable())?;
        let rows = range.rows().take(ROWS_MAX);
        let rows: Table = rows.map(|row| row.iter().take(COLUMNS_MAX).map(cell).collect()).collect();
        if rows.iter().any(|row| row.iter().any(|cell| !cell.is_empty())) {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

fn cell(data: &Data) -> String {
    tidy(&match data {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        other => other.to_string(),
    })
}

fn tidy(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(CELL_CHARS_MAX).collect()
}

/// RFC 4180, with whichever separator stands most often in the first lines.
fn separated(bytes: &[u8]) -> Result<Table, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let words = format!("Byte {} is not UTF-8. Save the table as “CSV UTF-8”.", error.valid_up_to());
        refuse(RefusalKind::Invalid, words)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let head: String = text.lines().take(10).collect();
    let often = |sign: char| head.matches(sign).count();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|sign| often(*sign)).unwrap_or(',');
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(tidy(&std::mem::take(&mut cell)));
                rows.push(std::mem::take(&mut row));
            }
            letter if letter == separator && !quoted => row.push(tidy(&std::mem::take(&mut cell))),
            letter => cell.push(letter),
        }
        if rows.len() > ROWS_MAX || row.len() > COLUMNS_MAX {
            let words = format!("A schedule may have {ROWS_MAX} rows and {COLUMNS_MAX} columns.");
            return Err(refuse(RefusalKind::TooLarge, words));
        }
    }
    row.push(tidy(&cell));
    rows.push(row);
    Ok(rows)
}

/// Understands a table.
pub fn plan(table: &Table) -> Result<Plan, Refusal> {
    let name = |row: &Vec<String>| row.first().map_or("", String::as_str).to_owned();
    let marked = |row: &Vec<String>| row.iter().skip(1).filter(|cell| mark(cell).is_some()).count();
    let body = table.iter().position(|row| marked(row) > 0 && !name(row).is_empty()).ok_or_else(|| {
        let words = "No marks were found. Activities stand in the first column, visits across the top, and an X where \
                     they meet.";
        refuse(RefusalKind::Invalid, words)
    })?;
    let heads: Vec<&Vec<String>> =
        table.iter().take(body).filter(|row| row.iter().skip(1).any(|cell| !cell.is_empty())).collect();
    if heads.is_empty() {
        return Err(refuse(RefusalKind::Invalid, "No row with the names of the visits stands above the first mark."));
    }
    let last = table.iter().rposition(|row| marked(row) > 0).unwrap_or(body);
    let mut plan = Plan::default();
    let columns = columns(table, &heads, body, last);
    visits(&heads, &columns, &mut plan);
    for row in table.iter().take(last + 1).skip(body) {
        let label: String = name(row).chars().take(NAME_CHARS_MAX).collect();
        let marks: Vec<(usize, Vec<String>)> =
            columns.iter().enumerate().filter_map(|(at, column)| Some((at, mark(row.get(*column)?)?))).collect();
        match (label.is_empty(), marks.is_empty()) {
            (false, false) => plan.activities.push(Activity { label, marks }),
            (false, true) => plan.doubts.push(format!("“{label}” has no mark and was taken for a heading.")),
            (true, false) => plan.doubts.push("A row with marks has no name and was left out.".to_owned()),
            (true, true) => {}
        }
        unread(row, &columns, &mut plan);
    }
    plan.notes = table.iter().skip(last + 1).filter_map(|row| note(&name(row))).collect();
    unexplained(&mut plan);
    Ok(plan)
}

/// Columns that are visits: with a heading, or with marks.
fn columns(table: &Table, heads: &[&Vec<String>], body: usize, last: usize) -> Vec<usize> {
    let width = table.iter().map(Vec::len).max().unwrap_or(0).min(COLUMNS_MAX);
    let marked = |column: usize| {
        table.iter().take(last + 1).skip(body).any(|row| row.get(column).and_then(|cell| mark(cell)).is_some())
    };
    let named = |column: usize| heads.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    (1..width).filter(|column| marked(*column) || (named(*column) && heads.len() == 1)).collect()
}

/// What a row of headings is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Names,
    Epochs,
    Days,
    Windows,
}

fn about(row: &[String]) -> Option<About> {
    let first = row.first().map_or("", String::as_str).to_lowercase();
    let rest: Vec<&String> = row.iter().skip(1).filter(|cell| !cell.is_empty()).collect();
    let all = |holds: &dyn Fn(&str) -> bool| !rest.is_empty() && rest.iter().all(|cell| holds(cell));
    match () {
        () if first.contains("window") || all(&|cell| window(cell).is_some() && day(cell).is_none()) => {
            Some(About::Windows)
        }
        () if ["epoch", "period", "phase"].iter().any(|word| first.contains(word)) => Some(About::Epochs),
        () if first.contains("day") || first.contains("week") => Some(About::Days),
        () if first.contains("visit") || first.contains("activit") || first.contains("assessment") => {
            Some(About::Names)
        }
        () => None,
    }
}

fn visits(heads: &[&Vec<String>], columns: &[usize], plan: &mut Plan) {
    let find = |wanted: About| heads.iter().find(|row| about(row) == Some(wanted)).copied();
    let different = |row: &&&Vec<String>| {
        columns.iter().filter_map(|at| row.get(*at)).collect::<std::collections::HashSet<_>>().len()
    };
    let free = heads.iter().filter(|row| !matches!(about(row), Some(About::Epochs | About::Windows)));
    let names = find(About::Names).or(free.max_by_key(different).copied());
    let days = find(About::Days);
    let windows = find(About::Windows);
    let epochs = find(About::Epochs).or_else(|| {
        // A sparse row above the names is a band of epochs: its cells were merged.
        let first = heads.first().filter(|row| names.is_some_and(|names| !std::ptr::eq(**row, names)))?;
        about(first).is_none().then_some(*first)
    });
    let at = |row: Option<&Vec<String>>, column: usize| {
        row.and_then(|row| row.get(column)).map_or(String::new(), String::clone)
    };
    let mut epoch = String::new();
    for (number, column) in columns.iter().enumerate() {
        let above = at(epochs, *column);
        if !above.is_empty() {
            epoch = above;
        }
        let (label, when) = (at(names, *column), at(days, *column));
        let label = if label.is_empty() { when.clone() } else { label };
        let label = if label.is_empty() { format!("Visit {}", number + 1) } else { label };
        let bare = days.and_then(|row| row.first()).map_or("", String::as_str).to_lowercase();
        let weeks = bare.contains("week") && !bare.contains("day");
        let read = match when.trim_start_matches(['+']).replace('−', "-").parse::<i64>() {
            Ok(number) if weeks => Some(number * 7),
            Ok(number) => Some(if number > 0 { number - 1 } else { number }),
            Err(_) => day(&when).or_else(|| day(&label)),
        };
        let around = window(&at(windows, *column)).or_else(|| window(&label));
        let label: String = label.chars().take(NAME_CHARS_MAX).collect();
        plan.visits.push(Visit { label, day: read, window: around, epoch: epoch.clone() });
    }
    if !plan.visits.iter().any(|visit| visit.day == Some(0)) {
        plan.doubts.push(
            "No visit is day 1 or week 0, so the first visit with a day is what the others are timed from.".to_owned(),
        );
    }
    for visit in plan.visits.iter().filter(|visit| visit.day.is_none()) {
        plan.doubts.push(format!("When “{}” is could not be read.", visit.label));
    }
}

/// `Day 1` is 0 days from the anchor, `Day -14` is -14, `Week 2` is 14.
fn day(text: &str) -> Option<i64> {
    let text = text.to_lowercase().replace(['−', '–'], "-");
    for (word, unit) in [("week", 7), ("wk", 7), ("day", 1), ("month", 30)] {
        let Some((_, rest)) = text.split_once(word) else { continue };
        let digits: String = rest
            .trim_start_matches(['s', ' ', '.', ':', '+'])
            .chars()
            .enumerate()
            .take_while(|(at, letter)| letter.is_ascii_digit() || (*at == 0 && *letter == '-'))
            .map(|(_, letter)| letter)
            .take(6)
            .collect();
        let number = digits.parse::<i64>().ok()?;
        return Some(if unit == 1 && number > 0 { number - 1 } else { number * unit });
    }
    let label = text.trim();
    ["baseline", "randomi", "first dose"].iter().any(|word| label.starts_with(word)).then_some(0)
}

/// `±3`, `+/- 3 days`, `-2/+5`.
fn window(text: &str) -> Option<(i64, i64)> {
    let plain = text.to_lowercase().replace("+/-", "±").replace("+/−", "±").replace(['−', '–'], "-");
    let number = |text: &str| {
        let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).take(4).collect();
        digits.parse::<i64>().ok()
    };
    let unit = if plain.contains("week") { 7 } else { 1 };
    if let Some((_, rest)) = plain.split_once('±') {
        let days = number(rest)? * unit;
        return Some((days, days));
    }
    let (_, low) = plain.split_once('-')?;
    let (_, high) = plain.split_once('+')?;
    Some((number(low)? * unit, number(high)? * unit))
}

/// The signs of the footnotes of a mark; `None` where no mark stands.
fn mark(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim().trim_matches(['(', ')']);
    let rest = ["x", "X", "✓", "✔", "•", "●", "×", "☒", "☑"].iter().find_map(|sign| cell.strip_prefix(sign))?;
    let plain: String = rest
        .chars()
        .map(|letter| match letter {
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
            _ => ' ',
        })
        .collect();
    let signs: Vec<String> = plain.split_whitespace().map(str::to_owned).collect();
    (signs.iter().all(|sign| sign.len() <= 2) && signs.len() <= 6).then_some(signs)
}

/// `a. Only women`, `1) Fasting`, `* …`
fn note(text: &str) -> Option<(String, String)> {
    let (sign, words) = text.split_once([' ', '.', ')', ':', '='])?;
    let sign = sign.trim_matches(['(', '[', ']']).to_lowercase();
    let words = words.trim_start_matches([' ', '.', ')', ':', '=']).trim();
    let fits = (1..=2).contains(&sign.len()) && sign.chars().all(|letter| letter.is_ascii_alphanumeric());
    (fits && !words.is_empty()).then(|| (sign, words.chars().take(edit::NOTE_CHARS_MAX).collect()))
}

fn unread(row: &[String], columns: &[usize], plan: &mut Plan) {
    for column in columns {
        if let Some(cell) =
            row.get(*column).filter(|cell| !cell.is_empty() && mark(cell).is_none() && plan.doubts.len() < 60)
        {
            let short: String = cell.chars().take(40).collect();
            plan.doubts.push(format!(
                "“{short}” beside “{}” is no mark and was left out.",
                row.first().map_or("", String::as_str)
            ));
        }
    }
}

fn unexplained(plan: &mut Plan) {
    let mut signs: Vec<&String> =
        plan.activities.iter().flat_map(|one| &one.marks).flat_map(|(_, signs)| signs).collect();
    signs.sort_unstable();
    signs.dedup();
    let missing: Vec<String> =
        signs.into_iter().filter(|sign| !plan.notes.iter().any(|(known, _)| known == *sign)).cloned().collect();
    for sign in missing.into_iter().take(20) {
        plan.doubts.push(format!("The footnote “{sign}” is not explained below the table."));
    }
}

/// The study that a plan describes.
pub fn study(plan: &Plan, beginning: &Beginning) -> Result<Protocol, Refusal> {
    let mut protocol = skeleton::begin(beginning);
    let mut anchored: Vec<usize> = (0..plan.visits.len()).collect();
    // The anchor first: the other visits are timed from it.
    anchored.sort_by_key(|at| plan.visits.get(*at).is_none_or(|visit| visit.day != Some(0)));
    let mut ids: HashMap<usize, String> = HashMap::new();
    for at in anchored {
        let Some(visit) = plan.visits.get(at) else { continue };
        let epoch = epoch(&mut protocol, visit)?;
        let before = (0..at).rev().find_map(|before| ids.get(&before)).cloned();
        let first = before.is_none() && !ids.is_empty();
        let timing = Timing { day: visit.day, window: visit.window };
        let id = edit::add_visit(&mut protocol, &visit.label, &epoch, timing, before.as_deref())?;
        if first {
            for _ in 0..ids.len() {
                Edit::Move { part: edit::Part::Visit, id: id.clone(), later: false }.apply(&mut protocol)?;
            }
        }
        ids.insert(at, id);
    }
    for one in &plan.activities {
        let activity = edit::add_activity(&mut protocol, &one.label, None)?;
        for (at, signs) in &one.marks {
            let Some(visit) = ids.get(at) else { continue };
            Edit::Mark { activity: activity.clone(), visit: visit.clone(), on: true }.apply(&mut protocol)?;
            for sign in signs {
                if let Some((_, words)) = plan.notes.iter().find(|(known, _)| known == sign) {
                    let note = Edit::Note { activity: activity.clone(), visit: visit.clone(), words: words.clone() };
                    note.apply(&mut protocol)?;
                }
            }
        }
    }
    Ok(protocol)
}

/// The epoch of a visit: the one of its heading, added if it is new, or what its name and day tell.
fn epoch(protocol: &mut Protocol, visit: &Visit) -> Result<String, Refusal> {
    let find = |protocol: &Protocol, name: &str| {
        let all = items(protocol.design(), "epochs");
        all.iter().find(|one| title(one).eq_ignore_ascii_case(name)).map(|one| text(one, "id").to_owned())
    };
    if !visit.epoch.is_empty() {
        if let Some(id) = find(protocol, &visit.epoch) {
            return Ok(id);
        }
        let label: String = visit.epoch.chars().take(NAME_CHARS_MAX).collect();
        let entry = Entry { label: label.clone(), kind: "C101526".to_owned(), ..Entry::default() };
        parts::write(protocol, Part::Epochs, &entry)?;
        return Ok(find(protocol, &label).unwrap_or_default());
    }
    let label = visit.label.to_lowercase();
    let told = match () {
        () if label.contains("screen") || visit.day.is_some_and(|day| day < 0) => "Screening",
        () if label.contains("follow") => "Follow-up",
        () => "Treatment",
    };
    Ok(find(protocol, told).unwrap_or_default())
}

#[cfg(test)]
mod tests;
