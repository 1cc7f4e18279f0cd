use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::attempt::Attempt;
use crate::error::{OutboundError, Phase};
use crate::{Call, Reply};

/// The most bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers that the client sets itself, or that would take the connection away from it.
const OURS: [HeaderName; 9] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::ACCEPT_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
];

/// How much and how long.
pub(crate) struct Bounds {
    pub(crate) first_byte_time_max: Duration,
    pub(crate) reply_headers_max: usize,
    pub(crate) reply_bytes_max: usize,
}

/// The request for a call, at an address that may differ from the call's after a redirect within the same host.
pub(crate) fn request(call: &Call, uri: &Uri) -> Result<Request<Full<Bytes>>, OutboundError> {
    let malformed = OutboundError::Malformed;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().ok_or(malformed("the address has no host"))?;
    let mut request = Request::builder()
        .method(&call.method)
        .uri(path)
        .body(Full::new(Bytes::copy_from_slice(&call.body)))
        .map_err(|_| malformed("the address is not one"))?;
    let headers = request.headers_mut();
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("a header's name is not one"))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| malformed("a header's value is not one"))?;
        if OURS.contains(&name) {
            return Err(malformed("a header is the client's own to set"));
        }
        value.set_sensitive(name == header::AUTHORIZATION || name == header::COOKIE);
        headers.append(name, value);
    }
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| malformed("the address has no host"))?;
    headers.insert(header::HOST, host);
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static("candor"));
    Ok(request)
}

/// Sends a request over a connection of its own and reads the answer within its bounds.
pub(crate) async fn exchange(
    host: &str,
    stream: TlsStream<TcpStream>,
    request: Request<Full<Bytes>>,
    bounds: &Bounds,
    attempt: &mut Attempt,
) -> Result<Reply, OutboundError> {
    let broken = |error: hyper::Error| OutboundError::Broken { host: host.to_owned(), cause: words(&error) };
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(bounds.reply_headers_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let _connection = Held(tokio::spawn(async move {
        // What goes wrong on the connection is told to whoever waits for the answer.
        drop(connection.await);
    }));
    let answer = timeout(bounds.first_byte_time_max, sender.send_request(request)).await;
    let too_slow = |_| OutboundError::TooSlow { host: host.to_owned(), phase: Phase::FirstByte };
    let response = answer.map_err(too_slow)?.map_err(broken)?;
    attempt.answered(response.status().as_u16());
    read(host, response, bounds, attempt).await
}

/// A connection's task; it ends with whoever holds it.
struct Held(JoinHandle<()>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn read(
    host: &str,
    response: Response<Incoming>,
    bounds: &Bounds,
    attempt: &mut Attempt,
) -> Result<Reply, OutboundError> {
    let (parts, mut incoming) = response.into_parts();
    if !parts.headers.get_all(header::CONTENT_ENCODING).iter().all(|value| value == "identity" || value.is_empty()) {
        return Err(OutboundError::Compressed { host: host.to_owned() });
    }
    let too_large = || OutboundError::TooLarge { host: host.to_owned(), bytes_max: bounds.reply_bytes_max };
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let no_body = parts.status == http::StatusCode::NOT_MODIFIED;
    if !no_body && announced.is_some_and(|bytes: u64| bytes > bounds.reply_bytes_max as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| OutboundError::Broken { host: host.to_owned(), cause: words(&error) })?;
        if let Some(data) = frame.data_ref() {
            attempt.received(body.len() + data.len());
            if body.len() + data.len() > bounds.reply_bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(data);
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Ok(Reply { status: parts.status.as_u16(), headers, body })
}

/// An error with its causes. hyper never quotes what was sent or received.
fn words(error: &hyper::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        words.push_str(&format!(": {deeper}"));
        cause = deeper.source();
    }
    words
}
