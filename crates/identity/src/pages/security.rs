use askama::Template;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::Response;
use model::{RecordId, Time};
use web::parts::{Button, ButtonLink, Day, Notice, Tone, ago};
use web::{Asker, Form, FormToken, FromForm, Next, Reader, Reply, Room, Width, page, see_other};

use super::State;
use crate::kinds::{Account, Factor};
use crate::rules::passphrase::PasswordPolicy;
use crate::sessions::OpenSession;

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    token: FormToken,
    notice: Option<Notice>,
    password: String,
    change: ButtonLink,
    factors: Vec<Enrolled>,
    passkeys: bool,
    add_passkey: ButtonLink,
    add_generator: ButtonLink,
    recovery: String,
    renew: ButtonLink,
    sessions: Vec<Open>,
    everywhere: Button,
}

/// A second factor in the list.
struct Enrolled {
    id: String,
    name: String,
    words: String,
}

/// A session in the list.
struct Open {
    id: RecordId,
    device: String,
    words: String,
    is_this: bool,
}

/// Which one of a list.
pub(super) struct Which(String);

impl FromForm for Which {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("id", "Choose one of the list.", |text| Ok(text.to_owned())).map(Self)
    }
}

pub(super) async fn see(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let account = state.identity.own_account(&ctx).await?;
    let policy = state.identity.password_policy(&ctx).await?;
    let sessions = state.identity.own_sessions(&ctx).await?;
    let now = room.now();
    let few = account.recovery_left() < 3;
    let notice = few.then(|| {
        Notice::new(
            Tone::Warn,
            "Make recovery codes.",
            "If you lose your phone or your key, a recovery code is the only way in without your administrator.",
        )
    });
    let body = SecurityPage {
        token: room.form_token(),
        notice,
        password: password_words(&account, &policy, now),
        change: ButtonLink::quiet("Change password", "/security/password"),
        factors: account.factors.iter().map(|factor| listed(factor, now)).collect(),
        passkeys: state.identity.party().is_some(),
        add_passkey: ButtonLink::quiet("Add a passkey", "/security/passkeys/new"),
        add_generator: ButtonLink::quiet("Add an authenticator", "/security/authenticators/new"),
        recovery: recovery_words(&account),
        renew: ButtonLink::quiet("Make new codes", "/security/recovery"),
        sessions: sessions.iter().map(|session| open(session, now)).collect(),
        everywhere: Button::grave("Sign out everywhere"),
    };
    page(room.frame("Your account’s safety").nav(state.nav).width(Width::Reading), body)
}

pub(super) async fn end(Held(state): Held<State>, Asker(ctx): Asker, Form(sent): Form<Which>) -> Reply {
    if let Ok(draft) = sent {
        let id = draft.value.0.parse().map_err(|_| model::Refusal::not_found())?;
        state.identity.end_own_session(&ctx, id).await?;
    }
    Ok(see_other(&Next::own("/security")))
}

pub(super) async fn end_all(Held(state): Held<State>, Asker(ctx): Asker, Form(sent): Form<super::Nothing>) -> Reply {
    if sent.is_err() {
        return Ok(see_other(&Next::own("/security")));
    }
    state.identity.sign_out_everywhere(&ctx).await?;
    let mut response: Response = see_other(&Next::own("/sign-in"));
    web::clear_session(response.headers_mut());
    Ok(response)
}

pub(super) async fn remove(Held(state): Held<State>, room: Room, Asker(ctx): Asker, Form(sent): Form<Which>) -> Reply {
    let mut response = see_other(&Next::own("/security"));
    match sent {
        Ok(draft) => {
            let renewed = state.identity.remove_factor(&ctx, &draft.value.0).await?;
            web::set_session(response.headers_mut(), &renewed.token);
            Ok(response)
        }
        Err(_) => {
            let words = "This page had been open for too long, so nothing was removed.";
            let body = Stale { notice: Notice::new(Tone::Warn, "Nothing was removed.", words) };
            page(room.frame("Nothing was removed").status(StatusCode::UNPROCESSABLE_ENTITY).width(Width::Reading), body)
        }
    }
}

#[derive(Template)]
#[template(source = r#"{{ notice }}<p><a href="/security">Back to your account’s safety</a></p>"#, ext = "html")]
struct Stale {
    notice: Notice,
}

fn day(moment: Time) -> String {
    Day::of(moment).map_or_else(String::new, Day::long)
}

fn password_words(account: &Account, policy: &PasswordPolicy, now: Time) -> String {
    let asked = policy.words();
    match () {
        () if account.verifier.is_none() => "You sign in without a password.".to_owned(),
        () if account.password_since.micros() == 0 => format!("Your organisation asks: {asked}"),
        () => format!("Set {}. Your organisation asks: {asked}", ago(account.password_since, now)),
    }
}

fn recovery_words(account: &Account) -> String {
    match (account.recovery.len(), account.recovery_left()) {
        (0, _) => "You have none yet. Ten codes on paper let you in when your phone is lost.".to_owned(),
        (_, 0) => "All of them were used. Make new ones.".to_owned(),
        (all, 1) => format!("1 of {all} codes is left."),
        (all, left) => format!("{left} of {all} codes are left."),
    }
}

fn listed(factor: &Factor, now: Time) -> Enrolled {
    let words = match factor {
        Factor::Totp(totp) => format!("Authenticator, since {}", day(totp.since)),
        Factor::Passkey(passkey) => {
            let used = passkey.used.map_or("not used yet".to_owned(), |used| format!("last used {}", ago(used, now)));
            format!("Passkey, since {}, {used}", day(passkey.since))
        }
    };
    Enrolled { id: factor.id(), name: factor.name().to_owned(), words }
}

fn open(session: &OpenSession, now: Time) -> Open {
    let words = format!("Signed in {}, last seen {}", ago(session.since, now), ago(session.seen, now));
    Open { id: session.id, device: session.device.clone(), words, is_this: session.is_this }
}
