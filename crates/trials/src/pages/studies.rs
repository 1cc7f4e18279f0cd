use askama::Template;
use axum::extract::{Query, State as Held};
use model::{Kind as _, RecordId, Refusal, RefusalKind};
use serde::Deserialize;
use vault::{Clause, Needle, limits};
use web::parts::{Button, ButtonLink, Cell, Column, Empty, Field, Kind, Pages, Row, Table, Tag, Tone, ago};
use web::{Asker, Fields, Reply, Returned, Room, page};

use super::{cut, frame, may};
use crate::State;
use crate::kinds::Study;
use crate::rules::readiness::count;

const HERE: &str = "/trials/studies";

#[derive(Template)]
#[template(path = "studies.html")]
struct StudiesPage {
    words: String,
    find: Field,
    go: Button,
    clear: Option<ButtonLink>,
    new: Option<(ButtonLink, ButtonLink)>,
    table: Table,
    pages: Option<Pages>,
}

/// Which studies.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

pub(super) async fn list(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let sought = model::words(&wanted.q);
    let clause = |word: &String| {
        let beginning = || Box::new(Needle::Beginning(word.clone()));
        Clause { field: "title", any: vec![Needle::In("title", beginning()), Needle::In("identifier", beginning())] }
    };
    let after: Option<RecordId> = wanted.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Refusal::new(RefusalKind::Malformed, "This part of the list does not exist. Begin again with all studies.")
    })?;
    let clauses = sought.iter().take(8).map(clause).collect();
    let query = vault::Query { clauses, limit: limits::PAGE_MAX, after, ..vault::Query::all(Study::DECL) };
    let found = state.vault.search(&ctx, &query).await?;
    let mut rows = Vec::with_capacity(found.page.len());
    for opened in &found.page {
        rows.push(row(opened.id, &opened.record()?, ctx.now));
    }
    let creates = may(&state, &ctx, "study.create");
    let columns = vec![
        Column::text("Study"),
        Column::short("Identifier"),
        Column::number("Visits"),
        Column::number("Activities"),
        Column::short("Standing"),
        Column::short("Changed"),
    ];
    let fields = Returned { fields: Fields::of(&[("q", wanted.q.trim())]), ..Returned::blank() };
    let more = found.next.map(|id| format!("{HERE}?after={id}"));
    let body = StudiesPage {
        words: match sought.is_empty() {
            true => count(found.total, "study", "studies"),
            false => format!("{} found", count(found.total, "study", "studies")),
        },
        find: Field::new("q", "Find a study", Kind::Search, &fields).hint("A word of its title, or its identifier."),
        go: Button::quiet("Find"),
        clear: (!sought.is_empty()).then(|| ButtonLink::quiet("Show all", HERE)),
        new: creates.then(|| {
            (
                ButtonLink::primary("New study", "/trials/studies/new"),
                ButtonLink::quiet("Bring a file", "/trials/studies/import"),
            )
        }),
        table: Table::new("Studies", columns, rows, empty(sought.is_empty())),
        pages: (more.is_some() || after.is_some()).then(|| Pages {
            words: format!("{} on this page", found.page.len()),
            before: after.map(|_| HERE.to_owned()),
            after: more,
        }),
    };
    page(frame(&room, "Studies"), body)
}

fn row(id: RecordId, study: &Study, now: model::Time) -> Row {
    let facts = &study.facts;
    let standing = match (facts.blockers, facts.proposals) {
        (0, 0) => Tag::new(Tone::Good, "nothing open"),
        (0, open) => Tag::new(Tone::Plain, count(open, "proposal", "proposals")),
        (blockers, _) => Tag::new(Tone::Warn, count(blockers, "blocker", "blockers")),
    };
    Row(vec![
        Cell::link(cut(&study.title, 140), format!("{HERE}/{id}")),
        Cell::text(cut(&study.identifier, 40)),
        Cell::text(facts.visits.to_string()),
        Cell::text(facts.activities.to_string()),
        Cell::part(&standing),
        Cell::faint(ago(study.changed.at, now)),
    ])
}

fn empty(all: bool) -> Empty {
    match all {
        true => Empty::new("No studies yet", "Begin one from nothing, or bring a USDM document or a spreadsheet."),
        false => Empty::new("No study was found", "Check the spelling, or type less of the title."),
    }
}
