use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::ServeError;
use super::front::Front;
use super::head::Bounds;
use super::places::Places;
use super::talk::{Asked, Patience, Talk, Told};

/// Answers to an authority that asks over plain HTTP whether this house holds its name (RFC 8555 §8.3).
#[derive(Clone, Default)]
pub struct Challenges {
    answers: Arc<RwLock<HashMap<String, String>>>,
}

impl Challenges {
    /// Answers a token from now on.
    pub fn offer(&self, token: &str, answer: &str) {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        answers.insert(token.to_owned(), answer.to_owned());
    }

    /// Answers it no longer.
    pub fn withdraw(&self, token: &str) {
        self.answers.write().unwrap_or_else(PoisonError::into_inner).remove(token);
    }

    fn find(&self, path: &str) -> Option<String> {
        let token = path.strip_prefix("/.well-known/acme-challenge/")?;
        self.answers.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}

/// A listener without encryption that only sends people to the one with it.
pub struct Redirecting {
    /// The address it took.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Redirecting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The longest that one plain connection lives. Nobody needs it for more than one redirect.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 512;
const CONNECTIONS_PER_ADDRESS_MAX: usize = 32;
const BOUNDS: Bounds = Bounds { bytes_max: 16 * 1024, headers_max: 64 };

/// Answers every plain request with a redirect (308) to the same path over HTTPS at `https_port`, and nothing else.
pub async fn redirect(address: SocketAddr, https_port: u16, challenges: Challenges) -> Result<Redirecting, ServeError> {
    let listener = TcpListener::bind(address).await.map_err(ServeError::Address)?;
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let task = tokio::spawn(accept(listener, https_port, challenges));
    Ok(Redirecting { address, task })
}

async fn accept(listener: TcpListener, https_port: u16, challenges: Challenges) {
    let places = Places::new(CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX);
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = places.take(Some(peer.ip())) else { continue };
                    let challenges = challenges.clone();
                    open.spawn(async move {
                        // Over time it is closed; there is nobody to tell.
                        drop(timeout(CONNECTION_TIME_MAX, serve(stream, https_port, challenges)).await);
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
}

async fn serve(stream: TcpStream, https_port: u16, challenges: Challenges) {
    let patience = Patience { grace: CONNECTION_TIME_MAX, bytes_per_second_min: 0, cancelled_max: 1 };
    let talk = Arc::new(Talk::new(patience));
    let front = Front::new(stream, Arc::clone(&talk), BOUNDS);
    let service = service_fn(|request| {
        let asked = Asked::new(Arc::clone(&talk));
        let response = answer(&request, https_port, &challenges);
        async move { Ok::<Response<Told>, Infallible>(response.map(|body| asked.answer(Body::new(body)))) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(CONNECTION_TIME_MAX).keep_alive(false);
    // How it ended is no news.
    drop(builder.serve_connection(TokioIo::new(front), service).await);
}

/// A redirect without a body; an authority's question is answered. No `Strict-Transport-Security`: browsers ignore it
/// without encryption, and must (RFC 6797 §7.2).
fn answer(request: &Request<Incoming>, https_port: u16, challenges: &Challenges) -> Response<Full<Bytes>> {
    if let Some(text) = challenges.find(request.uri().path()) {
        return Response::new(Full::from(text));
    }
    let mut response = Response::new(Full::default());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    match location(request, https_port) {
        Some(location) => {
            headers.insert(header::LOCATION, location);
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        }
        None => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

fn location(request: &Request<Incoming>, https_port: u16) -> Option<HeaderValue> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if !host.bytes().all(plain) {
        return None;
    }
    let host: axum::http::uri::Authority = host.parse().ok()?;
    let name = host.host();
    let port = if https_port == 443 { String::new() } else { format!(":{https_port}") };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    HeaderValue::from_str(&format!("https://{name}{port}{path}")).ok()
}
