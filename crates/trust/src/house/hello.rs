//! A TLS client hello by hand, because no library of today offers what must be refused.

use model::Outside;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);

/// What is offered to the house.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    /// The highest version: 0x0300 SSL 3.0, 0x0301 TLS 1.0, …, 0x0304 TLS 1.3.
    pub version: u16,
    /// The cipher suites.
    pub suites: &'static [u16],
}

/// What the house says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// It goes on with this version and suite.
    Accepted { version: u16, suite: u16 },
    /// It refuses, with an alert or without a word.
    Refused,
    /// It says something that is not TLS.
    Strange,
}

/// Says hello and listens.
pub(crate) async fn greet(to: SocketAddr, offer: Offer, outside: &dyn Outside) -> std::io::Result<Greeting> {
    let answer = exchange(to, &client_hello(offer, outside)).await?;
    Ok(read_greeting(&answer))
}

/// Sends bytes and reads what comes back, until the other side closes, a short time passes or 16 KiB are there.
pub(crate) async fn exchange(to: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let connected = timeout(PATIENCE, TcpStream::connect(to)).await;
    let mut stream = connected.map_err(|_| std::io::Error::other("the house does not answer"))??;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    let mut chunk = [0u8; 4096];
    while answer.len() < 16 * 1024 {
        // A busy house may take its time for the first word. A reset is a refusal like any other.
        let patience = if answer.is_empty() { PATIENCE } else { Duration::from_secs(2) };
        match timeout(patience, stream.read(&mut chunk)).await {
            Ok(Ok(read)) if read > 0 => answer.extend_from_slice(chunk.get(..read).unwrap_or(&[])),
            _ => break,
        }
        if !matches!(read_greeting(&answer), Greeting::Refused) {
            break;
        }
    }
    Ok(answer)
}

/// What an answer says; too few bytes are a refusal.
fn read_greeting(answer: &[u8]) -> Greeting {
    match answer {
        [22, 3, ..] => read_server_hello(answer).unwrap_or(Greeting::Refused),
        [] | [21, ..] => Greeting::Refused,
        _ => Greeting::Strange,
    }
}

/// Record header 5, handshake header 4, version 2, random 32, session id, suite 2, compression 1, extensions.
fn read_server_hello(answer: &[u8]) -> Option<Greeting> {
    if *answer.get(5)? != 2 {
        return Some(Greeting::Strange);
    }
    let mut version = u16::from_be_bytes([*answer.get(9)?, *answer.get(10)?]);
    let at = 44 + usize::from(*answer.get(43)?);
    let suite = u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]);
    let extensions =
        answer.get(at + 3..at + 5).map_or(0, |length| length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    let mut rest = answer.get(at + 5..at + 5 + extensions).unwrap_or(&[]);
    while let [kind_high, kind_low, high, low, after @ ..] = rest {
        let (body, tail) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        // supported_versions, which is how TLS 1.3 says its name
        if let ([0, 43], [major, minor]) = ([*kind_high, *kind_low], body) {
            version = u16::from_be_bytes([*major, *minor]);
        }
        rest = tail;
    }
    Some(Greeting::Accepted { version, suite })
}

fn client_hello(offer: Offer, outside: &dyn Outside) -> Vec<u8> {
    let mut random = [0u8; 32];
    outside.fill(&mut random);
    let mut hello = Vec::new();
    hello.extend(offer.version.min(0x0303).to_be_bytes());
    hello.extend(random);
    hello.push(0);
    let suites: Vec<u8> = offer.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    hello.extend(length(suites.len()));
    hello.extend(suites);
    hello.extend([1, 0]);
    if offer.version > 0x0300 {
        let extensions = extensions(offer.version, outside);
        hello.extend(length(extensions.len()));
        hello.extend(extensions);
    }
    let mut record = vec![22];
    record.extend(offer.version.min(0x0301).to_be_bytes());
    record.extend(length(hello.len() + 4));
    record.extend([1, 0]);
    record.extend(length(hello.len()));
    record.extend(hello);
    record
}

fn extensions(version: u16, outside: &dyn Outside) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |kind: u16, body: &[u8]| {
        all.extend(kind.to_be_bytes());
        all.extend(length(body.len()));
        all.extend(body);
    };
    // supported groups x25519, P-256, P-384; uncompressed points; signatures from SHA-1 to Ed25519
    add(10, &[0, 6, 0, 0x1d, 0, 0x17, 0, 0x18]);
    add(11, &[1, 0]);
    add(13, &[0, 16, 4, 3, 5, 3, 8, 4, 8, 5, 8, 7, 4, 1, 5, 1, 2, 1]);
    if version == 0x0304 {
        let mut share = vec![0, 36, 0, 0x1d, 0, 32];
        let mut public = [0u8; 32];
        outside.fill(&mut public);
        share.extend(public);
        add(43, &[2, 3, 4]);
        add(51, &share);
    }
    all
}

/// Two bytes, big endian. Nothing here is longer than a few hundred bytes.
fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}
