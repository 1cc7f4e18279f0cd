//! Local TLS servers that answer with whatever bytes a test wants, and a clock that stands still.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::{Outside, Time};
use outbound::{Client, DataClass, Destination, OutboundError, Resolve, Settings, Tally};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// 2026-06-01T00:00:00Z.
pub const NOW: Time = Time::from_seconds(1_780_272_000);

pub struct Still;

impl Outside for Still {
    fn now(&self) -> Time {
        NOW
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x40);
    }
}

/// An authority of the test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server's set-up for a name, good from one year to another.
    pub fn server(&self, name: &str, years: (i32, i32)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

/// What a server answers to a request whose head it has read, and how many it has had before.
pub type Answer = dyn Fn(String, usize) -> Script + Send + Sync;

/// Bytes, and what to do after them.
pub struct Script {
    pub pieces: Vec<(Duration, Vec<u8>)>,
    pub then_hang: bool,
}

pub fn say(text: impl AsRef<[u8]>) -> Script {
    Script { pieces: vec![(Duration::ZERO, text.as_ref().to_vec())], then_hang: false }
}

pub fn ok(body: &str) -> Script {
    say(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

pub struct Server {
    pub address: SocketAddr,
    /// Requests that it has read.
    pub asked: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(config: ServerConfig, answer: impl Fn(String, usize) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let answer: Arc<Answer> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, counter) = (acceptor.clone(), Arc::clone(&answer), Arc::clone(&counter));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                        let mut chunk = [0; 4096];
                        match stream.read(&mut chunk).await {
                            Ok(read) if read > 0 => head.extend_from_slice(&chunk[..read]),
                            _ => return,
                        }
                    }
                    let before = counter.fetch_add(1, Ordering::SeqCst);
                    let script = answer(String::from_utf8_lossy(&head).into_owned(), before);
                    for (pause, piece) in script.pieces {
                        tokio::time::sleep(pause).await;
                        if stream.write_all(&piece).await.is_err() {
                            return;
                        }
                    }
                    if script.then_hang {
                        tokio::time::sleep(Duration::from_secs(600)).await;
                    }
                    stream.shutdown().await.ok();
                });
            }
        });
        Self { address, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A good server under an authority, and a client that trusts it.
pub async fn good(answer: impl Fn(String, usize) -> Script + Send + Sync + 'static) -> (Server, Client) {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", (2026, 2027)), answer).await;
    let client = client(settings(&server, &authority)).unwrap();
    (server, client)
}

pub fn settings(server: &Server, authority: &Authority) -> Settings {
    Settings {
        destinations: vec![to("there", &format!("localhost:{}", server.address.port()))],
        extra_roots_pem: vec![authority.pem.clone().into_bytes()],
        danger_private_addresses: true,
        connect_time_max: Duration::from_secs(20),
        resolver: Arc::new(Always(vec!["127.0.0.1"])),
        ..Settings::default()
    }
}

pub fn to(name: &str, host: &str) -> Destination {
    Destination { name: name.to_owned(), hosts: vec![host.to_owned()], data: DataClass::Internal }
}

pub fn client(settings: Settings) -> Result<Client, OutboundError> {
    Client::new(settings, Arc::new(Still))
}

/// A client and what it has seen.
pub fn watched(settings: Settings) -> (Client, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    (client(Settings { recorder: tally.clone(), ..settings }).unwrap(), tally)
}

/// Resolves every name to the same addresses.
pub struct Always(pub Vec<&'static str>);

impl Resolve for Always {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let found = self.0.iter().map(|text| SocketAddr::new(text.parse().unwrap(), port)).collect();
        Box::pin(async move { Ok(found) })
    }
}

/// Resolves to a public address when asked the first time, and inside from then on.
pub struct Rebinding(pub AtomicUsize);

impl Resolve for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { "192.88.98.1" } else { "127.0.0.1" };
        Box::pin(async move { Ok(vec![SocketAddr::new(address.parse().unwrap(), port)]) })
    }
}
