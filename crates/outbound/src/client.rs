use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Uri};
use model::Outside;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::attempt::Attempt;
use crate::connect::{Way, connect};
use crate::error::{OutboundError, Phase};
use crate::exchange::{Bounds, exchange, request};
use crate::settings::{Destination, Settings};
use crate::{Call, DataClass, Reply};

/// The most redirects that are followed.
const REDIRECTS_MAX: usize = 3;
/// The first pause between two tries is at most this long; each later one at most twice the one before.
const PAUSE_FIRST_MAX: Duration = Duration::from_millis(200);
/// No pause is longer.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The guarded client. Clones share one set-up.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    tls: Arc<ClientConfig>,
    outside: Arc<dyn Outside>,
}

impl Client {
    /// A client for these destinations. Fails if a root certificate cannot be read.
    pub fn new(settings: Settings, outside: Arc<dyn Outside>) -> Result<Self, OutboundError> {
        let tls = Arc::new(tls(&settings, &outside)?);
        Ok(Self { shared: Arc::new(Shared { settings, tls, outside }) })
    }

    /// The same set-up with other destinations, for those that an organisation configures while the house runs.
    #[must_use]
    pub fn with_destinations(&self, destinations: Vec<Destination>) -> Self {
        let settings = Settings { destinations, ..self.shared.settings.clone() };
        let shared = Shared { settings, tls: Arc::clone(&self.shared.tls), outside: Arc::clone(&self.shared.outside) };
        Self { shared: Arc::new(shared) }
    }

    /// Calls a destination with nothing more sensitive than it may have, which the caller vouches for.
    ///
    /// A status of any kind is an answer; only a redirect that may not be followed is an error.
    pub async fn send(&self, call: Call) -> Result<Reply, OutboundError> {
        let limit = Instant::now() + call.patience;
        self.within(limit, &call, None).await
    }

    /// The same for data of a class: refused if it is more sensitive than the destination may have.
    pub async fn send_carrying(&self, carried: DataClass, call: Call) -> Result<Reply, OutboundError> {
        let limit = Instant::now() + call.patience;
        self.within(limit, &call, Some(carried)).await
    }

    async fn within(&self, limit: Instant, call: &Call, carried: Option<DataClass>) -> Result<Reply, OutboundError> {
        let whole = || OutboundError::TooSlow { host: host_of(&call.url), phase: Phase::Whole };
        timeout_at(limit, self.persist(limit, call, carried)).await.unwrap_or_else(|_| Err(whole()))
    }

    /// Tries again after what may pass, with a random pause.
    async fn persist(&self, limit: Instant, call: &Call, carried: Option<DataClass>) -> Result<Reply, OutboundError> {
        let tries = if call.may_be_repeated() { call.tries.max(1) } else { 1 };
        let mut tried = 0;
        loop {
            let answer = self.follow(call, carried).await;
            tried += 1;
            let wanted = match &answer {
                Ok(reply) if is_passing(reply.status) => {
                    Some(reply.header("retry-after").and_then(|text| text.parse().ok()))
                }
                Err(error) if error.may_pass() => Some(None),
                _ => None,
            };
            let Some(asked) = wanted.filter(|_| tried < tries) else { return answer };
            let pause = self.pause(tried).max(Duration::from_secs(asked.unwrap_or(0)));
            if Instant::now() + pause >= limit {
                return answer;
            }
            sleep(pause).await;
        }
    }

    /// Anything up to a bound that doubles with every try, so that many who failed together do not return together.
    fn pause(&self, tried: u8) -> Duration {
        let bound = PAUSE_FIRST_MAX.saturating_mul(1 << (tried - 1).min(10)).min(PAUSE_MAX);
        let mut random = [0u8; 4];
        self.shared.outside.fill(&mut random);
        bound.mul_f64(f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX))
    }

    /// Follows redirects within one host, for calls that change nothing.
    async fn follow(&self, call: &Call, carried: Option<DataClass>) -> Result<Reply, OutboundError> {
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let reply = self.attempt(call, &url, carried).await?;
            if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(reply);
            }
            let follows = matches!(call.method, Method::GET | Method::HEAD);
            let next = reply.header("location").and_then(|location| within_host(&url, location));
            let Some(next) = next.filter(|_| follows) else { break };
            url = next;
        }
        Err(OutboundError::Redirected { host: host_of(&url) })
    }

    async fn attempt(&self, call: &Call, url: &str, carried: Option<DataClass>) -> Result<Reply, OutboundError> {
        let recorder = Arc::clone(&self.shared.settings.recorder);
        let mut attempt = Attempt::begin(recorder, &call.destination, &host_of(url), self.shared.outside.now());
        let answer = self.once(call, url, carried, &mut attempt).await;
        if let Err(error) = &answer {
            attempt.failed(error);
        }
        answer
    }

    /// ORDER: nothing is resolved before the list has been asked, nothing is connected to before the address is
    /// checked, nothing is sent before the certificate is.
    async fn once(
        &self,
        call: &Call,
        url: &str,
        carried: Option<DataClass>,
        attempt: &mut Attempt,
    ) -> Result<Reply, OutboundError> {
        let settings = &self.shared.settings;
        let destination = settings.destination(call)?;
        attempt.listed(destination);
        let (uri, host, port) = parse(url)?;
        if !destination.lists(&host, port) {
            return Err(OutboundError::NotItsHost { destination: call.destination.clone(), host: host_of(url) });
        }
        if carried.is_some_and(|carried| carried > destination.data) {
            return Err(OutboundError::TooSensitive(call.destination.clone()));
        }
        let request = request(call, &uri)?;
        let way = Way {
            host: &host,
            port,
            resolver: settings.resolver.as_ref(),
            tls: &self.shared.tls,
            danger_private_addresses: settings.danger_private_addresses,
        };
        let connected = timeout(settings.connect_time_max, connect(&way, attempt)).await;
        let too_slow = |_| OutboundError::TooSlow { host: host.clone(), phase: Phase::Connecting };
        let stream = connected.map_err(too_slow)??;
        attempt.sending(call.body.len());
        let bounds = Bounds {
            first_byte_time_max: settings.first_byte_time_max,
            reply_headers_max: settings.reply_headers_max,
            reply_bytes_max: call.reply_bytes_max,
        };
        exchange(&host, stream, request, &bounds, attempt).await
    }
}

/// Whether an answer of this status may be another one a moment later.
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// The address, its host in lower case and its port.
fn parse(url: &str) -> Result<(Uri, String, u16), OutboundError> {
    let malformed = OutboundError::Malformed;
    let uri: Uri = url.parse().map_err(|_| malformed("the address is not one"))?;
    if uri.scheme_str() != Some("https") {
        return Err(malformed("the address does not begin with https://"));
    }
    let authority = uri.authority().ok_or(malformed("the address has no host"))?;
    if authority.as_str().contains('@') {
        return Err(malformed("the address names a user"));
    }
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port_u16().unwrap_or(443);
    Ok((uri, host, port))
}

/// Host and port of an address, for people; never its path or query.
fn host_of(url: &str) -> String {
    match parse(url) {
        Ok((_, host, 443)) => host,
        Ok((_, host, port)) => format!("{host}:{port}"),
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

/// Where a redirect leads, if that is the same host and port over HTTPS.
fn within_host(from: &str, location: &str) -> Option<String> {
    let (_, host, port) = parse(from).ok()?;
    let absolute = match location.strip_prefix('/') {
        Some(rest) if !rest.starts_with(['/', '\\']) => format!("https://{host}:{port}{location}"),
        _ => location.to_owned(),
    };
    let (_, next_host, next_port) = parse(&absolute).ok()?;
    (next_host == host && next_port == port).then_some(absolute)
}

/// TLS 1.2 and 1.3 by aws-lc-rs, with forward secrecy and authenticated encryption only: the library has nothing else.
fn tls(settings: &Settings, outside: &Arc<dyn Outside>) -> Result<ClientConfig, OutboundError> {
    let unusable = |error: &dyn fmt::Display| OutboundError::Settings(error.to_string());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for pem in &settings.extra_roots_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(Clock(Arc::clone(outside))));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(|error| unusable(&error))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The house's clock, by which certificates begin and end.
struct Clock(Arc<dyn Outside>);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
