use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tower::Service;

/// How much one listener takes.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most connections at a time; one more is closed at once.
    pub connections_max: usize,
    /// The longest TLS handshake.
    pub handshake_time_max: Duration,
    /// The longest wait for a request's headers, idle connections included.
    pub header_time_max: Duration,
    /// The most headers that are parsed at all. The door's own limit is lower and answers in words.
    pub headers_parsed_max: usize,
    /// The most requests at a time on one HTTP/2 connection.
    pub streams_max: u32,
    /// What one HTTP/2 stream may send before it must wait, in bytes.
    pub stream_window_bytes: u32,
    /// What one connection buffers of a request's head, in bytes.
    pub head_bytes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            handshake_time_max: Duration::from_secs(5),
            header_time_max: Duration::from_secs(15),
            headers_parsed_max: 100,
            streams_max: 64,
            stream_window_bytes: 64 * 1024,
            head_bytes_max: 32 * 1024,
        }
    }
}

/// Where to listen and as whom.
pub struct Listen {
    /// The address; port 0 takes any free one.
    pub address: SocketAddr,
    /// The certificate chain in PEM.
    pub certificate_pem: Vec<u8>,
    /// The private key in PEM.
    pub key_pem: Vec<u8>,
    /// How much to take.
    pub limits: Limits,
}

/// Why the house could not listen.
#[derive(Debug)]
pub enum ServeError {
    /// The address could not be taken.
    Address(io::Error),
    /// The certificate or its key cannot be used.
    Certificate(String),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(error) => write!(f, "cannot listen on this address: {error}"),
            Self::Certificate(words) => write!(f, "cannot use this certificate: {words}"),
        }
    }
}

impl std::error::Error for ServeError {}

/// A listener that serves.
pub struct Running {
    /// The address it took.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    config: RustlsConfig,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Takes no more connections, lets running requests end for at most `grace`, then closes everything.
    pub async fn stop(self, grace: Duration) -> io::Result<()> {
        self.handle.graceful_shutdown(Some(grace));
        self.task.await.map_err(io::Error::other)?
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.handle.connection_count()
    }

    /// Serves new connections with another certificate; open ones keep theirs.
    pub fn renew(&self, certificate_pem: &[u8], key_pem: &[u8]) -> Result<(), ServeError> {
        self.config.reload_from_config(tls(certificate_pem, key_pem)?);
        Ok(())
    }
}

/// Serves a router over TLS 1.2 and 1.3 until it is stopped.
pub async fn serve(listen: Listen, router: Router) -> Result<Running, ServeError> {
    let Listen { address, certificate_pem, key_pem, limits } = listen;
    let config = RustlsConfig::from_config(tls(&certificate_pem, &key_pem)?);
    let listener = TcpListener::bind(address).map_err(ServeError::Address)?;
    listener.set_nonblocking(true).map_err(ServeError::Address)?;
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let handle = Handle::new();
    let gate = Gate { places: Arc::new(Semaphore::new(limits.connections_max)) };
    let acceptor = RustlsAcceptor::new(config.clone()).handshake_timeout(limits.handshake_time_max).acceptor(gate);
    let mut server =
        axum_server::from_tcp(listener).map_err(ServeError::Address)?.acceptor(acceptor).handle(handle.clone());
    bound(server.http_builder(), &limits);
    let task = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    Ok(Running { address, handle, config, task })
}

/// Small buffers: an idle connection should cost little, and a slow one should end.
fn bound(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>, limits: &Limits) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time_max)
        .max_headers(limits.headers_parsed_max)
        .max_buf_size(limits.head_bytes_max as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(limits.header_time_max)
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(limits.head_bytes_max)
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.stream_window_bytes.saturating_mul(4))
        .max_send_buf_size(limits.stream_window_bytes as usize);
}

/// TLS 1.2 and 1.3 by aws-lc-rs, HTTP/2 before HTTP/1.1. Older versions do not exist in this library.
fn tls(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Arc<ServerConfig>, ServeError> {
    let unusable = |error: &dyn std::fmt::Display| ServeError::Certificate(error.to_string());
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(certificate_pem).collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|error| unusable(&error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| unusable(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Lets so many connections in and closes the next at once, before it costs a handshake.
#[derive(Clone)]
struct Gate {
    places: Arc<Semaphore>,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = TcpStream;
    type Service = Seated<S>;
    type Future = BoxFuture<'static, io::Result<(TcpStream, Seated<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = self.places.clone().try_acquire_owned();
        Box::pin(async move {
            let place = place.map_err(|_| io::Error::other("the house is full"))?;
            stream.set_nodelay(true)?;
            Ok((stream, Seated { service, _place: Arc::new(place) }))
        })
    }
}

/// A connection's service; the place is free again when the connection is gone.
#[derive(Clone)]
struct Seated<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<S, R> Service<R> for Seated<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        Box::pin(self.service.call(request))
    }
}
