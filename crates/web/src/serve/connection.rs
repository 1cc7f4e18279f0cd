use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use super::front::{Front, Watched};
use super::head::Bounds;
use super::places::{Place, Places};
use super::proxies::{Proxies, Says, proxied};
use super::talk::{Asked, Patience, Talk, Told};
use super::{Limits, stopped};

/// What every connection shares.
pub(super) struct Door {
    pub(super) acceptor: TlsAcceptor,
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) places: Places,
}

/// Serves one connection to its end.
///
/// ORDER: a place, then the proxy's word, then TLS, then HTTP; each is cheaper than the next and bounded in time.
pub(super) async fn serve(
    door: Arc<Door>,
    mut stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    stopping: watch::Receiver<Option<Duration>>,
) {
    let agreed = timeout(door.limits.handshake_time_max, async {
        let client = behind(door.limits.proxies.as_ref(), &mut stream, peer).await?;
        Ok::<_, std::io::Error>((client, door.acceptor.accept(stream).await?))
    });
    // Who fails here asked nothing yet: there is nobody to tell and nothing to note.
    let Ok(Ok((client, stream))) = agreed.await else { return };
    // Behind a proxy the place is the client's own.
    let own = if client.ip() == peer.ip() { Some(place) } else { door.places.take(Some(client.ip())) };
    let Some(_place) = own else { return };
    let limits = &door.limits;
    let patience = Patience {
        grace: limits.answer_grace,
        bytes_per_second_min: limits.answer_bytes_per_second_min,
        cancelled_max: limits.taken_back_max,
    };
    let talk = Arc::new(Talk::new(patience));
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    tokio::select! {
        () = speak(&door, stream, client, &talk, stopping, is_http_2) => {}
        why = talk.watch() => tracing::info!(why, "a connection was closed"),
    }
}

/// Who is at the other end of a connection.
async fn behind(proxies: Option<&Proxies>, stream: &mut TcpStream, peer: SocketAddr) -> std::io::Result<SocketAddr> {
    match proxies {
        Some(proxies) if proxies.says == Says::ProxyProtocol && proxies.are(peer.ip()) => {
            Ok(proxied(stream).await?.unwrap_or(peer))
        }
        _ => Ok(peer),
    }
}

async fn speak(
    door: &Arc<Door>,
    stream: TlsStream<TcpStream>,
    client: SocketAddr,
    talk: &Arc<Talk>,
    mut stopping: watch::Receiver<Option<Duration>>,
    is_http_2: bool,
) {
    let service = service_fn(|request| answer(Arc::clone(door), client, Arc::clone(talk), request));
    // How a connection ended is no news: either its requests are logged, or it asked nothing.
    if is_http_2 {
        let mut connection =
            pin!(http_2(&door.limits).serve_connection(TokioIo::new(Watched::new(stream, Arc::clone(talk))), service));
        tokio::select! {
            ended = connection.as_mut() => return drop(ended),
            _ = stopped(&mut stopping) => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    } else {
        let bounds =
            Bounds { bytes_max: door.limits.head_bytes_max as usize, headers_max: door.limits.headers_parsed_max };
        let front = Front::new(stream, Arc::clone(talk), bounds);
        let mut connection = pin!(http_1(&door.limits).serve_connection(TokioIo::new(front), service));
        tokio::select! {
            ended = connection.as_mut() => return drop(ended),
            _ = stopped(&mut stopping) => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    }
}

async fn answer(
    door: Arc<Door>,
    client: SocketAddr,
    talk: Arc<Talk>,
    request: Request<Incoming>,
) -> Result<Response<Told>, Infallible> {
    let asked = Asked::new(talk);
    let mut request = request.map(Body::new);
    let client = door.limits.proxies.as_ref().map_or(client, |proxies| proxies.client(client, request.headers()));
    request.extensions_mut().insert(ConnectInfo(client));
    let response = door.router.clone().oneshot(request).await?;
    Ok(response.map(|body| asked.answer(body)))
}

/// Small buffers: an idle connection should cost little, and a slow one should end.
fn http_1(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time_max)
        .max_headers(limits.headers_parsed_max)
        .max_buf_size(limits.head_bytes_max as usize);
    builder
}

/// The library counts resets before a request is taken up (CVE-2023-44487) and bounds CONTINUATION frames by the size
/// of the head; what is taken up and then reset is counted here.
fn http_2(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(limits.header_time_max)
        .max_concurrent_streams(limits.streams_max)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(Some(64))
        .max_header_list_size(limits.head_bytes_max)
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.stream_window_bytes.saturating_mul(4))
        .max_send_buf_size(limits.stream_window_bytes as usize);
    builder
}
