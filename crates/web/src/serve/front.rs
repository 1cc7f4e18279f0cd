use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::chunks::Chunks;
use super::head::{self, Bounds, Framing, Wrong};
use super::talk::Talk;
use crate::layers::last_words;

/// What is read at a time.
const READ_BYTES: usize = 16 * 1024;
/// What is read and dropped after a refusal, so that its sender gets to hear why.
const DROPPED_BYTES_MAX: usize = 64 * 1024;

/// A connection that speaks HTTP/1.1, behind a strict reader.
///
/// The library behind it sees only whole heads that can be read in one way, and bodies that end where the head says.
/// A head that is refused is answered from here, with the house's own headers, and the connection ends.
pub(super) struct Front<S> {
    stream: S,
    talk: Arc<Talk>,
    bounds: Bounds,
    state: State,
    /// Read and not yet judged.
    held: Vec<u8>,
    /// Judged and not yet handed on.
    cleared: Vec<u8>,
    /// What is said before the connection ends.
    parting: Bytes,
    ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Length(u64),
    Chunked(Chunks),
    Refused,
}

impl<S> Front<S> {
    pub(super) fn new(stream: S, talk: Arc<Talk>, bounds: Bounds) -> Self {
        let parting = Bytes::new();
        Self { stream, talk, bounds, state: State::Head, held: Vec::new(), cleared: Vec::new(), parting, ended: false }
    }

    /// Moves on what can be judged. Whether anything moved.
    fn judge(&mut self) -> bool {
        let taken = match self.state {
            State::Refused => 0,
            State::Head => self.head(),
            State::Length(left) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(self.held.len());
                let left = left - taken as u64;
                self.state = if left == 0 { State::Head } else { State::Length(left) };
                taken
            }
            State::Chunked(mut chunks) => match chunks.read(&self.held) {
                Some(taken) => {
                    self.state = if chunks == Chunks::Done { State::Head } else { State::Chunked(chunks) };
                    taken
                }
                None => {
                    self.refuse(Wrong::Malformed("its body is not in chunks"));
                    0
                }
            },
        };
        self.cleared.extend(self.held.drain(..taken));
        taken > 0
    }

    /// How many bytes of a whole and good head are held.
    fn head(&mut self) -> usize {
        if self.held.starts_with(b"\r\n") {
            // RFC 9112 §2.2: old clients send an empty line too many after a body.
            self.held.drain(..2);
        }
        let judged = match head::end(&self.held) {
            Some(end) => {
                head::judge(self.held.get(..end).unwrap_or(&[]), self.bounds).map(|framing| Some((end, framing)))
            }
            None => head::begun(&self.held, self.bounds).map(|()| None),
        };
        match judged {
            Ok(None) => 0,
            Ok(Some((end, framing))) => {
                self.talk.heard();
                self.state = match framing {
                    Framing::Length(0) => State::Head,
                    Framing::Length(bytes) => State::Length(bytes),
                    Framing::Chunked => State::Chunked(Chunks::default()),
                };
                end
            }
            Err(wrong) => {
                self.refuse(wrong);
                0
            }
        }
    }

    /// INVARIANT: words of our own are said only while no answer is under way, so they never stand inside another.
    fn refuse(&mut self, wrong: Wrong) {
        let is_between = self.state == State::Head && self.talk.is_idle();
        self.state = State::Refused;
        self.held.clear();
        let why = match wrong {
            Wrong::Malformed(why) => why,
            Wrong::TooLarge => "too large",
        };
        tracing::info!(why, "a request was refused before it was read");
        if is_between {
            self.parting = last_words(wrong == Wrong::TooLarge).into();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Front<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.cleared.is_empty() {
                let taken = self.cleared.len().min(out.remaining());
                out.put_slice(self.cleared.get(..taken).unwrap_or(&[]));
                self.cleared.drain(..taken);
                return Poll::Ready(Ok(()));
            }
            if self.state == State::Refused || self.ended {
                return Poll::Ready(Ok(()));
            }
            if !self.held.is_empty() && self.judge() || self.state == State::Refused {
                continue;
            }
            let mut space = [0u8; READ_BYTES];
            let mut read = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
            self.ended = read.filled().is_empty();
            self.held.extend_from_slice(read.filled());
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Front<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        watched(&self.talk, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        watched(&self.talk, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        match &polled {
            Poll::Pending => self.talk.stalled(),
            Poll::Ready(_) => self.talk.wrote(0, true),
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.parting.is_empty() {
            let this = &mut *self;
            let written = ready!(Pin::new(&mut this.stream).poll_write(cx, &this.parting))?;
            this.parting = this.parting.slice(written.min(this.parting.len())..);
            if written == 0 {
                break;
            }
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.state == State::Refused {
            drop_rest(&mut self.stream, cx);
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn watched(talk: &Talk, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
    match &polled {
        Poll::Pending => talk.stalled(),
        Poll::Ready(Ok(written)) => talk.wrote(*written, false),
        Poll::Ready(Err(_)) => {}
    }
    polled
}

/// Reads what is already there: bytes that lie unread when a connection closes turn the close into a reset.
fn drop_rest<S: AsyncRead + Unpin>(stream: &mut S, cx: &mut Context<'_>) {
    let mut dropped = 0;
    while dropped < DROPPED_BYTES_MAX {
        let mut space = [0u8; 4096];
        let mut read = ReadBuf::new(&mut space);
        match Pin::new(&mut *stream).poll_read(cx, &mut read) {
            Poll::Ready(Ok(())) if !read.filled().is_empty() => dropped += read.filled().len(),
            _ => return,
        }
    }
}

/// A connection of any protocol whose writes are watched, for HTTP/2.
pub(super) struct Watched<S> {
    stream: S,
    talk: Arc<Talk>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, talk: Arc<Talk>) -> Self {
        Self { stream, talk }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        watched(&self.talk, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        watched(&self.talk, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        match &polled {
            Poll::Pending => self.talk.stalled(),
            Poll::Ready(_) => self.talk.wrote(0, true),
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
