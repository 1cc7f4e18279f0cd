use access::Ctx;
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State as Held};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use model::{Answer, No, Refusal, RefusalKind};
use serde::Deserialize;
use web::parts::{ButtonLink, Notice, Pages, Tone, ago};
use web::{Asker, Form, FormToken, FromForm, Reader, Reply, Room, page, see_other};

use super::{assets, may, next, study_frame};
use crate::State;
use crate::records::{self, Kept};
use crate::rules::edit::{Edit, Part, Timing};
use crate::rules::matrix::{Column, Matrix, Note, Row};
use crate::rules::protocol::{items, text, title};
use crate::rules::readiness::count;

/// Activities on one page of the matrix.
const ROWS_SHOWN: usize = 200;
/// Visits that one page of the matrix shows.
const COLUMNS_SHOWN: usize = 120;
/// Cells that one request may change.
const CELLS_MAX: usize = 120;
/// How often a change is tried again when somebody else was quicker.
const TRIES: usize = 3;

#[derive(Template)]
#[template(path = "schedule.html")]
struct SchedulePage {
    here: String,
    token: FormToken,
    version: u64,
    words: String,
    notice: Option<Notice>,
    edits: bool,
    undo: Option<String>,
    matrix: Matrix,
    grid: Vec<Line>,
    columns: usize,
    bands: Vec<(String, usize, bool)>,
    picked: Option<Picked>,
    epochs: Vec<(String, String)>,
    pages: Option<Pages>,
    clipped: bool,
    download: ButtonLink,
}

/// One row as it is drawn.
struct Line {
    row: Row,
    href: String,
    cells: Vec<Spot>,
}

/// One cell as it is drawn.
struct Spot {
    on: bool,
    times: usize,
    letters: String,
    send: String,
    label: String,
    band: bool,
}

/// The row or column whose tools are open.
struct Picked {
    part: &'static str,
    word: &'static str,
    id: String,
    label: String,
    visit: Option<Column>,
    at: Vec<(String, String)>,
    notes: Vec<Note>,
    close: String,
}

/// Which part of the matrix, and whose tools.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    from: usize,
    activity: Option<String>,
    visit: Option<String>,
    said: Option<String>,
}

/// What somebody does: some edits, or going back.
pub(super) enum Doing {
    Edits(Vec<Edit>, u64),
    Undo,
}

impl FromForm for Doing {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let plain = |text: &str| Ok::<_, String>(text.to_owned());
        let version = read.optional("version", |text| text.parse().map_err(|_| "Open the page again.".to_owned()))?;
        let version = version.unwrap_or(0);
        let cells = read.several("cell");
        if !cells.is_empty() {
            if cells.len() > CELLS_MAX {
                return read.wrong("cell", format!("Change at most {CELLS_MAX} cells at a time."));
            }
            let edits: Option<Vec<Edit>> = cells.iter().map(|cell| mark(cell)).collect();
            return match edits {
                Some(edits) => Some(Self::Edits(edits, version)),
                None => read.wrong("cell", "This cell cannot be read. Open the page again."),
            };
        }
        let op = read.required("op", "Choose what to do.", plain)?;
        let mut field = |name: &str| read.optional(name, plain).flatten().unwrap_or_default();
        let (id, label, after, epoch, words) =
            (field("id"), field("label"), field("after"), field("epoch"), field("words"));
        let (visit, part) = (field("visit"), field("part"));
        let days = [field("day"), field("before"), field("behind")];
        let part = if part == "visit" { Part::Visit } else { Part::Activity };
        let after = Some(after).filter(|after| !after.is_empty());
        let timing = match timing(&days) {
            Ok(timing) => timing,
            Err(words) => return read.wrong("day", words),
        };
        let edit = match op.as_str() {
            "undo" => return Some(Self::Undo),
            "add" if part == Part::Activity => Edit::AddActivity { label, after },
            "add" => Edit::AddVisit { label, epoch, timing, after },
            "rename" => Edit::Rename { part, id, label },
            "up" | "down" => Edit::Move { part, id, later: op == "down" },
            "remove" => Edit::Remove { part, id },
            "time" => Edit::Time { visit: id, epoch, timing },
            "note" => Edit::Note { activity: id, visit, words },
            "drop-note" => Edit::DropNote { id },
            _ => return read.wrong("op", "Choose what to do."),
        };
        Some(Self::Edits(vec![edit], version))
    }
}

/// A cell as the page sends it: `["activity","visit",true]`.
fn mark(cell: &str) -> Option<Edit> {
    let (activity, visit, on): (String, String, bool) = serde_json::from_str(cell).ok()?;
    Some(Edit::Mark { activity, visit, on })
}

fn timing([day, before, behind]: &[String; 3]) -> Result<Timing, String> {
    let number = |text: &str| match text.trim().replace('−', "-") {
        text if text.is_empty() => Ok(None),
        text => text.parse::<i64>().map(Some).map_err(|_| "Enter days in whole numbers, such as −14 or 28.".to_owned()),
    };
    let (before, behind) = (number(before)?, number(behind)?);
    let window = (before.is_some() || behind.is_some()).then(|| (before.unwrap_or(0), behind.unwrap_or(0)));
    Ok(Timing { day: number(day)?, window })
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let notice = match wanted.said.as_deref() {
        Some("undone") => Some(Notice::new(Tone::Info, "Undone.", "The version before is back, as a new version.")),
        Some("both") => {
            let words = "Somebody else had changed it since you opened the page. Both changes are kept.";
            Some(Notice::new(Tone::Info, "Saved.", words))
        }
        _ => None,
    };
    draw(&state, &ctx, &room, &kept, &wanted, (notice, StatusCode::OK))
}

pub(super) async fn edit(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(sent): Form<Doing>,
) -> Reply {
    let for_script = headers.get(header::ACCEPT).is_some_and(|value| value.as_bytes() == b"application/json");
    let done = match sent {
        Ok(draft) => act(&state, &ctx, &room, &id, &draft.value).await,
        Err(returned) => {
            let words = returned.problems.into_iter().next().map(|problem| problem.words);
            Err(Refusal::new(RefusalKind::Invalid, words.unwrap_or_default()).into())
        }
    };
    match done {
        Ok(done) if for_script => {
            let body = serde_json::json!({ "version": done.version, "both": done.both, "words": done.words });
            Ok(Json(body).into_response())
        }
        Ok(done) => {
            let id = records::named(&id)?;
            let said = if done.undone {
                "?said=undone"
            } else if done.both {
                "?said=both"
            } else {
                ""
            };
            Ok(see_other(&next(format!("/trials/studies/{id}/schedule{said}"))?))
        }
        Err(No::Refusal(refusal)) if for_script || refusal.kind == RefusalKind::NotFound => Err(refusal.into()),
        Err(No::Refusal(refusal)) => {
            let kept = records::open(&state, &ctx, &id).await?;
            let notice = Notice::new(Tone::Bad, "That was not changed.", refusal.words);
            draw(&state, &ctx, &room, &kept, &Wanted::default(), (Some(notice), web::status_of(refusal.kind)))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// What a change led to.
struct Done {
    version: u64,
    both: bool,
    undone: bool,
    words: String,
}

/// Makes the change on the study as it is now, so that nobody's work is lost: an edit names what it is about, and
/// holds as long as that is there.
async fn act(state: &State, ctx: &Ctx, room: &Room, id: &str, doing: &Doing) -> Answer<Done> {
    let mut tried = 0;
    loop {
        let kept = records::open(state, ctx, id).await?;
        let deed = records::deed(ctx, room);
        let saved = match doing {
            Doing::Undo => records::undo(state, ctx, deed, &kept).await,
            Doing::Edits(edits, _) => {
                let mut protocol = kept.protocol()?;
                for edit in edits {
                    edit.apply(&mut protocol)?;
                }
                records::save(state, ctx, deed, &kept, &protocol, words(edits)).await
            }
        };
        tried += 1;
        match saved {
            Ok(version) => {
                let both = matches!(doing, Doing::Edits(_, base) if *base != 0 && *base != kept.version);
                let undone = matches!(doing, Doing::Undo);
                return Ok(Done { version, both, undone, words: format!("Saved as version {version}") });
            }
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::PreconditionFailed && tried < TRIES => {}
            Err(no) => return Err(no),
        }
    }
}

fn words(edits: &[Edit]) -> String {
    match edits {
        [one] => one.words(),
        many => format!("changed {}", count(many.len(), "cell", "cells")),
    }
}

fn draw(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    kept: &Kept,
    wanted: &Wanted,
    (notice, status): (Option<Notice>, StatusCode),
) -> Reply {
    let protocol = kept.protocol()?;
    let matrix = Matrix::of(&protocol);
    let edits = may(state, ctx, "study.update");
    let here = format!("/trials/studies/{}/schedule", kept.id);
    let from = wanted.from.min(matrix.rows.len());
    let to = (from + ROWS_SHOWN).min(matrix.rows.len());
    let columns = matrix.columns.len().min(COLUMNS_SHOWN);
    let bands = bands(&matrix, columns);
    let grid = (from..to).filter_map(|at| line(&matrix, at, &bands, &here)).collect();
    let epochs = items(protocol.design(), "epochs");
    let part = |at: usize| format!("{here}?from={at}");
    let body = SchedulePage {
        token: room.form_token(),
        version: kept.version,
        words: format!(
            "{}, {}, version {} saved {}",
            count(matrix.columns.len(), "visit", "visits"),
            count(matrix.rows.len(), "activity", "activities"),
            kept.version,
            ago(kept.study.changed.at, ctx.now)
        ),
        notice,
        edits,
        undo: kept.study.log.last().filter(|_| edits && !kept.study.undo.is_empty()).map(|(_, words, _)| words.clone()),
        grid,
        columns,
        bands: matrix.epochs.iter().enumerate().map(|(at, (name, run))| (name.clone(), *run, at % 2 == 1)).collect(),
        picked: edits.then(|| picked(&matrix, wanted, &here)).flatten(),
        epochs: epochs.iter().map(|one| (text(one, "id").to_owned(), title(one).to_owned())).collect(),
        pages: (to - from < matrix.rows.len()).then(|| Pages {
            words: format!("Activities {} to {to} of {}", from + 1, matrix.rows.len()),
            before: (from > 0).then(|| part(from.saturating_sub(ROWS_SHOWN))),
            after: (to < matrix.rows.len()).then(|| part(to)),
        }),
        clipped: columns < matrix.columns.len(),
        download: ButtonLink::quiet("Download as a table", format!("{here}.csv")),
        here,
        matrix,
    };
    page(study_frame(room, kept, "Schedule", "schedule").status(status).script(assets::script()), body)
}

/// Which columns stand in a shaded band: every other epoch.
fn bands(matrix: &Matrix, columns: usize) -> Vec<bool> {
    let runs = matrix.epochs.iter().enumerate();
    runs.flat_map(|(at, (_, run))| std::iter::repeat_n(at % 2 == 1, *run)).take(columns).collect()
}

fn line(matrix: &Matrix, at: usize, bands: &[bool], here: &str) -> Option<Line> {
    let row = matrix.rows.get(at)?;
    let spot = |(column, band): (usize, &bool)| {
        let visit = matrix.columns.get(column)?;
        let mark = matrix.mark_at(at, column);
        let letters = mark.map_or(String::new(), |mark| {
            let letters = mark.notes.iter().filter_map(|note| matrix.notes.get(*note)).map(|note| note.letter.as_str());
            letters.collect::<Vec<_>>().join(" ")
        });
        let send = serde_json::json!([row.id, visit.id, mark.is_none()]).to_string();
        let label = format!("{} at {}", row.label, visit.label);
        Some(Spot { on: mark.is_some(), times: mark.map_or(0, |mark| mark.times), letters, send, label, band: *band })
    };
    let cells = bands.iter().enumerate().filter_map(spot).collect();
    Some(Line { href: format!("{here}?activity={}#tools", escape(&row.id)), row: row.clone(), cells })
}

fn picked(matrix: &Matrix, wanted: &Wanted, here: &str) -> Option<Picked> {
    if let Some(id) = &wanted.activity {
        let at = matrix.rows.iter().position(|row| row.id == *id)?;
        let row = matrix.rows.get(at)?;
        let done: Vec<usize> =
            (0..matrix.columns.len()).filter(|column| matrix.mark_at(at, *column).is_some()).collect();
        let mut notes: Vec<usize> =
            done.iter().filter_map(|column| matrix.mark_at(at, *column)).flat_map(|mark| mark.notes.clone()).collect();
        notes.sort_unstable();
        notes.dedup();
        let visits = done.iter().filter_map(|column| matrix.columns.get(*column));
        return Some(Picked {
            part: "activity",
            word: "Activity",
            id: row.id.clone(),
            label: row.label.clone(),
            visit: None,
            at: visits.map(|visit| (visit.id.clone(), visit.label.clone())).collect(),
            notes: notes.iter().filter_map(|note| matrix.notes.get(*note)).cloned().collect(),
            close: here.to_owned(),
        });
    }
    let id = wanted.visit.as_ref()?;
    let visit = matrix.columns.iter().find(|column| column.id == *id)?;
    Some(Picked {
        part: "visit",
        word: "Visit",
        id: visit.id.clone(),
        label: visit.label.clone(),
        visit: Some(visit.clone()),
        at: Vec::new(),
        notes: Vec::new(),
        close: here.to_owned(),
    })
}

/// Text as it stands in the query of an address.
pub(super) fn escape(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The matrix as CSV, as people send it around.
pub(super) async fn csv(Held(state): Held<State>, Asker(ctx): Asker, Path(id): Path<String>) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let matrix = Matrix::of(&kept.protocol()?);
    let mut text = String::from("\u{feff}");
    let mut row = |cells: Vec<String>| {
        text.push_str(&cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    };
    let head = |first: &str, of: &dyn Fn(&Column) -> String| {
        std::iter::once(first.to_owned()).chain(matrix.columns.iter().map(of)).collect::<Vec<_>>()
    };
    row(head("Activity", &|column| column.label.clone()));
    row(head("When", &|column| column.when.clone()));
    row(head("Window", &|column| column.window.clone()));
    for (at, activity) in matrix.rows.iter().enumerate() {
        let mark = |column: usize| {
            matrix.mark_at(at, column).map_or(String::new(), |mark| {
                let letters =
                    mark.notes.iter().filter_map(|note| matrix.notes.get(*note)).map(|note| note.letter.as_str());
                std::iter::once("X").chain(letters).collect::<Vec<_>>().join(" ")
            })
        };
        row(std::iter::once(activity.label.clone()).chain((0..matrix.columns.len()).map(mark)).collect());
    }
    for note in &matrix.notes {
        row(vec![format!("{}. {}", note.letter, note.words)]);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"schedule.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// A value of a CSV (RFC 4180). What a spreadsheet would run as a formula is made plain text by a leading apostrophe.
fn quoted(cell: &str) -> String {
    let risky =
        cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    let plain = if risky { format!("'{cell}") } else { cell.to_owned() };
    format!("\"{}\"", plain.replace('"', "\"\""))
}
