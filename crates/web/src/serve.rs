mod certificates;
mod chunks;
mod connection;
mod front;
mod head;
mod places;
mod plain;
mod proxies;
mod talk;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

pub use certificates::Certificates;
pub use plain::{Challenges, Redirecting, redirect};
pub use proxies::{Network, Proxies, Says};

use connection::Door;
use places::{Place, Places};

/// How much one listener takes, and from whom.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most connections at a time; one more is closed at once.
    pub connections_max: usize,
    /// The most connections at a time from one IPv4 address or one IPv6 network of 64 bits.
    pub connections_per_address_max: usize,
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
    /// The most requests that one connection may take back before they are answered, and one more for each second.
    pub taken_back_max: u64,
    /// How long an answer may wait to be read without any haste.
    pub answer_grace: Duration,
    /// What must be read of it in each second on average after that, in bytes.
    pub answer_bytes_per_second_min: u64,
    /// Who may say for whom they ask. None is for a house that nobody stands in front of.
    pub proxies: Option<Proxies>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 512,
            handshake_time_max: Duration::from_secs(5),
            header_time_max: Duration::from_secs(15),
            headers_parsed_max: 100,
            streams_max: 64,
            stream_window_bytes: 64 * 1024,
            head_bytes_max: 32 * 1024,
            taken_back_max: 100,
            answer_grace: Duration::from_secs(30),
            answer_bytes_per_second_min: 1024,
            proxies: None,
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

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    certificates: Arc<Certificates>,
    stop: watch::Sender<Option<Duration>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Takes no more connections, lets running requests end for at most `grace`, then closes everything.
    pub async fn stop(self, grace: Duration) -> io::Result<()> {
        self.stop.send_replace(Some(grace));
        self.task.await.map_err(io::Error::other)
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.stop.receiver_count().saturating_sub(1)
    }

    /// The certificate that new connections are served with.
    pub fn certificates(&self) -> &Arc<Certificates> {
        &self.certificates
    }

    /// Serves new connections with another certificate; open ones keep theirs.
    pub fn renew(&self, certificate_pem: &[u8], key_pem: &[u8]) -> Result<(), ServeError> {
        self.certificates.renew(certificate_pem, key_pem)
    }
}

/// Serves a router over TLS 1.2 and 1.3 until it is stopped.
pub async fn serve(listen: Listen, router: Router) -> Result<Running, ServeError> {
    let Listen { address, certificate_pem, key_pem, limits } = listen;
    let certificates = Arc::new(Certificates::new(&certificate_pem, &key_pem)?);
    let acceptor = TlsAcceptor::from(certificates.config()?);
    let listener = TcpListener::bind(address).await.map_err(ServeError::Address)?;
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let places = Places::new(limits.connections_max, limits.connections_per_address_max);
    let (stop, stopping) = watch::channel(None);
    let door = Arc::new(Door { acceptor, router, limits, places });
    let task = tokio::spawn(accept(listener, door, stopping));
    Ok(Running { address, certificates, stop, task })
}

/// Takes connections until asked to stop, then waits for those that are open.
async fn accept(listener: TcpListener, door: Arc<Door>, mut stopping: watch::Receiver<Option<Duration>>) {
    let mut open = JoinSet::new();
    let grace = loop {
        tokio::select! {
            asked = stopped(&mut stopping) => break asked,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(place) = seat(&door, &stream, peer) {
                        open.spawn(connection::serve(Arc::clone(&door), stream, peer, place, stopping.clone()));
                    }
                }
                Err(error) => {
                    // Out of file descriptors, most likely: some come back when connections end.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    };
    drop(listener);
    let ended = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::debug!("some connections were closed while they were busy");
    }
}

/// A place for a connection before it costs a handshake.
fn seat(door: &Door, stream: &TcpStream, peer: SocketAddr) -> Option<Place> {
    // Small answers should not wait for one another; where this cannot be set it is only slower.
    if stream.set_nodelay(true).is_err() {
        return None;
    }
    let through_proxy = door.limits.proxies.as_ref().is_some_and(|proxies| proxies.are(peer.ip()));
    door.places.take((!through_proxy).then(|| peer.ip()))
}

/// When the house is asked to stop, and how long it may take.
async fn stopped(stopping: &mut watch::Receiver<Option<Duration>>) -> Duration {
    match stopping.wait_for(Option::is_some).await {
        Ok(grace) => grace.unwrap_or_default(),
        // Whoever could ask is gone.
        Err(_) => Duration::ZERO,
    }
}
