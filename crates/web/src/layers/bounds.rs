use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use model::{Fault, Refusal, RefusalKind};

use super::House;
use crate::declined::Declined;

/// Bounds the address, the headers and the time, and catches a panic.
pub(super) async fn bound(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    if let Some(refusal) = too_long(&house, &request) {
        return Declined::from(refusal).into_response();
    }
    // A panic leaves nothing behind that another request could see: the vault commits whole batches or nothing.
    let time_max = declared_time(&house, &request).unwrap_or(house.options.handler_time_max);
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
