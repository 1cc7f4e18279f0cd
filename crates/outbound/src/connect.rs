use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::forbidden;
use crate::attempt::Attempt;
use crate::error::OutboundError;

/// Turns a host into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// Every address of a host, in the order to try them.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The machine's own resolver.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// The most addresses of one host that are tried.
const ADDRESSES_MAX: usize = 4;

/// What a connection needs to know.
pub(crate) struct Way<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) resolver: &'a dyn Resolve,
    pub(crate) tls: &'a Arc<rustls::ClientConfig>,
    pub(crate) danger_private_addresses: bool,
}

/// Resolves, checks, connects and agrees on TLS.
///
/// INVARIANT: the address that is connected to is one that was checked here; the name is not resolved a second time.
pub(crate) async fn connect(way: &Way<'_>, attempt: &mut Attempt) -> Result<TlsStream<TcpStream>, OutboundError> {
    let addresses = checked(way).await?;
    let unreachable = |cause: String| OutboundError::Unreachable { host: way.host.to_owned(), cause };
    let mut last = unreachable("it has no address".to_owned());
    for address in addresses.into_iter().take(ADDRESSES_MAX) {
        attempt.reached(address.ip());
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
                return agree(way, stream).await;
            }
            Err(error) => last = unreachable(error.to_string()),
        }
    }
    Err(last)
}

/// Every address of the host. One that is forbidden refuses them all: a name that leads inside is no honest name.
async fn checked(way: &Way<'_>) -> Result<Vec<SocketAddr>, OutboundError> {
    let bare = way.host.trim_start_matches('[').trim_end_matches(']');
    let unresolved = |cause: String| OutboundError::Unresolved { host: way.host.to_owned(), cause };
    let addresses = match bare.parse() {
        Ok(literal) => vec![SocketAddr::new(literal, way.port)],
        Err(_) => way.resolver.resolve(bare, way.port).await.map_err(|error| unresolved(error.to_string()))?,
    };
    if addresses.is_empty() {
        return Err(unresolved("it has no address".to_owned()));
    }
    for address in &addresses {
        if let Some(why) = forbidden(address.ip())
            && !way.danger_private_addresses
        {
            let host = way.host.to_owned();
            return Err(OutboundError::ForbiddenAddress { host, address: address.ip(), why });
        }
    }
    // The port is the one of the call, whatever a resolver says.
    Ok(addresses.into_iter().map(|address| SocketAddr::new(address.ip(), way.port)).collect())
}

async fn agree(way: &Way<'_>, stream: TcpStream) -> Result<TlsStream<TcpStream>, OutboundError> {
    let untrusted = |cause: String| OutboundError::Untrusted { host: way.host.to_owned(), cause };
    let bare = way.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare).map_err(|error| untrusted(error.to_string()))?;
    let agreed = TlsConnector::from(Arc::clone(way.tls)).connect(name, stream).await;
    agreed.map_err(|error| {
        let about_tls = error.get_ref().is_some_and(|cause| cause.is::<rustls::Error>());
        match about_tls {
            true => untrusted(error.to_string()),
            false => OutboundError::Unreachable { host: way.host.to_owned(), cause: error.to_string() },
        }
    })
}
