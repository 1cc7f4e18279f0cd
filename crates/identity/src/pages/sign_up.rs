//! Signing up: an address, a code from a letter, a password, and then the second factor.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Answer, No, Refusal};
use seal::Secret;
use web::parts::{Button, Choice, ErrorSummary, Field, Kind, Notice, Select, Tone};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of,
};

use super::State;
use super::challenge::{self, ChallengeBox};
use crate::challenge::Guarded;
use crate::kinds::SignUpMode;
use crate::rules::email::EmailAddress;
use crate::rules::{passphrase, sign_up as rules};
use crate::sign_up::{Joined, Place, SignUpForm};

/// An answer about an address takes at least so long, whatever there was to do.
const ANSWER_TIME: Duration = Duration::from_millis(400);

#[derive(Template)]
#[template(path = "sign_up_where.html")]
struct WherePage {
    token: FormToken,
    summary: ErrorSummary,
    place: Field,
    go: Button,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    token: FormToken,
    summary: ErrorSummary,
    organisation: String,
    sentence: String,
    place: String,
    form: Option<Entries>,
}

/// The fields, where there is anything to fill in.
struct Entries {
    email: Field,
    name: Field,
    asked: Option<Select>,
    challenge: ChallengeBox,
    go: Button,
}

#[derive(Template)]
#[template(path = "sign_up_code.html")]
struct CodePage {
    token: FormToken,
    again: FormToken,
    summary: ErrorSummary,
    notice: Option<Notice>,
    place: String,
    ticket: String,
    code: Field,
    challenge: Option<ChallengeBox>,
    go: Button,
    send: Button,
}

#[derive(Template)]
#[template(path = "sign_up_password.html")]
struct PasswordPage {
    token: FormToken,
    summary: ErrorSummary,
    place: String,
    ticket: String,
    password: Field,
    go: Button,
}

#[derive(Template)]
#[template(path = "sign_up_waiting.html")]
struct WaitingPage {
    organisation: String,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    organisation: String,
    roles: Vec<(String, String)>,
    home: &'static str,
}

pub(super) struct Where(String);

impl FromForm for Where {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("place", "Enter the organisation's short name.", rules::parse_place).map(Self)
    }
}

impl FromForm for SignUpForm {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let name = |text: &str| match text.chars().count() {
            0..=200 => Ok(text.to_owned()),
            _ => Err("Use at most 200 characters.".to_owned()),
        };
        let email = read.required("email", "Enter your e-mail address.", EmailAddress::parse);
        let name = read.required("name", "Enter your name.", name);
        let asked = read.optional("asked", |text| Ok(text.to_owned()));
        Some(Self { email: email?, name: name?, asked: asked? })
    }
}

/// A ticket with what was typed beside it.
pub(super) struct Typed {
    ticket: String,
    code: String,
}

impl FromForm for Typed {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let ticket = read.required("ticket", "Begin again.", |text| Ok(text.to_owned()));
        let code = read.required("code", "Enter the eight digits from the letter.", |text| Ok(text.to_owned()));
        Some(Self { ticket: ticket?, code: code? })
    }
}

/// A ticket alone.
pub(super) struct OnlyTicket(String);

impl FromForm for OnlyTicket {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("ticket", "Begin again.", |text| Ok(text.to_owned())).map(Self)
    }
}

/// A ticket with a new password.
pub(super) struct Chosen {
    ticket: String,
    password: Secret,
}

impl FromForm for Chosen {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let ticket = read.required("ticket", "Begin again.", |text| Ok(text.to_owned()));
        let password = read.verbatim("password", "Choose a password.");
        let password = password.and_then(|text| match passphrase::parse_new(&text) {
            Ok(secret) => Some(secret),
            Err(words) => read.wrong("password", words),
        });
        Some(Self { ticket: ticket?, password: password? })
    }
}

pub(super) async fn ask_where(room: Room) -> Reply {
    where_page(&room, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn go_where(Held(state): Held<State>, room: Room, Form(sent): Form<Where>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return where_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match state.identity.sign_up_place(&draft.value.0, room.request(), room.now()).await? {
        Some(_) => Ok(see_other(&Next::parse(&format!("/sign-up/{}", draft.value.0)).ok_or_else(Refusal::not_found)?)),
        None => {
            let words = "No sign-up page has this short name. Ask the organisation for the link to its page.";
            let refusal = Refusal::new(model::RefusalKind::NotFound, words).at("place", words);
            where_page(&room, &Returned::refused(draft.fields, &refusal), StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

pub(super) async fn ask(Held(state): Held<State>, room: Room, Path(place): Path<String>) -> Reply {
    let place = found(&state, &room, &place).await?;
    sign_up_page(&state, &room, &place, &Returned::blank(), StatusCode::OK).await
}

pub(super) async fn begin(
    Held(state): Held<State>,
    room: Room,
    Path(place): Path<String>,
    Form(sent): Form<SignUpForm>,
) -> Reply {
    let place = found(&state, &room, &place).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return sign_up_page(&state, &room, &place, &returned, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let email = draft.value.email.to_string();
    let begun = slowly(async {
        challenge::take(&state, &room, Guarded::SignUp, &draft.fields).await?;
        state.identity.begin_sign_up(&place, draft.value, room.request(), room.now()).await
    });
    match begun.await {
        Ok(ticket) => {
            let form = Returned { fields: Fields::of(&[("ticket", &ticket)]), ..Returned::blank() };
            let words = format!(
                "A letter is on its way to {email}, if that address can sign up here. Enter the code from it; it is good \
                 for 15 minutes."
            );
            code_page(&state, &room, &place, &form, Some(words), StatusCode::OK).await
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            sign_up_page(&state, &room, &place, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn code(
    Held(state): Held<State>,
    room: Room,
    Path(place): Path<String>,
    Form(sent): Form<Typed>,
) -> Reply {
    let place = found(&state, &room, &place).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return code_page(&state, &room, &place, &returned, None, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let Typed { ticket, code } = draft.value;
    let (request, now) = (room.request(), room.now());
    let proven = async {
        if state.identity.code_is_risky(&place, &ticket, request, now).await? {
            challenge::take(&state, &room, Guarded::Code, &draft.fields).await?;
        }
        state.identity.prove_address(&place, &ticket, &code, request, now).await
    };
    match proven.await {
        Ok(()) => {
            let form = Returned { fields: Fields::of(&[("ticket", &ticket)]), ..Returned::blank() };
            password_page(&room, &place, &form, StatusCode::OK)
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            code_page(&state, &room, &place, &returned, None, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn again(
    Held(state): Held<State>,
    room: Room,
    Path(place): Path<String>,
    Form(sent): Form<OnlyTicket>,
) -> Reply {
    let place = found(&state, &room, &place).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return code_page(&state, &room, &place, &returned, None, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let sent = slowly(state.identity.send_code_again(&place, &draft.value.0, room.request(), room.now()));
    match sent.await {
        Ok(()) => {
            let form = Returned { fields: draft.fields, ..Returned::blank() };
            let words = "Another letter is on its way, if that address can sign up here. Only the newest code counts.";
            code_page(&state, &room, &place, &form, Some(words.to_owned()), StatusCode::OK).await
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            code_page(&state, &room, &place, &returned, None, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn password(
    Held(state): Held<State>,
    room: Room,
    Path(place): Path<String>,
    Form(sent): Form<Chosen>,
) -> Reply {
    let place = found(&state, &room, &place).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return password_page(&room, &place, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let Chosen { ticket, password } = draft.value;
    match state.identity.join(&place, &ticket, password, room.request(), room.now()).await {
        Ok(Joined::Account { step, email }) => {
            super::sign_in::second_page(&state, &room, *step, "/welcome", &email).await
        }
        Ok(Joined::Waiting) => {
            let body = WaitingPage { organisation: place.organisation };
            page(room.frame("Your request waits").width(Width::Reading), body)
        }
        Err(No::Refusal(refusal)) => {
            password_page(&room, &place, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The first page of somebody new, and what they may do.
pub(super) async fn welcome(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let organisation = state.identity.organisation(ctx.tenant, ctx.request, ctx.now).await?.name;
    let roles = state.identity.own_roles(&ctx).await?;
    let body = WelcomePage { organisation, roles, home: state.home };
    super::page_for_staff(&state, &room, "Welcome", Width::Reading, body)
}

/// Does something that must not show by its time what there was to do.
pub(super) async fn slowly<T>(work: impl Future<Output = Answer<T>>) -> Answer<T> {
    let (done, ()) = tokio::join!(work, tokio::time::sleep(ANSWER_TIME));
    done
}

async fn found(state: &State, room: &Room, place: &str) -> Answer<Place> {
    let place = rules::parse_place(place).map_err(|_| Refusal::not_found())?;
    let found = state.identity.sign_up_place(&place, room.request(), room.now()).await?;
    found.ok_or_else(|| Refusal::not_found().into())
}

fn where_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = WherePage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        place: Field::new("place", "The organisation's short name", Kind::Text, form)
            .hint("It stands in the link to its sign-up page, such as brightwater."),
        go: Button::primary("Continue"),
    };
    page(room.frame("Sign up").width(Width::Reading).status(status), body)
}

async fn sign_up_page(state: &State, room: &Room, place: &Place, form: &Returned, status: StatusCode) -> Reply {
    let entries = match place.policy.mode {
        SignUpMode::Closed => None,
        _ => Some(Entries {
            email: Field::new("email", "Your e-mail address", Kind::Email, form)
                .hint("A code is sent there, and you sign in with it afterwards."),
            name: Field::new("name", "Your name", Kind::Text, form).hint("As the others here will see it."),
            asked: (place.policy.mode == SignUpMode::Approval).then(|| asked(state, place, form)),
            challenge: ChallengeBox::of(state, room, Guarded::SignUp, form).await?,
            go: Button::primary("Send me a code"),
        }),
    };
    let body = SignUpPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        organisation: place.organisation.clone(),
        sentence: place.sentence(),
        place: place.policy.place.clone(),
        form: entries,
    };
    let title = format!("Sign up at {}", place.organisation);
    page(challenge::scripted(state, room.frame(title).width(Width::Reading).status(status)), body)
}

fn asked(state: &State, place: &Place, form: &Returned) -> Select {
    let offered = place.policy.offered.iter();
    let choices = offered.map(|role| Choice::new(role.clone(), state.identity.title(role))).collect();
    Select::new("asked", "What you will do there", choices, form)
        .hint("Whoever decides about your request can choose something else.")
}

async fn code_page(
    state: &State,
    room: &Room,
    place: &Place,
    form: &Returned,
    said: Option<String>,
    status: StatusCode,
) -> Reply {
    let ticket = form.fields.value("ticket").to_owned();
    let risky = state.identity.code_is_risky(place, &ticket, room.request(), room.now()).await?;
    let challenge = if risky { Some(ChallengeBox::of(state, room, Guarded::Code, form).await?) } else { None };
    let body = CodePage {
        token: room.form_token(),
        again: room.form_token(),
        summary: ErrorSummary::of(form),
        notice: said.map(|words| Notice::new(Tone::Plain, "Look at your letters.", words)),
        place: place.policy.place.clone(),
        ticket,
        code: Field::new("code", "Code from the letter", Kind::OneTimeCode, form).chars(12).hint("Eight digits."),
        challenge,
        go: Button::primary("Continue"),
        send: Button::quiet("Send another code"),
    };
    page(challenge::scripted(state, room.frame("Enter the code").width(Width::Reading).status(status)), body)
}

fn password_page(room: &Room, place: &Place, form: &Returned, status: StatusCode) -> Reply {
    let hint =
        format!("At least {} characters. Three or four unrelated words are easy to remember.", passphrase::CHARS_MIN);
    let body = PasswordPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        place: place.policy.place.clone(),
        ticket: form.fields.value("ticket").to_owned(),
        password: Field::new("password", "Choose a password", Kind::NewPassword, form).hint(hint),
        go: Button::primary("Continue"),
    };
    page(room.frame("Choose a password").width(Width::Reading).status(status), body)
}
