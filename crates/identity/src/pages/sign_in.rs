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
use crate::rules::email::EmailAddress;
use crate::sign_in::{Caller, Step};

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
pub(super) struct CodeEntered {
    ticket: String,
    code: String,
}

impl FromForm for Credentials {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let email = read.required("email", "Enter your e-mail address.", EmailAddress::parse);
        let password = read.verbatim("password", "Enter your password.");
        Some(Self { email: email?, password: Secret::new(password?) })
    }
}

impl FromForm for CodeEntered {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let ticket = read.required("ticket", "Begin again with your password.", |text| Ok(text.to_owned()));
        let code =
            read.required("code", "Enter the six digits that your authenticator shows.", |text| Ok(text.to_owned()));
        Some(Self { ticket: ticket?, code: code? })
    }
}

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
    password_page(&room, &form, notice, StatusCode::OK)
}

pub(super) async fn password(Held(state): Held<State>, room: Room, Form(sent): Form<Credentials>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return password_page(&room, &returned, None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let step = state.identity.password(&draft.value.email, draft.value.password, &Caller::of(&room)).await;
    match step {
        Ok(step) => second_page(&room, step, draft.fields.value("next"), draft.fields.value("email")),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            password_page(&room, &returned, None, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn code(Held(state): Held<State>, room: Room, Form(sent): Form<CodeEntered>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return code_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let signed_in = state.identity.second(&draft.value.ticket, &draft.value.code, &Caller::of(&room)).await;
    match signed_in {
        Ok(signed_in) => {
            let mut response = see_other(&next_of(draft.fields.value("next"), state.home));
            web::set_session(response.headers_mut(), &signed_in.token);
            Ok(response)
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            code_page(&room, &returned, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
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

fn password_page(room: &Room, form: &Returned, notice: Option<Notice>, status: StatusCode) -> Reply {
    let body = PasswordPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        notice,
        email: Field::new("email", "E-mail address", Kind::Username, form),
        password: Field::new("password", "Password", Kind::Password, form),
        next: form.fields.value("next").to_owned(),
        go: Button::primary("Continue"),
    };
    page(room.frame("Sign in").width(Width::Reading).status(status), body)
}

pub(super) fn second_page(room: &Room, step: Step, next: &str, email: &str) -> Reply {
    let fields = match &step {
        Step::Code { ticket } => Fields::of(&[("ticket", ticket), ("next", next)]),
        Step::Enrol { ticket, secret, .. } => {
            Fields::of(&[("ticket", ticket), ("next", next), ("secret", secret), ("account", email)])
        }
    };
    code_page(room, &Returned { fields, problems: Vec::new() }, StatusCode::OK)
}

/// The second step, also when it comes back: the secret being enrolled travels with the form, so nothing is lost.
fn code_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let secret = form.fields.value("secret").to_owned();
    let enrolling = !secret.is_empty();
    let uri = crate::rules::code::uri(&secret, form.fields.value("account"));
    let body = CodePage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        ticket: form.fields.value("ticket").to_owned(),
        qr: if enrolling { crate::rules::qr::Picture::of(&uri) } else { None },
        secret: enrolling.then_some(Code(secret)),
        uri: if enrolling { form.fields.value("account").to_owned() } else { String::new() },
        code: Field::new("code", "Six-digit code", Kind::OneTimeCode, form).chars(10),
        next: form.fields.value("next").to_owned(),
        go: Button::primary(if enrolling { "Turn on and sign in" } else { "Sign in" }),
    };
    let title = if enrolling { "Set up your second factor" } else { "Enter your code" };
    page(room.frame(title).width(Width::Reading).status(status), body)
}

pub(super) fn next_of(text: &str, home: &'static str) -> Next {
    Next::parse(text).unwrap_or_else(|| Next::own(home))
}
