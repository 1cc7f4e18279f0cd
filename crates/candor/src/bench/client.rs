//! A client that costs little: connections that stay open, requests prepared beforehand, answers read and counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Fault;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failed;

/// One server, and how to reach it.
#[derive(Clone)]
pub(super) struct Client {
    connector: TlsConnector,
    address: SocketAddr,
}

/// One connection that stays open.
pub(super) struct Line {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer's body, within the line's buffer.
pub(super) struct Answered<'l> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'l [u8],
}

impl Client {
    /// A client that trusts one certificate, TLS 1.3.
    pub fn new(address: SocketAddr, certificate_pem: &[u8]) -> Result<Self, Fault> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(certificate_pem).map_err(failed)?).map_err(failed)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(failed)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), address })
    }

    /// A new connection.
    pub async fn connect(&self) -> Result<Line, Fault> {
        let tcp = TcpStream::connect(self.address).await.map_err(failed)?;
        tcp.set_nodelay(true).map_err(failed)?;
        let name = ServerName::from(self.address.ip());
        let stream = self.connector.connect(name, tcp).await.map_err(failed)?;
        Ok(Line { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// A request for a path, ready to be sent often.
    pub fn request(&self, path: &str, token: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\naccept: application/fhir+json\r\n\r\n",
            self.address
        )
        .into_bytes()
    }

    /// Answers per second on so many connections, each asking anew as soon as it is answered. The connections are
    /// made before the time begins. Every answer must be a 200.
    pub async fn load(
        &self,
        connections: usize,
        requests: &Arc<Vec<Vec<u8>>>,
        lasts: Duration,
    ) -> Result<(f64, u64), Fault> {
        let mut lines = Vec::new();
        for _ in 0..connections {
            lines.push(self.connect().await?);
        }
        let started = Instant::now();
        let tasks: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(number, mut line)| {
                let requests = Arc::clone(requests);
                tokio::spawn(async move {
                    let mut answers = 0u64;
                    for request in requests.iter().cycle().skip(number) {
                        let answered = line.ask(request).await?;
                        if answered.status != 200 {
                            return Err(failed(format!("an answer was {}", answered.status)));
                        }
                        answers += 1;
                        if started.elapsed() >= lasts {
                            break;
                        }
                    }
                    Ok::<u64, Fault>(answers)
                })
            })
            .collect();
        let mut answers = 0;
        for task in tasks {
            answers += task.await.map_err(failed)??;
        }
        Ok((answers as f64 / started.elapsed().as_secs_f64(), answers))
    }
}

impl Line {
    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answered<'_>, Fault> {
        self.stream.write_all(request).await.map_err(failed)?;
        self.stream.flush().await.map_err(failed)?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await.map_err(failed)? == 0 {
                return Err(failed("the server closed a connection"));
            }
            if let Some(head) = Head::read(&self.buffer)
                && self.buffer.len() >= head.len + head.body_len
            {
                let body = self.buffer.get(head.len..head.len + head.body_len).unwrap_or_default();
                return Ok(Answered { status: head.status, body });
            }
        }
    }
}

/// What must be known of the head of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    len: usize,
    body_len: usize,
}

impl Head {
    /// Reads it if it has come whole. An answer without a length counts as one without a body.
    fn read(bytes: &[u8]) -> Option<Self> {
        let len = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(bytes.get(..len)?).ok()?;
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let body_len = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok()).flatten()
        });
        Some(Self { status, len, body_len: body_len.unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_only_when_it_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\nhello";
        let len = answer.len() - 5;
        assert_eq!(Head::read(answer), Some(Head { status: 200, len, body_len: 5 }));
        for cut in 0..len {
            assert_eq!(Head::read(&answer[..cut]), None, "cut at {cut}");
        }
    }
}
