//! Tables: separated text and workbooks, with a heading that names a person's identifier above values that are some.

use super::identifiers::{birth_label, code_like, identifier_label, is_date, label, name_label};
use super::{Certainty, Reason, Seen, text};

const HEADING_ROWS_MAX: usize = 20;
const VALUE_ROWS_MAX: usize = 200;

/// Text with one record a line. The separator is the one that the first lines have most of.
pub(super) fn separated(text: &str, path: &str, seen: &mut Seen) {
    let head: String = text.lines().take(5).collect();
    let count = |separator: char| head.matches(separator).count();
    let Some(separator) = [',', '\t', ';', '|'].into_iter().max_by_key(|separator| count(*separator)) else { return };
    let rows: Vec<Vec<String>> =
        text.lines().take(HEADING_ROWS_MAX + VALUE_ROWS_MAX).map(|line| cells(line, separator)).collect();
    table(&rows, path, seen);
}

fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            letter if letter == separator && !quoted => cells.push(String::new()),
            letter => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(letter);
                }
            }
        }
    }
    cells
}

/// A heading is a row of which a column's word names an identifier and every value below is shaped like one.
/// The words alone do not count: a schedule of activities lists "Date of birth" among what is asked.
fn table(rows: &[Vec<String>], path: &str, seen: &mut Seen) {
    for (at, heading) in rows.iter().enumerate().take(HEADING_ROWS_MAX) {
        let below = rows.get(at + 1..).unwrap_or_default();
        for (column, word) in heading.iter().enumerate() {
            let label = label(word);
            let values: Vec<&str> = below
                .iter()
                .take(VALUE_ROWS_MAX)
                .filter_map(|row| row.get(column))
                .map(|cell| cell.trim())
                .filter(|cell| !cell.is_empty())
                .collect();
            if values.is_empty() {
                continue;
            }
            let place = || format!("{path}/row {}, column {}", at + 1, column + 1);
            // These two names mean subjects and nothing else, however short the study's own numbers are.
            let of_subjects = matches!(label.as_str(), "usubjid" | "subjid");
            let numbered =
                |value: &&str| code_like(value) || of_subjects && value.bytes().any(|byte| byte.is_ascii_digit());
            if identifier_label(&label) && values.iter().all(numbered) {
                let words = "A table with a column that identifies subjects or patients, and values in it.";
                seen.add(Reason::SubjectTable, Certainty::Certain, &place(), words);
            }
            if birth_label(&label) && values.iter().all(|value| is_date(value)) {
                seen.add(Reason::BirthDate, Certainty::Certain, &place(), "A table with a column of dates of birth.");
            }
            if name_label(&label) && values.iter().all(|value| name_like(value)) {
                let words = "A table with a column of patients' names.";
                seen.add(Reason::NamedPatient, Certainty::Certain, &place(), words);
            }
        }
    }
}

fn name_like(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_alphabetic() || " .,'-".contains(c));
    letters && value.starts_with(char::is_uppercase) && value.len() >= 2
}

/// The sheets of a workbook: shared texts first, then each sheet's rows.
pub(super) fn workbook(members: &[(String, Vec<u8>)], path: &str, seen: &mut Seen) {
    let member = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.as_slice());
    let shared = member("xl/sharedStrings.xml").map(|bytes| items(&super::decoded(bytes), "si")).unwrap_or_default();
    for (name, bytes) in members.iter().filter(|(name, _)| name.starts_with("xl/worksheets/") && name.ends_with(".xml"))
    {
        let sheet = super::decoded(bytes);
        let rows: Vec<Vec<String>> = blocks(&sheet, "row").map(|row| row_cells(row, &shared)).collect();
        let place = format!("{path}/{}", name.trim_start_matches("xl/worksheets/"));
        table(&rows, &place, seen);
        for (at, row) in rows.iter().enumerate() {
            text::look(&row.join("; "), &format!("{place}/row {}", at + 1), seen);
        }
    }
}

fn row_cells(row: &str, shared: &[String]) -> Vec<String> {
    let mut cells = Vec::new();
    for piece in row.split("<c ").skip(1) {
        let (attributes, body) = piece.split_once('>').unwrap_or((piece, ""));
        let at = attributes.split_once("r=\"").map_or(cells.len(), |(_, place)| column(place));
        let value = blocks(body, "v").next().unwrap_or_default();
        let text = if attributes.contains("t=\"s\"") {
            value.trim().parse().ok().and_then(|at: usize| shared.get(at).cloned()).unwrap_or_default()
        } else if attributes.contains("t=\"inlineStr\"") {
            blocks(body, "t").map(unescaped).collect()
        } else {
            unescaped(value)
        };
        if at < 16_384 && cells.len() <= at {
            cells.resize(at + 1, String::new());
        }
        if let Some(cell) = cells.get_mut(at) {
            *cell = text;
        }
    }
    cells
}

/// The column of a cell's name: A is 0, AA is 26.
fn column(place: &str) -> usize {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase).take(4);
    letters.fold(0, |at, letter| at * 26 + usize::from(letter - b'A') + 1).saturating_sub(1)
}

fn items(text: &str, element: &str) -> Vec<String> {
    blocks(text, element).map(|item| blocks(item, "t").map(unescaped).collect()).collect()
}

/// What stands within each element of a name.
fn blocks<'a>(text: &'a str, element: &'a str) -> impl Iterator<Item = &'a str> {
    let close = format!("</{element}>");
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(&format!("<{element}"))?;
            let from = rest.get(at + 1 + element.len()..)?;
            rest = from;
            if !from.starts_with(['>', ' ', '/']) {
                continue;
            }
            let (head, body) = from.split_once('>')?;
            if head.ends_with('/') {
                rest = body;
                return Some("");
            }
            let end = body.find(&close)?;
            rest = body.get(end..)?;
            return body.get(..end);
        }
    })
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
