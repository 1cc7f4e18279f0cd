use access::Ctx;
use askama::Template;
use axum::extract::{Query, State as Held};
use axum::http::StatusCode;
use model::No;
use web::parts::{Button, ErrorSummary, Field, Kind};
use web::{Asker, Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Width, page, see_other, status_of};

use super::State;
use super::passkey::{self, PasskeyForm};
use super::sign_in::{After, next_of};
use crate::Proof;
use crate::sign_in::Caller;

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    token: FormToken,
    summary: ErrorSummary,
    next: String,
    code: Field,
    go: Button,
    passkey: Option<PasskeyForm>,
}

/// The second factor as shown.
pub(super) struct Shown(Proof);

impl FromForm for Shown {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        passkey::proof(read).map(Self)
    }
}

pub(super) async fn ask(Held(state): Held<State>, room: Room, Asker(ctx): Asker, Query(after): Query<After>) -> Reply {
    let form = Returned { fields: Fields::of(&[("next", &after.next)]), ..Returned::blank() };
    step_up_page(&state, &room, &ctx, &form, StatusCode::OK).await
}

pub(super) async fn show(Held(state): Held<State>, room: Room, Asker(ctx): Asker, Form(sent): Form<Shown>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return step_up_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.step_up(&ctx, &draft.value.0, &Caller::of(&room)).await {
        Ok(renewed) => {
            let mut response = see_other(&next_of(draft.fields.value("next"), state.home));
            web::set_session(response.headers_mut(), &renewed.token);
            Ok(response)
        }
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            step_up_page(&state, &room, &ctx, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn step_up_page(state: &State, room: &Room, ctx: &Ctx, form: &Returned, status: StatusCode) -> Reply {
    let next = form.fields.value("next");
    let ask = state.identity.ask_to_step_up(ctx).await?;
    let body = StepUpPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        next: next.to_owned(),
        code: Field::new("code", "Six-digit code", Kind::OneTimeCode, form)
            .hint("The newest code of your authenticator, which works once. Or one of your recovery codes.")
            .chars(20),
        go: Button::primary("Go on"),
        passkey: ask.map(|ask| PasskeyForm::sign(room, ask, "/step-up", &[("next", next)])),
    };
    let frame = room.frame("Show your second factor once more").width(Width::Reading);
    page(frame.script(web::passkey_script()).status(status), body)
}
