use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// How long a body may take without any haste.
const GRACE: Duration = Duration::from_secs(10);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What must come in each second on average after the grace. A modem of 1994 manages it.
const BYTES_PER_SECOND_MIN: u64 = 1024;

/// A body that has to arrive at a decent pace, so that nobody holds a handler by sending one byte a minute.
pub(super) struct Paced {
    body: Body,
    began: Instant,
    look: Pin<Box<Sleep>>,
    bytes: u64,
}

impl Paced {
    pub(super) fn new(body: Body) -> Self {
        Self { body, began: Instant::now(), look: Box::pin(sleep(LOOK_EVERY)), bytes: 0 }
    }

    fn is_too_slow(&self) -> bool {
        let elapsed = self.began.elapsed();
        elapsed > GRACE && self.bytes < elapsed.as_secs().saturating_mul(BYTES_PER_SECOND_MIN)
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            if let Some(Ok(frame)) = &frame {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame);
        }
        loop {
            ready!(self.look.as_mut().poll(cx));
            if self.is_too_slow() {
                return Poll::Ready(Some(Err(axum::Error::new("the body comes in too slowly"))));
            }
            let next = Instant::now() + LOOK_EVERY;
            self.look.as_mut().reset(next);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::BodyExt;

    /// A body of so many pieces, one each second.
    fn drip(pieces: usize, bytes: usize) -> Body {
        Body::from_stream(stream::unfold(0, move |at| async move {
            if at == pieces {
                return None;
            }
            sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, axum::Error>(Bytes::from(vec![b'x'; bytes])), at + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up_and_a_slow_honest_one_is_not() {
        assert!(Paced::new(drip(60, 10)).collect().await.is_err());
        let whole = Paced::new(drip(60, 2048)).collect().await.unwrap().to_bytes();
        assert_eq!(whole.len(), 60 * 2048);
        let short = Paced::new(drip(5, 1)).collect().await.unwrap().to_bytes();
        assert_eq!(short.len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_given_up() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>());
        assert!(Paced::new(never).collect().await.is_err());
    }
}
