use askama::Template;
use axum::extract::{Query, State as Held};
use axum::http::StatusCode;
use axum::response::Response;
use model::No;
use seal::Secret;
use serde::Deserialize;
use web::parts::{Button, Code, ErrorSummary, Field, Kind, Notice, Tone};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Visitor, Width, page, see_other,
    status_of,
};

use super::State;
use super::passkey::{self, PasskeyForm};
use crate::rules::email::EmailAddress;
use crate::sign_in::{Caller, Entered, SignedIn, Step};
use crate::{Answered, Proof};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct PasswordPage {
    token: FormToken,
    summary: ErrorSummary,
    notice: Option<Notice>,
    email: Field,
    password: Field,
    next: String,
    go: Button,
    passkey: Option<PasskeyForm>,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    token: FormToken,
    summary: ErrorSummary,
    ticket: String,
    secret: Option<Code>,
    uri: String,
    qr: Option<super::super::rules::qr::Picture>,
    code: Field,
    next: String,
    go: Button,
    passkey: Option<PasskeyForm>,
}

#[derive(Template)]
#[template(path = "old_password.html")]
struct OldPasswordPage {
    token: FormToken,
    summary: ErrorSummary,
    ticket: String,
    next: String,
    password: Field,
    go: Button,
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    pub(super) next: String,
}

/// The first factor as typed.
pub(super) struct Credentials {
    email: EmailAddress,
    password: Secret,
}

/// The second factor as typed.
pub(super) struct SecondShown {
    ticket: String,
    proof: Proof,
}

/// A new password in place of one that is too old.
pub(super) struct Replacement {
    ticket: String,
    password: String,
}

/// A passkey that signs in alone.
pub(super) struct Alone(Answered);

impl FromForm for Credentials {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let email = read.required("email", "Enter your e-mail address.", EmailAddress::parse);
        let password = read.verbatim("password", "Enter your password.");
        Some(Self { email: email?, password: Secret::new(password?) })
    }
}

impl FromForm for SecondShown {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let ticket = read.required("ticket", BEGIN_AGAIN, |text| Ok(text.to_owned()));
        let proof = passkey::proof(read);
        Some(Self { ticket: ticket?, proof: proof? })
    }
}

impl FromForm for Replacement {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let ticket = read.required("ticket", BEGIN_AGAIN, |text| Ok(text.to_owned()));
        let password = read.verbatim("password", "Choose a password.");
        Some(Self { ticket: ticket?, password: password? })
    }
}

impl FromForm for Alone {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        passkey::answered(read).map(Self)
    }
}

const BEGIN_AGAIN: &str = "Begin again with your password.";

pub(super) async fn ask(
    Held(state): Held<State>,
    room: Room,
    Visitor(visitor): Visitor,
    Query(after): Query<After>,
) -> Reply {
    if visitor.is_some() {
        return Ok(see_other(&next_of(&after.next, state.home)));
    }
    let form = Returned { fields: Fields::of(&[("next", &after.next)]), ..Returned::blank() };
    let notice = (!after.next.is_empty())
        .then(|| Notice::new(Tone::Plain, "Sign in to go on.", "That page is only for people who are signed in."));
    password_page(&state, &room, &form, notice, StatusCode::OK).await
}

pub(super) async fn password(Held(state): Held<State>, room: Room, Form(sent): Form<Credentials>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return password_page(&state, &room, &returned, None, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    if let Some(slowly) = super::robot::before_password(&state, &room, &draft.value.email, &draft.fields).await? {
        return Ok(slowly);
    }
    let step = state.identity.password(&draft.value.email, draft.value.password, &Caller::of(&room)).await;
    match step {
        Ok(step) => second_page(&state, &room, step, draft.fields.value("next"), draft.fields.value("email")).await,
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            password_page(&state, &room, &returned, None, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn code(Held(state): Held<State>, room: Room, Form(sent): Form<SecondShown>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return code_page(&state, &room, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.second(&draft.value.ticket, &draft.value.proof, &Caller::of(&room)).await {
        Ok(Entered::In(signed_in)) => Ok(go_in(&state, &signed_in, draft.fields.value("next"))),
        Ok(Entered::PasswordTooOld { .. }) => {
            let form = Returned { fields: draft.fields, problems: Vec::new() };
            old_password_page(&room, &form, StatusCode::OK)
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            code_page(&state, &room, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn passkey(Held(state): Held<State>, room: Room, Form(sent): Form<Alone>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return password_page(&state, &room, &returned, None, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.sign_in_by_passkey(draft.value.0, &Caller::of(&room)).await {
        Ok(signed_in) => Ok(go_in(&state, &signed_in, draft.fields.value("next"))),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            password_page(&state, &room, &returned, None, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn replace(Held(state): Held<State>, room: Room, Form(sent): Form<Replacement>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return old_password_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let caller = Caller::of(&room);
    match state.identity.replace_old_password(&draft.value.ticket, Secret::new(draft.value.password), &caller).await {
        Ok(signed_in) => Ok(go_in(&state, &signed_in, draft.fields.value("next"))),
        Err(No::Refusal(refusal)) => {
            old_password_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// On to where somebody wanted to go, with the cookies of their session and their browser.
fn go_in(state: &State, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = see_other(&next_of(next, state.home));
    web::set_session(response.headers_mut(), &signed_in.token);
    if let Some(device) = &signed_in.device {
        web::set_device(response.headers_mut(), device);
    }
    response
}

pub(super) async fn out(Held(state): Held<State>, Asker(ctx): Asker, Form(sent): Form<super::Nothing>) -> Reply {
    if sent.is_err() {
        return Ok(see_other(&Next::own("/")));
    }
    state.identity.sign_out(&ctx).await?;
    let mut response: Response = see_other(&Next::own("/sign-in"));
    web::clear_session(response.headers_mut());
    Ok(response)
}

async fn password_page(
    state: &State,
    room: &Room,
    form: &Returned,
    notice: Option<Notice>,
    status: StatusCode,
) -> Reply {
    let next = form.fields.value("next");
    let ask = state.identity.ask_to_sign_in(room.now()).await?;
    let body = PasswordPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        notice,
        email: Field::new("email", "E-mail address", Kind::Username, form),
        password: Field::new("password", "Password", Kind::Password, form),
        next: next.to_owned(),
        go: Button::primary("Continue"),
        passkey: ask.map(|ask| PasskeyForm::sign(room, ask, "/sign-in/passkey", &[("next", next)])),
    };
    page(room.frame("Sign in").width(Width::Reading).script(web::passkey_script()).status(status), body)
}

pub(super) async fn second_page(state: &State, room: &Room, step: Step, next: &str, email: &str) -> Reply {
    let fields = match &step {
        Step::Code { ticket } => Fields::of(&[("ticket", ticket), ("next", next)]),
        Step::Enrol { ticket, secret, .. } => {
            Fields::of(&[("ticket", ticket), ("next", next), ("secret", secret), ("account", email)])
        }
    };
    code_page(state, room, &Returned { fields, problems: Vec::new() }, StatusCode::OK).await
}

/// The second step, also when it comes back: the secret being enrolled travels with the form, so nothing is lost.
async fn code_page(state: &State, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let secret = form.fields.value("secret").to_owned();
    let enrolling = !secret.is_empty();
    let uri = crate::rules::code::uri(&secret, form.fields.value("account"));
    let (ticket, next) = (form.fields.value("ticket"), form.fields.value("next"));
    let ask = match enrolling {
        true => None,
        false => state.identity.ask_for_ticket(ticket, &Caller::of(room)).await?,
    };
    let code = Field::new("code", "Six-digit code", Kind::OneTimeCode, form).chars(20);
    let body = CodePage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        ticket: ticket.to_owned(),
        qr: if enrolling { crate::rules::qr::Picture::of(&uri) } else { None },
        secret: enrolling.then_some(Code(secret)),
        uri: if enrolling { form.fields.value("account").to_owned() } else { String::new() },
        code: if enrolling { code } else { code.hint("Or one of your recovery codes.") },
        next: next.to_owned(),
        go: Button::primary(if enrolling { "Turn on and sign in" } else { "Sign in" }),
        passkey: ask.map(|ask| PasskeyForm::sign(room, ask, "/sign-in/code", &[("ticket", ticket), ("next", next)])),
    };
    let title = if enrolling { "Set up your second factor" } else { "Enter your code" };
    page(room.frame(title).width(Width::Reading).script(web::passkey_script()).status(status), body)
}

fn old_password_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = OldPasswordPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        ticket: form.fields.value("ticket").to_owned(),
        next: form.fields.value("next").to_owned(),
        password: Field::new("password", "New password", Kind::NewPassword, form)
            .hint("Three or four unrelated words are easy to remember."),
        go: Button::primary("Change and sign in"),
    };
    page(room.frame("Choose a new password").width(Width::Reading).status(status), body)
}

pub(super) fn next_of(text: &str, home: &'static str) -> Next {
    Next::parse(text).unwrap_or_else(|| Next::own(home))
}
