use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use model::{Fault, Refusal, RefusalKind};

use super::pace::Paced;
use super::{House, Onward};
use crate::declined::Declined;

/// Bounds the address, the headers and the time, and catches a panic.
pub(super) async fn bound(house: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    if let Some(refusal) = too_long(house, &request).or_else(|| ambiguous(&request)).or_else(|| packed(&request)) {
        return Declined::from(refusal).into_response();
    }
    let request = request.map(|body| if body.is_end_stream() { body } else { Body::new(Paced::new(body)) });
    // A panic leaves nothing behind that another request could see: the vault commits whole batches or nothing.
    let time_max = declared_time(house, &request).unwrap_or(house.options.handler_time_max);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(time_max, answer).await {
        Ok(Ok(response)) => response,
        // The payload may quote what the handler was working on, so it is dropped unread.
        Ok(Err(_)) => Declined::from(Fault::new("answering a request", "the handler panicked")).into_response(),
        Err(_) => Declined::from(Refusal::new(
            RefusalKind::Busy,
            "This took longer than it may, so it was stopped. It was done wholly or not at all: look before you try again.",
        ))
        .into_response(),
    }
}

/// A request that names two hosts is for neither (RFC 9112 §3.2.2, RFC 9113 §8.3.1).
fn ambiguous(request: &Request) -> Option<Refusal> {
    let named = request.uri().authority()?;
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let differs = hosts.any(|host| !host.as_bytes().eq_ignore_ascii_case(named.as_str().as_bytes()));
    differs.then(|| Refusal::new(RefusalKind::Malformed, "The request names two different hosts."))
}

/// Nothing is unpacked here, so nothing can be packed so small that it bursts the house when it is.
fn packed(request: &Request) -> Option<Refusal> {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let is_packed = encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let words = "Send this without compression: the house takes nothing that it would have to unpack.";
    is_packed.then(|| Refusal::new(RefusalKind::WrongMediaType, words))
}

fn declared_time(house: &House, request: &Request) -> Option<Duration> {
    let pattern = request.extensions().get::<MatchedPath>()?;
    house.table.find(pattern.as_str(), request.method())?.time_max
}

fn too_long(house: &House, request: &Request) -> Option<Refusal> {
    let options = &house.options;
    let uri = request.uri();
    let uri_bytes = uri.path().len() + uri.query().map_or(0, str::len);
    if uri_bytes > options.uri_bytes_max {
        let words = format!("This address is longer than {} bytes. Use a shorter one.", options.uri_bytes_max);
        return Some(Refusal::new(RefusalKind::TooLarge, words));
    }
    let headers = request.headers();
    let header_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > options.headers_max || header_bytes > options.header_bytes_max {
        let words = "The request carries more headers than this house takes. Clear this site's cookies and try again.";
        return Some(Refusal::new(RefusalKind::TooLarge, words));
    }
    None
}
