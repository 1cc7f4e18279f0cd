//! A local TLS server that reads whole requests and answers as a test wants, and the client that trusts it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Outside, Time};
use outbound::{Client, DataClass, Destination, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

pub(crate) struct Still;

impl Outside for Still {
    fn now(&self) -> Time {
        Time::from_seconds(1_780_272_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x40);
    }
}

/// Status, headers beside the length, body, and a pause before it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) pause: Duration,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Answer {
        Answer { status, headers: String::new(), body: body.into(), pause: Duration::ZERO }
    }
}

pub(crate) struct Server {
    port: u16,
    pem: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request with what the function says to it and to how many came before.
    pub(crate) async fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Server {
        let (config, pem) = identity();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (acceptor, answer, kept) = (TlsAcceptor::from(Arc::new(config)), Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, kept) = (acceptor.clone(), Arc::clone(&answer), Arc::clone(&kept));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut bytes = Vec::new();
                    while !whole(&bytes) {
                        let mut chunk = [0; 65_536];
                        match stream.read(&mut chunk).await {
                            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
                            _ => return,
                        }
                    }
                    let request = String::from_utf8_lossy(&bytes).into_owned();
                    let before = {
                        let mut kept = kept.lock().unwrap();
                        kept.push(request.clone());
                        kept.len() - 1
                    };
                    let said = answer(&request, before);
                    tokio::time::sleep(said.pause).await;
                    let head = format!(
                        "HTTP/1.1 {} X\r\n{}content-length: {}\r\n\r\n",
                        said.status,
                        said.headers,
                        said.body.len()
                    );
                    stream.write_all(head.as_bytes()).await.ok();
                    stream.write_all(said.body.as_bytes()).await.ok();
                    stream.shutdown().await.ok();
                });
            }
        });
        Server { port, pem, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/x", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> Client {
        let hosts = vec![format!("localhost:{}", self.port)];
        let settings = Settings {
            destinations: vec![Destination { name: "there".to_owned(), hosts, data: DataClass::Internal }],
            extra_roots_pem: vec![self.pem.clone().into_bytes()],
            danger_private_addresses: true,
            ..Settings::default()
        };
        Client::new(settings, Arc::new(Still)).unwrap()
    }
}

/// Whether the head and as much of the body as it promises are there.
fn whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|text| text.trim().parse().ok());
    bytes.len() >= end + 4 + length.unwrap_or(0usize)
}

fn identity() -> (ServerConfig, String) {
    let root = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
    let pem = params.self_signed(&root).unwrap().pem();
    let issuer = Issuer::new(params, root);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (config, pem)
}
