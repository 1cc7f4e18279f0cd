use askama::Template;
use axum::extract::{Query, State as Held};
use axum::http::StatusCode;
use model::No;
use seal::Secret;
use serde::Deserialize;
use web::parts::{Button, ErrorSummary, Field, Kind};
use web::{Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of};

use super::State;
use crate::accounts::{NewAccount, NewTenant, set_up_is_over};
use crate::kinds::{HeldRole, Policy};
use crate::rules::email::EmailAddress;
use crate::rules::passphrase;

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage {
    token: FormToken,
    summary: ErrorSummary,
    set_up: String,
    organisation: Field,
    name: Field,
    email: Field,
    password: Field,
    go: Button,
}

/// The link's one-time token.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

/// The first organisation and who looks after it.
pub(super) struct First {
    set_up: String,
    organisation: String,
    name: String,
    email: EmailAddress,
    password: Secret,
}

impl FromForm for First {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let words = |text: &str| match text.chars().count() {
            0..=200 => Ok(text.to_owned()),
            _ => Err("Use at most 200 characters.".to_owned()),
        };
        let set_up =
            read.required("set-up", "Open this page through the link in the set-up file.", |text| Ok(text.to_owned()));
        let organisation = read.required("organisation", "Enter the organisation's name.", words);
        let name = read.required("name", "Enter your name.", words);
        let email = read.required("email", "Enter your e-mail address.", EmailAddress::parse);
        let password = read.verbatim("password", "Choose a password.");
        let password = password.and_then(|text| match passphrase::parse_new(&text) {
            Ok(secret) => Some(secret),
            Err(words) => read.wrong("password", words),
        });
        Some(Self { set_up: set_up?, organisation: organisation?, name: name?, email: email?, password: password? })
    }
}

pub(super) async fn ask(Held(state): Held<State>, room: Room, Query(link): Query<Link>) -> Reply {
    open(&state, &link.token, &room).await?;
    let form = Returned { fields: Fields::of(&[("set-up", &link.token)]), ..Returned::blank() };
    set_up_page(&room, &form, StatusCode::OK)
}

pub(super) async fn make(Held(state): Held<State>, room: Room, Form(sent): Form<First>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return set_up_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    open(&state, &draft.value.set_up, &room).await?;
    match found(&state, draft.value, &room).await {
        Ok(()) => Ok(see_other(&Next::own("/sign-in"))),
        Err(No::Refusal(refusal)) => {
            set_up_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn found(state: &State, first: First, room: &Room) -> model::Answer<()> {
    let (request, now) = (room.request(), room.now());
    let whole = NewTenant { name: first.organisation, synthetic: false, policy: Policy::USUAL };
    let roles = state.first_roles.iter().map(|role| HeldRole::always(*role)).collect();
    let new = NewAccount { email: first.email, name: first.name, password: first.password, roles, factor: None };
    state.identity.create_first_account(&whole, new, request, now).await.map(|_| ())
}

/// Set-up is open until the first account exists, for whoever has the token from the set-up file.
async fn open(state: &State, token: &str, room: &Room) -> model::Answer<()> {
    let right = state.set_up_token.as_ref().is_some_and(|expected| seal::same(expected.as_bytes(), token.as_bytes()));
    if right && !state.identity.is_founded(room.request(), room.now()).await? {
        return Ok(());
    }
    Err(set_up_is_over().into())
}

fn set_up_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let hint =
        format!("At least {} characters. Three or four unrelated words are easy to remember.", passphrase::CHARS_MIN);
    let body = SetUpPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        set_up: form.fields.value("set-up").to_owned(),
        organisation: Field::new("organisation", "Organisation", Kind::Text, form)
            .hint("As people know it, such as Brightwater Dental."),
        name: Field::new("name", "Your name", Kind::Text, form),
        email: Field::new("email", "Your e-mail address", Kind::Email, form),
        password: Field::new("password", "Choose a password", Kind::NewPassword, form).hint(hint),
        go: Button::primary("Make the organisation"),
    };
    page(room.frame("Set up the house").width(Width::Reading).status(status), body)
}
