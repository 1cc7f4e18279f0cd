//! The part of a form that shows that its sender is no robot.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::header;
use axum::response::IntoResponse;
use model::{Answer, Fault};
use web::{Fields, Frame, Reply, Returned, Room};

use super::State;
use crate::challenge::{FIELD, Guarded, WAIT_SECONDS};

/// Where the script is.
pub(super) const SCRIPT: &str = "/sign-up/challenge.js";

/// The challenge as it stands in a form. With a script it answers itself; without one, waiting answers it.
#[derive(Template)]
#[template(path = "challenge.html")]
pub(super) struct ChallengeBox {
    challenge: String,
    /// What waiting is worth, once somebody without scripts has begun to wait.
    waiting: String,
    problem: String,
    wait_seconds: i64,
    elsewhere: Option<Elsewhere>,
}

/// The element that a service's script looks for.
struct Elsewhere {
    class: &'static str,
    site_key: String,
    action: &'static str,
}

// What is written was escaped by its template.
impl HtmlSafe for ChallengeBox {}

impl ChallengeBox {
    /// A fresh one for a form. A form that came back without an answer gets a place in the queue beside it.
    pub async fn of(state: &State, room: &Room, before: Guarded, form: &Returned) -> Result<Self, Fault> {
        let challenge = state.identity.challenge(before, room.now()).await?;
        let challenge = serde_json::to_string(&challenge).map_err(|error| Fault::new("writing a challenge", error))?;
        let elsewhere = state.identity.elsewhere().map(|foreign| Elsewhere {
            class: foreign.service.class(),
            site_key: foreign.site_key.clone(),
            action: before.name(),
        });
        let sent = form.fields.value(FIELD);
        let waiting = match form.problem(FIELD) {
            _ if elsewhere.is_some() => String::new(),
            "" => String::new(),
            _ if sent.starts_with("wait.") => sent.to_owned(),
            _ => state.identity.waiting_place(before, room.now()).await?.unwrap_or_default(),
        };
        let problem = form.problem(FIELD).to_owned();
        Ok(Self { challenge, waiting, problem, wait_seconds: WAIT_SECONDS, elsewhere })
    }
}

/// The same frame with the script that answers the challenge: ours, or the configured service's.
pub(super) fn scripted(state: &State, frame: Frame) -> Frame {
    frame.script(state.identity.elsewhere().map_or(SCRIPT, |foreign| foreign.service.script()))
}

/// Takes the answer that came with a form.
pub(super) async fn take(state: &State, room: &Room, before: Guarded, fields: &Fields) -> Answer<()> {
    let field = state.identity.elsewhere().map_or(FIELD, |foreign| foreign.service.field());
    state.identity.take_challenge(before, fields.value(field), room.request(), room.now()).await
}

/// The script, as a file of this house.
pub(super) async fn script() -> Reply {
    let script = include_str!("challenge.js");
    Ok(([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response())
}
