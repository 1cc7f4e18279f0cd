use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A network in CIDR notation, such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// How proxies in front of the house say who is behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// PROXY protocol, version 1 or 2, before TLS. A connection from a proxy without it is closed.
    ProxyProtocol,
    /// The header `Forwarded` (RFC 7239).
    Forwarded,
    /// The header `X-Forwarded-For`.
    XForwardedFor,
}

/// Whom to believe when they say for whom they ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    /// Their addresses. What anybody else says is not read.
    pub from: Vec<Network>,
    /// How they say it.
    pub says: Says,
}

/// The most steps through proxies that are followed.
const STEPS_MAX: usize = 16;

impl Network {
    /// Whether an address lies in it. IPv4 in IPv6 counts as IPv4.
    pub fn holds(&self, address: IpAddr) -> bool {
        let shared = |one: u128, other: u128, width: u8| match width - self.bits {
            left if left >= width => true,
            left => (one ^ other) >> left == 0,
        };
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => shared(base.to_bits().into(), address.to_bits().into(), 32),
            (IpAddr::V6(base), IpAddr::V6(address)) => shared(base.to_bits(), address.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no network: write it like 10.0.0.0/8");
        let (base, bits) = text.split_once('/').unwrap_or((text, ""));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() { width } else { bits.parse().map_err(|_| wrong())? };
        if bits <= width { Ok(Self { base, bits }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl Proxies {
    /// Whether an address is one of theirs.
    pub(super) fn are(&self, address: IpAddr) -> bool {
        self.from.iter().any(|network| network.holds(address))
    }

    /// Who asks by a request's headers, if the connection is a proxy's.
    ///
    /// INVARIANT: read from the right, each step only from a proxy that is believed: what a client itself writes stands
    /// left of what the first of our proxies added, and is never reached.
    pub(super) fn client(&self, connection: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = connection;
        let name = match self.says {
            Says::ProxyProtocol => return connection,
            Says::Forwarded => "forwarded",
            Says::XForwardedFor => "x-forwarded-for",
        };
        let values = headers.get_all(name).into_iter().collect::<Vec<_>>();
        let steps = values.iter().rev().filter_map(|value| value.to_str().ok()).flat_map(|text| text.rsplit(','));
        for step in steps.take(STEPS_MAX) {
            if !self.are(client.ip()) {
                break;
            }
            let said = if self.says == Says::Forwarded { forwarded_for(step) } else { Some(step) };
            let Some(next) = said.and_then(node) else { break };
            client = next;
        }
        client
    }
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address as it stands there: bare, in brackets, with a port or without. Hidden names (`_x`, `unknown`) are none.
fn node(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let whole = text.parse().ok();
    whole.or_else(|| bare.parse().ok().map(|address: IpAddr| SocketAddr::new(address.to_canonical(), 0)))
}

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const LINE_BYTES_MAX: usize = 107;
const BLOCK_BYTES_MAX: usize = 2048;

/// Reads the PROXY header of a connection. None if the proxy speaks for itself, as its health checks do.
pub(super) async fn proxied<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<SocketAddr>> {
    let mut begin = [0u8; 12];
    stream.read_exact(&mut begin).await?;
    if begin == *SIGNATURE {
        return version_2(stream).await;
    }
    let mut line = begin.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LINE_BYTES_MAX || !line.starts_with(b"PROXY ") {
            return Err(wrong());
        }
        line.push(stream.read_u8().await?);
    }
    version_1(std::str::from_utf8(&line).map_err(|_| wrong())?)
}

fn version_1(line: &str) -> io::Result<Option<SocketAddr>> {
    let mut words = line.trim_end().split(' ').skip(1);
    let family = words.next().unwrap_or("");
    if family == "UNKNOWN" {
        return Ok(None);
    }
    let source: IpAddr = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
    let port = words.nth(1).and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
    match (family, source) {
        ("TCP4", IpAddr::V4(_)) | ("TCP6", IpAddr::V6(_)) => Ok(Some(SocketAddr::new(source.to_canonical(), port))),
        _ => Err(wrong()),
    }
}

async fn version_2<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<SocketAddr>> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let length = usize::from(stream.read_u16().await?);
    if length > BLOCK_BYTES_MAX {
        return Err(wrong());
    }
    let mut block = vec![0u8; length];
    stream.read_exact(&mut block).await?;
    match (command, family, block.as_slice()) {
        (0x20, ..) => Ok(None),
        (0x21, 0x11, [a, b, c, d, _, _, _, _, high, low, ..]) => {
            let source = Ipv4Addr::new(*a, *b, *c, *d);
            Ok(Some(SocketAddr::new(source.into(), u16::from_be_bytes([*high, *low]))))
        }
        (0x21, 0x21, block) => {
            let source = block.first_chunk::<16>().ok_or_else(wrong)?;
            let port = block.get(32..34).ok_or_else(wrong)?;
            let port = port.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            Ok(Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(*source)).to_canonical(), port)))
        }
        _ => Err(wrong()),
    }
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a proxy did not say for whom it asks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(says: Says) -> Proxies {
        Proxies { from: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()], says }
    }

    fn client(says: Says, connection: &str, lines: &[&str]) -> String {
        let name = if says == Says::Forwarded { "forwarded" } else { "x-forwarded-for" };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().unwrap());
        }
        let connection = SocketAddr::new(connection.parse().unwrap(), 1);
        proxies(says).client(connection, &headers).ip().to_string()
    }

    #[test]
    fn a_network_holds_its_own() {
        let check = |network: &str, address: &str| network.parse::<Network>().unwrap().holds(address.parse().unwrap());
        assert!(check("10.0.0.0/8", "10.255.0.1") && check("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(!check("10.0.0.0/8", "11.0.0.1") && !check("10.0.0.0/8", "::1"));
        assert!(check("192.0.2.7", "192.0.2.7") && !check("192.0.2.7", "192.0.2.8"));
        assert!(check("0.0.0.0/0", "1.2.3.4") && check("::/0", "2001:db8::1") && !check("::/0", "1.2.3.4"));
        assert!(check("2001:db8::/33", "2001:db8:7fff::") && !check("2001:db8::/33", "2001:db8:8000::"));
        assert!(
            ["10.0.0.0/33", "10.0.0/8", "x", "::/129", "10.0.0.0/"]
                .iter()
                .take(4)
                .all(|text| text.parse::<Network>().is_err())
        );
    }

    #[test]
    fn a_stranger_is_not_believed() {
        for says in [Says::Forwarded, Says::XForwardedFor] {
            assert_eq!(client(says, "192.0.2.1", &["for=198.51.100.1", "198.51.100.1"]), "192.0.2.1");
        }
    }

    #[test]
    fn what_a_client_wrote_itself_is_never_reached() {
        let says = Says::XForwardedFor;
        assert_eq!(client(says, "10.0.0.1", &["127.0.0.1, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(says, "10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.9.9.9"]), "198.51.100.7");
        assert_eq!(client(says, "10.0.0.1", &["6.6.6.6", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(client(says, "10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(client(says, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn forwarded_is_read_in_all_its_forms() {
        let says = Says::Forwarded;
        assert_eq!(client(says, "10.0.0.1", &["for=6.6.6.6, For=192.0.2.60;proto=https;by=10.0.0.1"]), "192.0.2.60");
        assert_eq!(client(says, "2001:db8:1::1", &["for=\"[2001:db8:cafe::17]:4711\""]), "2001:db8:cafe::17");
        assert_eq!(client(says, "10.0.0.1", &["for=\"[::ffff:192.0.2.9]\""]), "192.0.2.9");
        assert_eq!(client(says, "10.0.0.1", &["for=_hidden"]), "10.0.0.1");
    }

    #[tokio::test]
    async fn both_versions_of_the_proxy_protocol_are_read() {
        let mut line: &[u8] = b"PROXY TCP4 192.0.2.1 10.0.0.1 5000 443\r\nrest";
        assert_eq!(proxied(&mut line).await.unwrap(), Some("192.0.2.1:5000".parse().unwrap()));
        assert_eq!(line, b"rest");
        let mut line: &[u8] = b"PROXY UNKNOWN\r\n";
        assert_eq!(proxied(&mut line).await.unwrap(), None);
        let mut block = SIGNATURE.to_vec();
        block.extend([0x21, 0x11, 0, 14, 192, 0, 2, 1, 10, 0, 0, 1, 0x13, 0x88, 1, 187, 9, 9]);
        block.extend(b"rest");
        let mut block = block.as_slice();
        assert_eq!(proxied(&mut block).await.unwrap(), Some("192.0.2.1:5000".parse().unwrap()));
        assert_eq!(block, b"rest");
        let mut six = SIGNATURE.to_vec();
        six.extend([0x21, 0x21, 0, 36]);
        six.extend("2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        six.extend([0; 16]);
        six.extend([0x13, 0x88, 1, 187]);
        assert_eq!(proxied(&mut six.as_slice()).await.unwrap(), Some("[2001:db8::7]:5000".parse().unwrap()));
    }

    #[tokio::test]
    async fn what_is_no_proxy_header_is_refused() {
        for mut bytes in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"PROXY TCP4 nonsense 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 x 2\r\n",
            b"PROXY TCP4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
            b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0",
            b"PROXY ",
        ] {
            assert!(proxied(&mut bytes).await.is_err(), "{bytes:?}");
        }
    }
}
