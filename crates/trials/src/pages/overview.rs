use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::header;
use axum::response::IntoResponse;
use web::parts::{ButtonLink, Cell, Entries, Entry, Facts, Figures, Tag, Tone, ago};
use web::{Asker, Form, FormToken, Next, Reply, Room, page, see_other};

use super::begin::Nothing;
use super::{cut, in_bytes, may, moment, study_frame};
use crate::State;
use crate::records::{self, Seen};
use crate::rules::matrix::Matrix;
use crate::rules::readiness::{self, Known, Standing, Step, count};

/// Changes told on the overview.
const TOLD: usize = 8;
/// The least width of the small picture of the schedule.
const WIDTH_MIN: usize = 240;
/// Cells that the small picture of the schedule shows.
const PICTURE_CELLS_MAX: usize = 6_000;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    root: String,
    identifier: String,
    title: String,
    ready: bool,
    verdict: String,
    steps: Vec<ShownStep>,
    figures: Figures,
    picture: Option<Picture>,
    facts: Facts,
    log: Entries,
    download: ButtonLink,
    build: Option<FormToken>,
    retire: Option<FormToken>,
}

struct ShownStep {
    number: usize,
    name: &'static str,
    words: String,
    href: String,
    class: &'static str,
    tag: Tag,
}

/// The schedule, drawn small: a dot for every mark.
struct Picture {
    words: String,
    width: usize,
    height: usize,
    bands: Vec<(usize, usize)>,
    dots: Vec<(usize, usize, bool)>,
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    let latest = records::latest(&state, &ctx, seen.kept.id).await?.map(|(_, build)| build);
    let approvals: Vec<_> =
        records::approvals(&state, &ctx, seen.kept.id).await?.into_iter().map(|(_, approval)| approval).collect();
    let known = Known {
        built: &seen.finished.built,
        decisions: &seen.decisions,
        version: seen.kept.version,
        latest: latest.as_ref(),
        approvals: &approvals,
    };
    let steps = readiness::steps(&known);
    let root = format!("/trials/studies/{}", seen.kept.id);
    let matrix = seen.kept.protocol().map(|protocol| Matrix::of(&protocol)).unwrap_or_default();
    let body = OverviewPage {
        identifier: cut(&seen.kept.study.identifier, 80),
        title: cut(&seen.kept.study.title, 400),
        ready: readiness::is_ready(&steps),
        verdict: verdict(&steps),
        steps: steps.iter().enumerate().map(|(at, step)| shown(at, step, &root)).collect(),
        figures: figures(&seen, &matrix),
        picture: picture(&matrix),
        facts: facts(&seen, ctx.now),
        log: log(&seen, ctx.now),
        download: ButtonLink::quiet("Download the protocol", format!("{root}/protocol.json")),
        build: may(&state, &ctx, "build.order").then(|| room.form_token()),
        retire: may(&state, &ctx, "study.retire").then(|| room.form_token()),
        root,
    };
    page(study_frame(&room, &seen.kept, "", ""), body)
}

/// The state of the study in one sentence.
fn verdict(steps: &[Step]) -> String {
    let blocked = steps.iter().filter(|step| step.standing == Standing::Blocked).count();
    let open = steps.iter().filter(|step| step.standing == Standing::Open).count();
    match (blocked, open) {
        (0, 0) => "Ready for release".to_owned(),
        (0, open) => format!("{} before release", count(open, "step is left", "steps are left")),
        (blocked, _) => format!("Not ready: {} release", count(blocked, "step blocks", "steps block")),
    }
}

fn shown(at: usize, step: &Step, root: &str) -> ShownStep {
    let (class, tag) = match step.standing {
        Standing::Done => ("done", Tag::new(Tone::Good, "Done")),
        Standing::Open => ("open", Tag::new(Tone::Plain, "To do")),
        Standing::Blocked => ("blocked", Tag::new(Tone::Bad, "Blocks release")),
    };
    let href = format!("{root}/{}", step.page);
    ShownStep { number: at + 1, name: step.name, words: step.words.clone(), href, class, tag }
}

fn figures(seen: &Seen, matrix: &Matrix) -> Figures {
    let built = &seen.finished.built;
    let number = |count: usize| count as u64;
    Figures::new(&[
        (number(matrix.columns.len()), "visits"),
        (number(matrix.rows.len()), "activities"),
        (number(built.forms.len()), "forms"),
        (number(built.checks.len()), "edit checks"),
    ])
}

fn picture(matrix: &Matrix) -> Option<Picture> {
    let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
    if rows * columns == 0 || rows * columns > PICTURE_CELLS_MAX {
        return None;
    }
    // A small schedule keeps small dots, in the middle.
    let width = (columns * 10).max(WIDTH_MIN);
    let left = (width - columns * 10) / 2;
    let mut dots = Vec::with_capacity(matrix.marks());
    for row in 0..rows {
        for column in 0..columns {
            if let Some(mark) = matrix.mark_at(row, column) {
                dots.push((left + column * 10 + 5, row * 10 + 5, !mark.notes.is_empty()));
            }
        }
    }
    let mut bands = Vec::new();
    let mut from = 0;
    for (at, (_, run)) in matrix.epochs.iter().enumerate() {
        if at % 2 == 1 {
            bands.push((left + from * 10, run * 10));
        }
        from += run;
    }
    let words = format!(
        "{} marks: {} at {}",
        matrix.marks(),
        count(rows, "activity", "activities"),
        count(columns, "visit", "visits")
    );
    Some(Picture { words, width, height: rows * 10, bands, dots })
}

fn facts(seen: &Seen, now: model::Time) -> Facts {
    let kept = &seen.kept;
    let changed = format!("{}, {}", kept.study.changed.name, ago(kept.study.changed.at, now));
    Facts::new(vec![
        ("Version", Cell::text(format!("{} of the protocol", kept.version))),
        ("Changed", Cell::text(changed)),
        ("Document", Cell::text(format!("USDM, {}", in_bytes(kept.bytes.len() as u64)))),
        ("Generated", Cell::text(format!("in {} ms", seen.finished.took.as_millis()))),
    ])
}

fn log(seen: &Seen, now: model::Time) -> Entries {
    let entry = |(version, words, deed): &(u64, String, crate::kinds::Deed)| Entry {
        when: ago(deed.at, now),
        words: format!("{} {words}.", deed.name),
        detail: format!("Version {version}, {}", moment(deed.at)),
        href: None,
    };
    Entries { entries: seen.kept.study.log.iter().rev().take(TOLD).map(entry).collect() }
}

/// Takes a study out of use.
pub(super) async fn retire(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<Nothing>,
) -> Reply {
    sent.map_err(|_| super::builds::stale())?;
    let kept = records::open(&state, &ctx, &id).await?;
    records::retire(&state, &ctx, &kept).await?;
    Ok(see_other(&Next::own("/trials/studies")))
}

pub(super) async fn protocol(Held(state): Held<State>, Asker(ctx): Asker, Path(id): Path<String>) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let name = format!("attachment; filename=\"protocol-v{}.json\"", kept.version);
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, kept.bytes).into_response())
}
