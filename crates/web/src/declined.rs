use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Fault, No, Refusal, RefusalKind};

use crate::face::Spoken;

/// What a handler answers: a response, or a no that the door puts into words.
pub type Reply = Result<Response, Declined>;

/// A no on its way to the door, where it gets its face, its request id and, for a fault, its one line in the log.
#[derive(Debug)]
pub struct Declined(pub No);

impl<N: Into<No>> From<N> for Declined {
    fn from(no: N) -> Self {
        Self(no.into())
    }
}

/// A no carried inside a response from the handler to the door.
#[derive(Clone)]
pub(crate) struct Carried(pub(crate) Arc<No>);

impl IntoResponse for Declined {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            No::Refusal(refusal) => status_of(refusal.kind),
            No::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self.0)));
        response
    }
}

/// The HTTP status of each kind of refusal.
pub const fn status_of(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::NotSignedIn => StatusCode::UNAUTHORIZED,
        RefusalKind::SecondFactorNeeded | RefusalKind::NotAllowed => StatusCode::FORBIDDEN,
        RefusalKind::NotFound | RefusalKind::NotSupported => StatusCode::NOT_FOUND,
        RefusalKind::Gone => StatusCode::GONE,
        RefusalKind::Malformed => StatusCode::BAD_REQUEST,
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalKind::WrongMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        RefusalKind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        RefusalKind::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        RefusalKind::Conflict => StatusCode::CONFLICT,
        RefusalKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        RefusalKind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        RefusalKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The words for a fault: it never shows its cause.
pub(crate) const FAULT_WORDS: &str = "It is nothing that you did, and nothing was half saved. It has been noted. \
     Please try again; if it happens again, tell your administrator the request number.";

/// The no as the asker hears it.
pub(crate) fn spoken(no: &No) -> Spoken {
    match no {
        No::Refusal(refusal) => Spoken {
            status: status_of(refusal.kind),
            kind: Some(refusal.kind),
            words: refusal.words.clone(),
            problems: refusal.problems.clone(),
        },
        No::Fault(_) => Spoken {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: None,
            words: FAULT_WORDS.to_owned(),
            problems: Vec::new(),
        },
    }
}

/// The refusal that stands for an error status which a part of the server gave without words of ours.
///
/// Such words could quote the input, so they are never passed on.
pub(crate) fn of_status(status: StatusCode) -> No {
    let refuse = |kind, words: &str| No::Refusal(Refusal::new(kind, words));
    match status {
        StatusCode::BAD_REQUEST => {
            refuse(RefusalKind::Malformed, "The request cannot be read. Check the address and what was sent.")
        }
        StatusCode::NOT_FOUND => No::Refusal(Refusal::not_found()),
        StatusCode::METHOD_NOT_ALLOWED => wrong_method(),
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            refuse(RefusalKind::WrongMediaType, "This address does not take content of that type.")
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            refuse(RefusalKind::Invalid, "What was sent can be read, but breaks a rule of this address.")
        }
        status if status.is_server_error() => {
            No::Fault(Fault::new("answering a request", format!("the handler answered a bare {status}")))
        }
        _ => refuse(RefusalKind::Malformed, "The request was not accepted. Check the address and what was sent."),
    }
}

pub(crate) fn wrong_method() -> No {
    No::Refusal(Refusal::new(
        RefusalKind::WrongMethod,
        "This address exists, but it cannot be used in that way. Go back and try from the page before.",
    ))
}

pub(crate) fn too_large() -> No {
    No::Refusal(Refusal::new(
        RefusalKind::TooLarge,
        "What was sent is larger than this address takes. Send less, or split it.",
    ))
}
