//! The letters that a demo house keeps instead of sending them, for people and for programs.

use askama::Template;
use axum::Json;
use axum::extract::{Query as Asked, State as Held};
use axum::response::IntoResponse;
use model::{Answer, Kind, Time};
use serde::{Deserialize, Serialize};
use vault::{Clause, Needle, Query};
use web::parts::{Cell, Empty, Facts, ago};
use web::{Asker, Reply, Room, Width};

use super::State;
use crate::kinds::KeptLetter;
use crate::rules::email::EmailAddress;

/// Letters shown at once.
const SHOWN_MAX: usize = 50;

#[derive(Template)]
#[template(path = "outbox.html")]
struct OutboxPage {
    letters: Vec<Shown>,
    none: Empty,
}

struct Shown {
    subject: String,
    facts: Facts,
    text: String,
}

/// Whose letters; everybody's without an address.
#[derive(Deserialize)]
pub(super) struct Whose {
    #[serde(default)]
    to: String,
}

#[derive(Serialize)]
struct Letters {
    /// The newest first.
    letters: Vec<One>,
}

#[derive(Serialize)]
struct One {
    to: String,
    about: String,
    subject: String,
    text: String,
    /// When it was written, in seconds since 1970.
    at: i64,
}

pub(super) async fn show(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let letters = kept(&state, &ctx, "").await?;
    let letters = letters.into_iter().map(|(letter, at)| Shown {
        facts: Facts::new(vec![("To", Cell::text(letter.to)), ("Written", Cell::text(ago(at, room.now())))]),
        subject: letter.subject,
        text: letter.text,
    });
    let none = Empty::new(
        "No letters yet",
        "This house keeps its letters here instead of sending them, for a day. Sign up or choose a new password, and one appears.",
    );
    let body = OutboxPage { letters: letters.collect(), none };
    super::page_for_staff(&state, &room, "Outbox", Width::Reading, body)
}

pub(super) async fn list(Held(state): Held<State>, Asker(ctx): Asker, Asked(whose): Asked<Whose>) -> Reply {
    let letters = kept(&state, &ctx, &whose.to).await?;
    let letters = letters.into_iter().map(|(letter, at)| One {
        to: letter.to,
        about: letter.about,
        subject: letter.subject,
        text: letter.text,
        at: at.seconds(),
    });
    Ok(Json(Letters { letters: letters.collect() }).into_response())
}

/// The newest letters of the asker's own organisation, the newest first.
async fn kept(state: &State, ctx: &access::Ctx, to: &str) -> Answer<Vec<(KeptLetter, Time)>> {
    let mut query = Query { limit: SHOWN_MAX, ..Query::all(KeptLetter::DECL) };
    if let Ok(address) = EmailAddress::parse(to) {
        query.clauses.push(Clause { field: "to", any: vec![Needle::Exact(address.as_str().to_owned())] });
    }
    let found = state.identity.vault().search(ctx, &query).await?;
    found.page.iter().map(|opened| Ok((opened.record()?, opened.created))).collect()
}
