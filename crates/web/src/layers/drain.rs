use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

use super::{House, Onward};

/// What is read and dropped of a body that nobody wanted, so that its sender gets to hear why.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How long that may take.
const TIME_MAX: Duration = Duration::from_secs(5);

/// Reads to the end whatever a refusal left unread.
///
/// A client of HTTP/1.1 that is still sending when the connection closes never reads the answer: it sees a broken
/// connection instead of a precise no. A client that waits to be asked (`Expect: 100-continue`) needs no such help.
pub(super) async fn drain(_: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let mut rest = body.clone();
    let response = next.run(Request::from_parts(parts, Body::new(body))).await;
    let reading = async {
        let mut read = 0;
        while read < BYTES_MAX
            && let Some(Ok(frame)) = rest.frame().await
        {
            read += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
    };
    if tokio::time::timeout(TIME_MAX, reading).await.is_err() {
        tracing::debug!("a refused body did not end in time");
    }
    response
}

/// A body that two hold: the handler, and whoever reads what the handler left.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
