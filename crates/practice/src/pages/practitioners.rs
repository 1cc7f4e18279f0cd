use askama::Template;
use axum::extract::{Query, State as Held};
use model::{RecordId, Refusal, RefusalKind};
use serde::Deserialize;
use web::parts::{Cell, Column, Empty, Pages, Row, Table};
use web::{Asker, Reply, Room, page};

use super::frame;
use crate::State;
use crate::fhir::Type;
use crate::fhir::search::{Handling, plan};
use crate::records::{self, Part};
use crate::rules::view::Person;

/// Practitioners on one page.
const SHOWN: usize = 50;
const HERE: &str = "/practice/practitioners";

#[derive(Template)]
#[template(path = "practitioners.html")]
struct PractitionersPage {
    words: String,
    table: Table,
    pages: Option<Pages>,
}

/// Which part of the list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    after: Option<String>,
}

pub(super) async fn list(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let after: Option<RecordId> = wanted.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Refusal::new(
            RefusalKind::Malformed,
            "This part of the list does not exist. Begin again with all practitioners.",
        )
    })?;
    let plan = plan(Type::Practitioner, "", Handling::Strict, ctx.now)?;
    let part = Part { limit: SHOWN, after, newest_first: true };
    let page_found = records::find(&state.vault, &ctx, &plan, part).await?;
    let mut people = Vec::with_capacity(page_found.found.len());
    for kept in &page_found.found {
        people.push(Person::of(&kept.resource()?));
    }
    people.sort_by_cached_key(|person| model::fold(&format!("{} {}", person.family, person.given)));
    let rows = people.iter().map(row).collect();
    let columns = vec![
        Column::text("Name"),
        Column::text("Qualification"),
        Column::short("Registration"),
        Column::text("Reached by"),
    ];
    let empty = Empty::new("No practitioners yet", "Everybody who gives care here will be listed.");
    let words = match page_found.candidates {
        1 => "1 practitioner".to_owned(),
        count => format!("{count} practitioners"),
    };
    let more = page_found.next.map(|id| format!("{HERE}?after={id}"));
    let pages = (more.is_some() || after.is_some()).then(|| Pages {
        words: format!("{} on this page", people.len()),
        before: after.map(|_| HERE.to_owned()),
        after: more,
    });
    let body = PractitionersPage { words, table: Table::new("Practitioners", columns, rows, empty), pages };
    page(frame(&room, "Practitioners"), body)
}

fn row(person: &Person) -> Row {
    let or_none = |text: Option<String>| text.map_or_else(|| Cell::faint("not recorded"), Cell::text);
    let reached: Vec<&str> = person.telecoms.iter().map(|(_, value)| value.as_str()).collect();
    Row(vec![
        Cell::text(person.natural()),
        or_none(person.qualifications.first().cloned()),
        or_none(person.identifiers.first().map(|(_, value)| value.clone())),
        or_none((!reached.is_empty()).then(|| reached.join(" · "))),
    ])
}
