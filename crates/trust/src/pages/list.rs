use super::{Shown, Stand, State};
use crate::probe::Population;
use crate::verdict::Verdict;
use axum::http::header;
use axum::response::IntoResponse;
use model::Fault;
use serde::Serialize;
use web::{Reply, Room};

/// `GET /trust/claims.json`: `{"deployment", "log": {"size","root","signed_at"}, "claims": […]}`.
#[derive(Serialize)]
struct Listed<'a> {
    deployment: &'a str,
    now: String,
    log: Head<'a>,
    claims: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Head<'a> {
    size: u64,
    root: &'a str,
    signed_at: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'static str,
    words: &'static str,
    rows: &'static [&'static str],
    verdict: Verdict,
    checked_at: Option<&'a str>,
    valid_until: Option<&'a str>,
    population: Option<&'a Population>,
    group: &'static str,
    how: &'static str,
    proof: &'static str,
    reason: Option<&'a str>,
    log_index: Option<u64>,
}

/// Every promise with its verdict at this moment.
pub(super) async fn claims_json(axum::extract::State(state): axum::extract::State<State>, room: Room) -> Reply {
    let shown = Shown::read(&state, room.now())?;
    let listed = Listed {
        deployment: &shown.state.deployment,
        now: shown.now.to_string(),
        log: Head { size: shown.state.log.size, root: &shown.state.log.root, signed_at: &shown.state.log.signed_at },
        claims: shown.stands.iter().map(row).collect(),
    };
    let text =
        serde_json::to_string_pretty(&listed).map_err(|error| Fault::new("writing the list of claims", error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

fn row(stand: &Stand) -> Row<'_> {
    let standing = stand.standing.as_ref();
    Row {
        id: stand.claim.id,
        words: stand.claim.words,
        rows: stand.claim.rows,
        verdict: stand.verdict,
        checked_at: standing.map(|standing| &*standing.finished),
        valid_until: standing.map(|standing| &*standing.valid_until),
        population: standing.map(|standing| &standing.population),
        group: stand.claim.group,
        how: stand.claim.how,
        proof: stand.claim.proof.name(),
        reason: standing.map(|standing| &*standing.reason),
        log_index: standing.map(|standing| standing.index),
    }
}
