use askama::Template;
use axum::extract::{Query, State as Held};
use axum::http::StatusCode;
use model::No;
use web::parts::{Button, ErrorSummary, Field, Kind};
use web::{Asker, Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Width, page, see_other, status_of};

use super::State;
use super::sign_in::{After, next_of};

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    token: FormToken,
    summary: ErrorSummary,
    next: String,
    code: Field,
    go: Button,
}

/// The code as typed.
pub(super) struct Shown {
    code: String,
}

impl FromForm for Shown {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let words = "Enter the six digits that your authenticator shows.";
        Some(Self { code: read.required("code", words, |text| Ok(text.to_owned()))? })
    }
}

pub(super) async fn ask(room: Room, Query(after): Query<After>) -> Reply {
    let form = Returned { fields: Fields::of(&[("next", &after.next)]), ..Returned::blank() };
    step_up_page(&room, &form, StatusCode::OK)
}

pub(super) async fn show(Held(state): Held<State>, room: Room, Asker(ctx): Asker, Form(sent): Form<Shown>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return step_up_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match state.identity.step_up(&ctx, &draft.value.code).await {
        Ok(renewed) => {
            let mut response = see_other(&next_of(draft.fields.value("next"), state.home));
            web::set_session(response.headers_mut(), &renewed.token);
            Ok(response)
        }
        Err(No::Refusal(refusal)) => {
            step_up_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn step_up_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = StepUpPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        next: form.fields.value("next").to_owned(),
        code: Field::new("code", "Six-digit code", Kind::OneTimeCode, form)
            .hint("The newest code of your authenticator. Each can be used once.")
            .chars(10),
        go: Button::primary("Go on"),
    };
    page(room.frame("Show your second factor once more").width(Width::Reading).status(status), body)
}
