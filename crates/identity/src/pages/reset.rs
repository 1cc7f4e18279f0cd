//! A new password for who lost theirs.

use askama::Template;
use axum::extract::{Query, State as Held};
use axum::http::StatusCode;
use model::No;
use seal::Secret;
use serde::Deserialize;
use web::parts::{Button, ErrorSummary, Field, Kind};
use web::{Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Width, page, status_of};

use super::State;
use super::challenge::{self, ChallengeBox};
use super::sign_up::slowly;
use crate::challenge::Guarded;
use crate::rules::email::EmailAddress;
use crate::rules::passphrase;

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage {
    token: FormToken,
    summary: ErrorSummary,
    email: Field,
    challenge: ChallengeBox,
    go: Button,
}

#[derive(Template)]
#[template(path = "reset_choose.html")]
struct ChoosePage {
    token: FormToken,
    summary: ErrorSummary,
    link: String,
    password: Field,
    go: Button,
}

#[derive(Template)]
#[template(path = "reset_said.html")]
struct SaidPage {
    heading: &'static str,
    words: &'static str,
}

/// The link's token.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

/// Whose password.
pub(super) struct Whose(EmailAddress);

impl FromForm for Whose {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("email", "Enter your e-mail address.", EmailAddress::parse).map(Self)
    }
}

/// The link's token with the new password.
pub(super) struct Chosen {
    link: String,
    password: Secret,
}

impl FromForm for Chosen {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let link = read.required("link", "Open the link from the letter.", |text| Ok(text.to_owned()));
        let password = read.verbatim("password", "Choose a password.");
        let password = password.and_then(|text| match passphrase::parse_new(&text) {
            Ok(secret) => Some(secret),
            Err(words) => read.wrong("password", words),
        });
        Some(Self { link: link?, password: password? })
    }
}

pub(super) async fn ask(Held(state): Held<State>, room: Room) -> Reply {
    reset_page(&state, &room, &Returned::blank(), StatusCode::OK).await
}

pub(super) async fn send(Held(state): Held<State>, room: Room, Form(sent): Form<Whose>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return reset_page(&state, &room, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let asked = slowly(async {
        challenge::take(&state, &room, Guarded::Reset, &draft.fields).await?;
        state.identity.ask_for_reset(&draft.value.0, room.request(), room.now()).await
    });
    match asked.await {
        Ok(()) => said(
            &room,
            "Look at your letters",
            "If this address has an account, a letter with a link is on its way. The link is good once and for half an hour.",
        ),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            reset_page(&state, &room, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn choose(Held(state): Held<State>, room: Room, Query(link): Query<Link>) -> Reply {
    state.identity.reset_is_good(&link.token, room.request(), room.now()).await?;
    let form = Returned { fields: Fields::of(&[("link", &link.token)]), ..Returned::blank() };
    choose_page(&room, &form, StatusCode::OK)
}

pub(super) async fn set(Held(state): Held<State>, room: Room, Form(sent): Form<Chosen>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return choose_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let Chosen { link, password } = draft.value;
    match state.identity.reset_password(&link, password, room.request(), room.now()).await {
        Ok(()) => said(
            &room,
            "Your password is changed",
            "You were signed out everywhere. Sign in with the new password and your second factor.",
        ),
        Err(No::Refusal(refusal)) => {
            choose_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn reset_page(state: &State, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = ResetPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        email: Field::new("email", "Your e-mail address", Kind::Username, form),
        challenge: ChallengeBox::of(state, room, Guarded::Reset, form).await?,
        go: Button::primary("Send me a link"),
    };
    page(challenge::scripted(state, room.frame("Choose a new password").width(Width::Reading).status(status)), body)
}

fn choose_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let hint =
        format!("At least {} characters. Three or four unrelated words are easy to remember.", passphrase::CHARS_MIN);
    let body = ChoosePage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        link: form.fields.value("link").to_owned(),
        password: Field::new("password", "Choose a password", Kind::NewPassword, form).hint(hint),
        go: Button::primary("Change the password"),
    };
    page(room.frame("Choose a new password").width(Width::Reading).status(status), body)
}

fn said(room: &Room, heading: &'static str, words: &'static str) -> Reply {
    page(room.frame(heading).width(Width::Reading), SaidPage { heading, words })
}
