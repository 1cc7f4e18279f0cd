use access::Ctx;
use askama::Template;
use axum::extract::{Path, Query, State as Held};
use axum::http::header;
use axum::response::IntoResponse;
use model::{Fault, Refusal};
use serde::Deserialize;
use web::parts::{Button, ButtonLink, Field, Kind, Pages};
use web::{Asker, Fields, Reply, Returned, Room, page};

use super::findings::place;
use super::schedule::escape;
use super::{cut, study_frame};
use crate::State;
use crate::design::Built;
use crate::records;

/// Lines on one page.
const SHOWN: usize = 80;

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    here: String,
    words: String,
    find: Field,
    go: Button,
    clear: Option<ButtonLink>,
    lines: Vec<Shown>,
    pages: Option<Pages>,
    exports: [ButtonLink; 2],
}

/// One line of the trace, as the generator writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    protocol: String,
    words: String,
    step: String,
    confidence: u8,
    concept: String,
    form: String,
    field: String,
    variable: String,
    define: String,
    odm: String,
    column: String,
    why: String,
}

/// One line, each step of it a way to everything else that goes through there.
struct Shown {
    protocol: (String, String),
    words: String,
    concept: String,
    field: (String, String),
    variable: (String, String),
    define: String,
    odm: String,
    column: String,
    why: String,
    step: String,
}

/// What to follow: words, or one step of the way.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    variable: String,
    #[serde(default)]
    from: usize,
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    let lines = lines(&seen.finished.built)?;
    let here = format!("/trials/studies/{}/trace", seen.kept.id);
    let words: Vec<String> = wanted.q.to_lowercase().split_whitespace().take(8).map(str::to_owned).collect();
    let chosen: Vec<&Line> = lines.iter().filter(|line| fits(line, &wanted, &words)).collect();
    let all = chosen.len();
    let from = wanted.from.min(all);
    let to = (from + SHOWN).min(all);
    let narrowed = all < lines.len() || !words.is_empty();
    let query = |from: usize| {
        let part = |name: &str, value: &str| format!("{name}={}", escape(value));
        let parts = [part("q", &wanted.q), part("protocol", &wanted.protocol), part("field", &wanted.field)];
        format!("{here}?{}&{}&from={from}", parts.join("&"), part("variable", &wanted.variable))
    };
    let fields = Returned { fields: Fields::of(&[("q", wanted.q.trim())]), ..Returned::blank() };
    let body = TracePage {
        words: format!("{all} of {} ways from the protocol to a column of data", lines.len()),
        find: Field::new("q", "Find in any step", Kind::Search, &fields)
            .hint("An activity, a field such as VSDAT, a variable such as VS.VSORRES, a file."),
        go: Button::quiet("Find"),
        clear: narrowed.then(|| ButtonLink::quiet("Show all", here.clone())),
        lines: chosen.iter().skip(from).take(SHOWN).map(|line| shown(line, &here)).collect(),
        pages: (to - from < all).then(|| Pages {
            words: format!("{} to {to} of {all}", from + 1),
            before: (from > 0).then(|| query(from.saturating_sub(SHOWN))),
            after: (to < all).then(|| query(to)),
        }),
        exports: [ButtonLink::quiet("CSV", format!("{here}.csv")), ButtonLink::quiet("JSON", format!("{here}.json"))],
        here,
    };
    page(study_frame(&room, &seen.kept, "Trace", "mapping"), body)
}

fn lines(built: &Built) -> Result<Vec<Line>, Fault> {
    let file = built.files.iter().find(|file| file.name == "trace.json");
    let Some(file) = file else { return Ok(Vec::new()) };
    let whole: serde_json::Value =
        serde_json::from_slice(&file.bytes).map_err(|error| Fault::new("reading the trace", error))?;
    let list = match whole {
        serde_json::Value::Object(mut map) => map.remove("lines").unwrap_or_default(),
        other => other,
    };
    serde_json::from_value(list).map_err(|error| Fault::new("reading the trace", error))
}

fn fits(line: &Line, wanted: &Wanted, words: &[String]) -> bool {
    let same = |asked: &str, there: &str| asked.is_empty() || asked == there;
    let below = wanted.protocol.is_empty() || line.protocol.starts_with(&wanted.protocol);
    if !below || !same(&wanted.field, &line.field) || !same(&wanted.variable, &line.variable) {
        return false;
    }
    let whole = [&line.protocol, &line.words, &line.concept, &line.form, &line.field, &line.variable, &line.column];
    words.iter().all(|word| whole.iter().any(|text| text.to_lowercase().contains(word)))
}

fn shown(line: &Line, here: &str) -> Shown {
    let to = |name: &str, value: &str| {
        if value.is_empty() { String::new() } else { format!("{here}?{name}={}", escape(value)) }
    };
    let step = match line.step.is_empty() {
        true => String::new(),
        false => format!("{}, {} %", line.step.replace('-', " "), line.confidence),
    };
    Shown {
        protocol: (place(&line.protocol), to("protocol", &line.protocol)),
        words: cut(&line.words, 160),
        concept: line.concept.clone(),
        field: (line.field.clone(), to("field", &line.field)),
        variable: (line.variable.clone(), to("variable", &line.variable)),
        define: line.define.clone(),
        odm: line.odm.clone(),
        column: line.column.clone(),
        why: line.why.clone(),
        step,
    }
}

/// The trace as a table.
pub(super) async fn csv(Held(state): Held<State>, Asker(ctx): Asker, Path(id): Path<String>) -> Reply {
    export(&state, &ctx, &id, "trace.csv").await
}

/// The trace for programs.
pub(super) async fn json(Held(state): Held<State>, Asker(ctx): Asker, Path(id): Path<String>) -> Reply {
    export(&state, &ctx, &id, "trace.json").await
}

async fn export(state: &State, ctx: &Ctx, id: &str, name: &str) -> Reply {
    let seen = records::see(state, ctx, id).await?;
    let file = seen.finished.built.files.iter().find(|file| file.name == name).ok_or_else(Refusal::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, file.media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, file.bytes.clone()).into_response())
}
