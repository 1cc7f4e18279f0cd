//! The challenge that stands before a sign-in once several passwords were wrong.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use model::No;
use web::parts::{Button, ErrorSummary, Field, Kind};
use web::{Declined, Fields, FormToken, Returned, Room, Width, page};

use super::State;
use super::challenge::{self, ChallengeBox};
use crate::challenge::Guarded;
use crate::rules::email::EmailAddress;

#[derive(Template)]
#[template(path = "robot.html")]
struct RobotPage {
    token: FormToken,
    summary: ErrorSummary,
    email: Field,
    password: Field,
    challenge: ChallengeBox,
    next: String,
    go: Button,
}

/// The page that stands before the next password of an address; none if nothing does, or its challenge was answered.
pub(super) async fn before_password(
    state: &State,
    room: &Room,
    email: &EmailAddress,
    fields: &Fields,
) -> Result<Option<Response>, Declined> {
    if !state.identity.sign_in_is_risky(email, room.request(), room.now()).await? {
        return Ok(None);
    }
    match challenge::take(state, room, Guarded::SignIn, fields).await {
        Ok(()) => Ok(None),
        Err(No::Refusal(refusal)) => {
            let form = Returned::refused(fields.clone(), &refusal);
            let body = RobotPage {
                token: room.form_token(),
                summary: ErrorSummary::of(&form),
                email: Field::new("email", "E-mail address", Kind::Username, &form),
                password: Field::new("password", "Password", Kind::Password, &form),
                challenge: ChallengeBox::of(state, room, Guarded::SignIn, &form).await?,
                next: fields.value("next").to_owned(),
                go: Button::primary("Continue"),
            };
            let frame = room.frame("Sign in").width(Width::Reading).status(StatusCode::UNPROCESSABLE_ENTITY);
            page(challenge::scripted(state, frame), body).map(Some)
        }
        Err(fault) => Err(fault.into()),
    }
}
