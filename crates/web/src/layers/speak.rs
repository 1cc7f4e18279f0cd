use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{No, Problem, RefusalKind, RequestId};

use super::{Arrival, House, Onward};
use crate::declined::{Carried, of_status, spoken};
use crate::face::{Face, Spoken};
use crate::frame::{Room, Width, page};
use crate::site::RouteDecl;

/// Puts every no into words, in the form its address speaks, and logs every fault.
pub(super) async fn speak(house: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    let Some(arrival) = request.extensions().get::<Arrival>().copied() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let face = house.faces.of(request.uri().path(), request.headers());
    let address = request.uri().clone();
    let response = next.run(request).await;
    let Some(no) = no_of(&response) else { return response };
    let route = response.extensions().get::<Arc<RouteDecl>>().cloned();
    if let No::Fault(fault) = no.as_ref() {
        let path = route.as_ref().map_or("none", |decl| decl.path);
        tracing::error!(request = %arrival.request, route = path, doing = %fault.doing, cause = %fault.cause, "fault");
    }
    let spoken = spoken(&no);
    let room = response.extensions().get::<Room>().cloned();
    let room = room.unwrap_or_else(|| super::recognise::bare_room(house, arrival, address.path()));
    let mut said = match face {
        Face::Json(speak) => speak(&spoken, arrival.request),
        Face::Html => refusal_page(&room, &spoken),
    };
    keep_headers(response.headers(), said.headers_mut());
    if matches!(spoken.kind, Some(RefusalKind::Busy | RefusalKind::TooManyRequests)) {
        let wait = match no.as_ref() {
            No::Refusal(refusal) => refusal.wait_seconds,
            No::Fault(_) => None,
        };
        said.headers_mut().entry(header::RETRY_AFTER).or_insert(header::HeaderValue::from(wait.unwrap_or(30)));
    }
    if let Some(decl) = route {
        said.extensions_mut().insert(decl);
    }
    said
}

/// The no that a response stands for: one of ours, or an error that some part of the server gave as bare text.
pub(super) fn no_of(response: &Response) -> Option<Arc<No>> {
    if let Some(Carried(no)) = response.extensions().get::<Carried>() {
        return Some(no.clone());
    }
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let bare = media_type.is_none_or(|text| text.starts_with("text/plain"));
    (bare && (status.is_client_error() || status.is_server_error())).then(|| Arc::new(of_status(status)))
}

/// What the handler or the door already put on the answer stays on it: cookies, `Allow`, `WWW-Authenticate`.
fn keep_headers(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            to.append(name.clone(), value.clone());
        }
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    heading: &'static str,
    words: &'a str,
    problems: &'a [Problem],
    status: u16,
    request: RequestId,
    fault: bool,
    sign_in: Option<&'static str>,
}

fn refusal_page(room: &Room, spoken: &Spoken) -> Response {
    let heading = heading(spoken.kind);
    let body = RefusalPage {
        heading,
        words: &spoken.words,
        problems: &spoken.problems,
        status: spoken.status.as_u16(),
        request: room.request(),
        fault: spoken.kind.is_none(),
        sign_in: (spoken.kind == Some(RefusalKind::NotSignedIn)).then_some(room.0.sign_in),
    };
    let frame = room.frame(heading).status(spoken.status).width(Width::Reading);
    match page(frame, body) {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(request = %room.request(), "the refusal page itself could not be rendered");
            (spoken.status, spoken.words.clone()).into_response()
        }
    }
}

fn heading(kind: Option<RefusalKind>) -> &'static str {
    let Some(kind) = kind else { return "Something is wrong on our side" };
    match kind {
        RefusalKind::NotSignedIn => "Please sign in",
        RefusalKind::SecondFactorNeeded => "One more step",
        RefusalKind::NotAllowed => "You cannot do this",
        RefusalKind::NotFound => "Nothing to see here",
        RefusalKind::Gone => "This is no longer here",
        RefusalKind::Malformed => "That could not be read",
        RefusalKind::Invalid => "That is not quite right",
        RefusalKind::TooLarge => "That is too large",
        RefusalKind::WrongMediaType | RefusalKind::NotAcceptable => "Not in that form",
        RefusalKind::WrongMethod => "Not in that way",
        RefusalKind::NotSupported => "Not offered here",
        RefusalKind::Conflict => "Somebody was here first",
        RefusalKind::PreconditionFailed => "It has changed in the meantime",
        RefusalKind::PreconditionRequired => "A version is needed",
        RefusalKind::TooManyRequests => "A little slower, please",
        RefusalKind::Busy => "Busy just now",
    }
}
