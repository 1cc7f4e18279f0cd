use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often a connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How patient the house is with one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) grace: Duration,
    pub(super) bytes_per_second_min: u64,
    pub(super) cancelled_max: u64,
}

/// What is under way on one connection.
pub(super) struct Talk {
    patience: Patience,
    began: Instant,
    heads: AtomicU64,
    done: AtomicU64,
    cancelled: AtomicU64,
    next: AtomicU64,
    answers: Mutex<HashMap<u64, Pace>>,
    writing: Mutex<Option<Pace>>,
    enough: Notify,
}

/// Bytes since a moment.
#[derive(Debug, Clone, Copy)]
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn too_slow(self, now: Instant, patience: Patience) -> bool {
        let elapsed = now.saturating_duration_since(self.since);
        elapsed > patience.grace && self.bytes < elapsed.as_secs().saturating_mul(patience.bytes_per_second_min)
    }
}

impl Talk {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            began: Instant::now(),
            heads: AtomicU64::new(0),
            done: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            next: AtomicU64::new(0),
            answers: Mutex::default(),
            writing: Mutex::default(),
            enough: Notify::new(),
        }
    }

    /// A head was handed on to be answered.
    pub(super) fn heard(&self) {
        self.heads.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether everything that was heard has been answered.
    pub(super) fn is_idle(&self) -> bool {
        self.heads.load(Ordering::Acquire) == self.done.load(Ordering::Acquire)
    }

    /// Some bytes went out; `all` if none wait.
    pub(super) fn wrote(&self, bytes: usize, all: bool) {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match writing.as_mut() {
            Some(_) if all => *writing = None,
            Some(pace) => pace.bytes += bytes as u64,
            None => {}
        }
    }

    /// The other side takes no more bytes for now.
    pub(super) fn stalled(&self) {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        writing.get_or_insert(Pace { since: Instant::now(), bytes: 0 });
    }

    /// Ends when the connection has to: the other side takes answers too slowly, or takes its questions back too often.
    pub(super) async fn watch(&self) -> &'static str {
        loop {
            tokio::select! {
                () = self.enough.notified() => return "too many requests were taken back",
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = Instant::now();
            let writing = *self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            let slow = writing.into_iter().chain(answers.values().copied());
            if slow.into_iter().any(|pace| pace.too_slow(now, self.patience)) {
                return "answers are taken too slowly";
            }
        }
    }

    fn took_back(&self) {
        let cancelled = self.cancelled.fetch_add(1, Ordering::AcqRel) + 1;
        // A person who leaves a page takes a few back. A long-lived connection earns one more each second.
        let allowed = self.patience.cancelled_max + self.began.elapsed().as_secs();
        if cancelled > allowed {
            self.enough.notify_one();
        }
    }
}

/// A request that is being answered; dropped before its answer is there, it was taken back.
pub(super) struct Asked {
    talk: Arc<Talk>,
    answered: bool,
}

impl Asked {
    pub(super) fn new(talk: Arc<Talk>) -> Self {
        Self { talk, answered: false }
    }

    /// The answer's body, watched until it is taken.
    pub(super) fn answer(mut self, body: Body) -> Told {
        self.answered = true;
        let talk = Arc::clone(&self.talk);
        let number = talk.next.fetch_add(1, Ordering::AcqRel);
        let pace = Pace { since: Instant::now(), bytes: 0 };
        talk.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(number, pace);
        Told { body, talk, number }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered {
            self.talk.done.fetch_add(1, Ordering::AcqRel);
            self.talk.took_back();
        }
    }
}

/// A body on its way out.
pub(super) struct Told {
    body: Body,
    talk: Arc<Talk>,
    number: u64,
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            let mut answers = self.talk.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(pace) = answers.get_mut(&self.number) {
                pace.bytes += data.len() as u64;
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.talk.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
        self.talk.done.fetch_add(1, Ordering::AcqRel);
    }
}
