//! Who may open a record, who has looked at it, and why something was refused.

use axum::extract::{Path, Query as Asked, State as Held};
use model::{KindDecl, RecordId, Refusal, RequestId};
use serde::Deserialize;
use web::parts::{Button, Cell, Column, Empty, Field, Kind, Row, Table, Tabs};
use web::{Asker, Fields, Reply, Returned, Room};

use super::super::State;
use super::approvals::named;
use super::desk::{Card, Desk, Words, frame, last};
use crate::rights::{Looked, Why};

/// A kind of record that is declared, by its name.
fn kind_of(state: &State, name: &str) -> Result<&'static KindDecl, Refusal> {
    state.identity.vault().kinds().find(|decl| decl.name == name).ok_or_else(Refusal::not_found)
}

fn tabs(state: &State, ctx: &access::Ctx, kind: &str, id: RecordId, current: &str) -> Tabs {
    let root = format!("/access/{kind}/{id}");
    let mut pairs = Vec::new();
    if state.identity.may(ctx, "record.explain") {
        pairs.push(("Who may see it", root.clone()));
    }
    if state.identity.may(ctx, "disclosure.read") {
        pairs.push(("Who has looked", format!("{root}/looked")));
    }
    Tabs::new("This record", &pairs, current)
}

pub(crate) async fn may_see(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((kind, id)): Path<(String, String)>,
) -> Reply {
    let (decl, id) = (kind_of(&state, &kind)?, named(&id)?);
    let all = state.identity.who_may_see(&ctx, decl, id).await?;
    let count = all.iter().filter(|one| one.account.is_some()).count();
    let rows = all.into_iter().map(|one| {
        let name = match one.account {
            Some(account) => Cell::link(one.name, format!("/people/{account}")),
            None => Cell::text(one.name),
        };
        Row(vec![name, Cell::text(one.why.iter().map(because).collect::<Vec<_>>().join("; "))])
    });
    let none = Empty::new("Nobody may open it.", "No role that anybody holds at this moment permits it.");
    let columns = vec![Column::text("Who"), Column::text("Because")];
    let table = Table::new("Who may see it", columns, rows.collect(), none);
    let words =
        if count == 1 { "One person at this moment".to_owned() } else { format!("{count} people at this moment") };
    Desk::new("Who may see this record", words)
        .with(&Words::new(decl.words))
        .with(&table)
        .with(&Words::small(
            "Programs with a key may see it as far as whoever answers for the key may; they are listed under Keys.",
        ))
        .answer(frame(&state, &ctx, &room, "Who may see this record").tabs(tabs(
            &state,
            &ctx,
            &kind,
            id,
            &format!("/access/{kind}/{id}"),
        )))
}

fn because(why: &Why) -> String {
    let role = if why.only_this { format!("{}, for this person's records", why.role) } else { why.role.clone() };
    match why.until {
        Some(until) => format!("{role}, until the end of {}", last(until)),
        None => role,
    }
}

pub(crate) async fn looked(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((kind, id)): Path<(String, String)>,
) -> Reply {
    let (decl, id) = (kind_of(&state, &kind)?, named(&id)?);
    let (found, looked_at) = state.identity.who_has_looked(&ctx, decl, id).await?;
    let count = found.len();
    let rows = found.iter().map(|one| {
        Row(vec![
            Cell::text(&one.who),
            Cell::text(deed(one)),
            Cell::text(one.time.get(..16).unwrap_or(&one.time).replace('T', " ")),
            Cell::text(&one.purpose),
        ])
    });
    let none = Empty::new("Nobody has looked.", "Each opening, search that showed it and change would stand here.");
    let columns =
        vec![Column::text("Who"), Column::text("What"), Column::short("When, UTC"), Column::short("Why they asked")];
    let table = Table::new("Who has looked", columns, rows.collect(), none);
    Desk::new("Who has looked", format!("{count} entries about this record and whoever it is about"))
        .with(&table)
        .with(&Words::small(format!(
            "Found among the newest {looked_at} entries of the audit log. That you looked here is an entry too."
        )))
        .answer(frame(&state, &ctx, &room, "Who has looked").tabs(tabs(
            &state,
            &ctx,
            &kind,
            id,
            &format!("/access/{kind}/{id}/looked"),
        )))
}

/// A deed in words.
fn deed(one: &Looked) -> String {
    let what = match one.action.as_str() {
        "read" => "opened",
        "read-version" => "opened an earlier version",
        "history" => "looked at what changed",
        "search" => "saw it in a list",
        "create" => "wrote it first",
        "revise" => "changed it",
        "retire" => "took it out of use",
        "erase" => "erased the person",
        other => other,
    };
    match one.outcome.as_str() {
        "done" => format!("{what} ({})", one.kind),
        outcome => format!("tried: {what} ({}), {outcome}", one.kind),
    }
}

/// Which request.
#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    #[serde(default)]
    request: String,
}

#[derive(askama::Template)]
#[template(
    source = r#"<form class="find" method="get" action="/access/refused" role="search">{{ field }}<div class="actions">{{ go }}</div></form>"#,
    ext = "html"
)]
struct Find {
    field: Field,
    go: Button,
}

impl askama::filters::HtmlSafe for Find {}

pub(crate) async fn refused(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Asked(wanted): Asked<Wanted>,
) -> Reply {
    let form = Returned { fields: Fields::of(&[("request", wanted.request.trim())]), ..Returned::blank() };
    let find = Find {
        field: Field::new("request", "Request number", Kind::Search, &form)
            .hint("It stands at the foot of every page, also of those that say no."),
        go: Button::primary("Find out"),
    };
    let mut desk = Desk::new("Why was it refused?", "").with(&find);
    if let Ok(request) = wanted.request.trim().parse::<RequestId>() {
        let found = state.identity.why_refused(&ctx, request).await?;
        if found.is_empty() {
            desk = desk.with(&Empty::new(
                "The audit log holds no refusal of that request.",
                "Check the number, or the request is older than the newest 100,000 entries.",
            ));
        }
        for one in &found {
            let mut card = Card::new(one.words, one.looked.time.get(..16).unwrap_or_default().replace('T', " "))
                .with(&Words::new(format!("{} {}.", one.looked.who, deed(&one.looked))));
            if !one.roles.is_empty() {
                card = card.with(&Words::small(format!("Roles that permit it: {}.", one.roles.join(", "))));
            }
            desk = desk.with(&card);
        }
    } else if !wanted.request.trim().is_empty() {
        desk = desk.with(&Empty::new(
            "That is no request number.",
            "It has 36 characters, such as 01890a5d-ac96-774b-bcce-b302099a8057.",
        ));
    }
    desk.answer(frame(&state, &ctx, &room, "Why was it refused?"))
}
