use axum::Json;
use axum::extract::{Query, State as Held};
use axum::http::header;
use axum::response::IntoResponse;
use model::{Fault, Refusal};
use serde::{Deserialize, Serialize};
use web::{Asker, Reply};

use super::State;

/// Which entries.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Entries {
    /// How many entries the log holds.
    len: u64,
    /// The entries exactly as they are hashed.
    entries: Vec<String>,
}

pub(super) async fn entries(Held(state): Held<State>, Asker(ctx): Asker, Query(wanted): Query<Wanted>) -> Reply {
    let feed = state.identity.vault().evidence(&ctx, wanted.from, wanted.limit.unwrap_or(1000)).await?;
    let entries = feed.lines.into_iter().map(|fed| String::from_utf8(fed.line)).collect::<Result<_, _>>();
    let entries = entries.map_err(|error| Fault::new("reading evidence as text", error))?;
    Ok(Json(Entries { len: feed.len, entries }).into_response())
}

pub(super) async fn checkpoint(Held(state): Held<State>, Asker(ctx): Asker) -> Reply {
    let head = state.identity.vault().gather(ctx.tenant).await?.ok_or_else(Refusal::not_found)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], head.note).into_response())
}

pub(super) async fn vkey(Held(state): Held<State>) -> Reply {
    let vkey = state.identity.vault().log_vkey();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{vkey}\n")).into_response())
}
