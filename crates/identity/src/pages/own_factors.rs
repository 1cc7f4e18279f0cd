//! Pages that change one's own password and factors. Their routes need a second factor that was just shown again.

use access::Ctx;
use askama::Template;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::No;
use seal::Secret;
use web::parts::{Button, Choice, Choices, Code, ErrorSummary, Field, Kind, Pick};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of,
};

use super::Nothing;
use super::State;
use super::passkey::{PasskeyForm, part};
use crate::NewPasskey;
use crate::rules::passphrase::PasswordPolicy;
use crate::rules::{code, qr};
use crate::sign_in::Caller;

#[derive(Template)]
#[template(path = "new_passkey.html")]
struct NewPasskeyPage {
    summary: ErrorSummary,
    form: PasskeyForm,
}

#[derive(Template)]
#[template(path = "new_generator.html")]
struct NewGeneratorPage {
    token: FormToken,
    summary: ErrorSummary,
    qr: Option<qr::Picture>,
    secret: Code,
    name: Field,
    code: Field,
    go: Button,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    token: FormToken,
    summary: ErrorSummary,
    codes: Vec<String>,
    go: Button,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    token: FormToken,
    summary: ErrorSummary,
    present: Field,
    password: Field,
    go: Button,
}

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    token: FormToken,
    summary: ErrorSummary,
    now: String,
    preset: Choices,
    go: Button,
}

/// A generator of codes that has shown its first code.
pub(super) struct Generator {
    name: String,
    secret: String,
    code: String,
}

/// The present password and a new one.
pub(super) struct Change {
    present: Secret,
    password: String,
}

/// One of the presets.
pub(super) struct Chosen(PasswordPolicy);

fn name_of(read: &mut Reader<'_>) -> Option<String> {
    read.required("name", "Give it a name that you will recognise.", |text| match text.chars().count() {
        0..=60 => Ok(text.to_owned()),
        _ => Err("Use at most 60 characters.".to_owned()),
    })
}

impl FromForm for NewPasskey {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let (name, client, data) = (name_of(read), part(read, "passkey-client"), part(read, "passkey-data"));
        Some(Self { name: name?, client: client?, data: data? })
    }
}

impl FromForm for Generator {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let name = name_of(read);
        let secret = read.required("secret", "Begin again.", |text| match text.len() {
            32 => Ok(text.to_owned()),
            _ => Err("Begin again.".to_owned()),
        });
        let words = "Enter the six digits that your authenticator shows.";
        let code = read.required("code", words, |text| Ok(text.to_owned()));
        Some(Self { name: name?, secret: secret?, code: code? })
    }
}

impl FromForm for Change {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let present = read.verbatim("present", "Enter your present password.");
        let password = read.verbatim("password", "Choose a new password.");
        Some(Self { present: Secret::new(present?), password: password? })
    }
}

impl FromForm for Chosen {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let words = "Choose one of these.";
        read.required("preset", words, |text| {
            let found = PasswordPolicy::PRESETS.iter().find(|(name, ..)| *name == text);
            found.map(|(_, policy, _)| Self(*policy)).ok_or_else(|| words.to_owned())
        })
    }
}

pub(super) async fn new_passkey(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    passkey_page(&state, &room, &ctx, &Returned::blank(), StatusCode::OK).await
}

pub(super) async fn add_passkey(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<NewPasskey>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return passkey_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.add_passkey(&ctx, draft.value).await {
        Ok(()) => Ok(see_other(&Next::own("/security"))),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            passkey_page(&state, &room, &ctx, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn passkey_page(state: &State, room: &Room, ctx: &Ctx, form: &Returned, status: StatusCode) -> Reply {
    let Some(ask) = state.identity.ask_to_make(ctx).await? else {
        return Err(model::Refusal::not_found().into());
    };
    let email = state.identity.own_account(ctx).await?.email;
    let name = Field::new("name", "Name", Kind::Text, form)
        .hint("Such as \u{201c}Laptop\u{201d} or \u{201c}Blue key\u{201d}.")
        .chars(20);
    let body = NewPasskeyPage {
        summary: ErrorSummary::of(form),
        form: PasskeyForm::make(room, ask, "/security/passkeys/new", email, name),
    };
    page(room.frame("Add a passkey").width(Width::Reading).script(web::passkey_script()).status(status), body)
}

pub(super) async fn new_generator(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let secret = code::new_secret(state.identity.vault().outside().as_ref());
    let form = Returned { fields: Fields::of(&[("secret", &secret)]), ..Returned::blank() };
    generator_page(&state, &room, &ctx, &form, StatusCode::OK).await
}

pub(super) async fn add_generator(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Generator>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return generator_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Generator { name, secret, code } = draft.value;
    match state.identity.add_generator(&ctx, name, secret, &code).await {
        Ok(()) => Ok(see_other(&Next::own("/security"))),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            generator_page(&state, &room, &ctx, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn generator_page(state: &State, room: &Room, ctx: &Ctx, form: &Returned, status: StatusCode) -> Reply {
    let email = state.identity.own_account(ctx).await?.email;
    let secret = form.fields.value("secret").to_owned();
    let body = NewGeneratorPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        qr: qr::Picture::of(&code::uri(&secret, &email)),
        secret: Code(secret),
        name: Field::new("name", "Name", Kind::Text, form).hint("Such as \u{201c}Phone\u{201d}.").chars(20),
        code: Field::new("code", "Six-digit code", Kind::OneTimeCode, form).chars(10),
        go: Button::primary("Add"),
    };
    page(room.frame("Add an authenticator").width(Width::Reading).status(status), body)
}

pub(super) async fn about_recovery(room: Room) -> Reply {
    recovery_page(&room, &Returned::blank(), Vec::new(), StatusCode::OK)
}

pub(super) async fn renew_recovery(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Nothing>,
) -> Reply {
    if let Err(returned) = sent {
        return recovery_page(&room, &returned, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let codes = state.identity.renew_recovery(&ctx).await?;
    recovery_page(&room, &Returned::blank(), codes, StatusCode::OK)
}

fn recovery_page(room: &Room, form: &Returned, codes: Vec<String>, status: StatusCode) -> Reply {
    let body = RecoveryPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        codes,
        go: Button::primary("Make ten codes"),
    };
    page(room.frame("Recovery codes").width(Width::Reading).status(status), body)
}

pub(super) async fn password(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    password_page(&state, &room, &ctx, &Returned::blank(), StatusCode::OK).await
}

pub(super) async fn change_password(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Change>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return password_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Change { present, password } = draft.value;
    match state.identity.change_password(&ctx, present, Secret::new(password), &Caller::of(&room)).await {
        Ok(renewed) => {
            let mut response = see_other(&Next::own("/security"));
            web::set_session(response.headers_mut(), &renewed.token);
            Ok(response)
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            password_page(&state, &room, &ctx, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn password_page(state: &State, room: &Room, ctx: &Ctx, form: &Returned, status: StatusCode) -> Reply {
    let policy = state.identity.password_policy(ctx).await?;
    let body = PasswordPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        present: Field::new("present", "Present password", Kind::Password, form),
        password: Field::new("password", "New password", Kind::NewPassword, form)
            .hint(format!("{} Three or four unrelated words are easy to remember.", policy.words())),
        go: Button::primary("Change password"),
    };
    page(room.frame("Change your password").width(Width::Reading).status(status), body)
}

pub(super) async fn policy(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let now = state.identity.password_policy(&ctx).await?;
    let preset = PasswordPolicy::PRESETS.iter().find(|(_, policy, _)| *policy == now).map_or("", |(name, ..)| name);
    let form = Returned { fields: Fields::of(&[("preset", preset)]), ..Returned::blank() };
    policy_page(&state, &room, &ctx, &form, StatusCode::OK).await
}

pub(super) async fn set_policy(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Chosen>,
) -> Reply {
    match sent {
        Ok(draft) => {
            state.identity.set_password_policy(&ctx, draft.value.0).await?;
            Ok(see_other(&Next::own("/settings/passwords")))
        }
        Err(returned) => policy_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

async fn policy_page(state: &State, room: &Room, ctx: &Ctx, form: &Returned, status: StatusCode) -> Reply {
    let choice = |(name, policy, words): &(&'static str, PasswordPolicy, &'static str)| {
        Choice::new(*name, *words).hint(policy.words())
    };
    let choices = PasswordPolicy::PRESETS.iter().map(choice).collect();
    let body = PolicyPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        now: state.identity.password_policy(ctx).await?.words(),
        preset: Choices::new("preset", "What passwords must be", Pick::One, choices, form),
        go: Button::primary("Save"),
    };
    page(room.frame("Passwords").nav(state.nav).width(Width::Reading).status(status), body)
}
