use crate::probe::Trouble;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The longest an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer under way.
pub type Replying<'a> = Pin<Box<dyn Future<Output = Result<Reply, Trouble>> + Send + 'a>>;

/// The way to a house. Tests put a house in its place whose controls are broken.
pub trait Wire: Send + Sync {
    /// Sends a request and waits for the answer. Redirects are answers.
    fn call(&self, call: Call) -> Replying<'_>;

    /// Where the house listens, for what is below HTTP.
    fn socket(&self) -> Result<SocketAddr, Trouble>;
}

/// The way to a running house over TLS, trusting its certificate and no other.
pub struct Https {
    base: String,
    client: reqwest::Client,
}

impl Https {
    /// The way to `base`, whose certificate leads to one in `certificate_pem`.
    pub fn new(base: &str, certificate_pem: &[u8]) -> Result<Self, Trouble> {
        let trouble = |error: &dyn std::fmt::Display| Trouble::new(format!("cannot use the certificate: {error}"));
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(certificate_pem) {
            let certificate = certificate.map_err(|error| trouble(&error))?;
            roots.add(certificate).map_err(|error| trouble(&error))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| trouble(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(config)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(true)
            .timeout(ANSWER_TIME_MAX)
            .pool_idle_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| trouble(&error))?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), client })
    }

    async fn send(&self, call: Call) -> Result<Reply, Trouble> {
        let Call { method, path, headers, body } = call;
        let told = format!("{method} {}", path.split('?').next().unwrap_or_default());
        let trouble = |error: reqwest::Error| Trouble::new(format!("{told}: {}", chain(&error)));
        let method = reqwest::Method::from_bytes(method.as_bytes())
            .map_err(|_| Trouble::new(format!("{method} is no method")))?;
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(trouble)?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(trouble)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(Trouble::new(format!("{told}: the answer is too long")));
            }
        }
        Ok(Reply { status, headers, body })
    }
}

/// An error with its causes.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        words.push_str(&format!(": {deeper}"));
        cause = deeper.source();
    }
    words
}

impl Wire for Https {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(self.send(call))
    }

    fn socket(&self) -> Result<SocketAddr, Trouble> {
        let unusable = || Trouble::new("the house's address has no socket");
        let url = reqwest::Url::parse(&self.base).map_err(|_| unusable())?;
        url.socket_addrs(|| None).ok().and_then(|found| found.first().copied()).ok_or_else(unusable)
    }
}

impl Call {
    /// A request without a body.
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self { method: method.to_owned(), path: path.into(), ..Self::default() }
    }

    /// A `GET`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// The same with a body.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// The same with the fields of a form.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        self.body("application/x-www-form-urlencoded", pairs.join("&"))
    }
}

impl Reply {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every header of a name in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are none are replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Trouble> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Whether the house let the asker in: a success, or a redirect to anywhere but the sign-in page.
    pub fn let_in(&self) -> bool {
        match self.status {
            200..=299 | 304 => true,
            300..=399 => !self.header("location").unwrap_or_default().starts_with("/sign-in"),
            _ => false,
        }
    }

    /// Whether the body has these bytes.
    pub fn holds(&self, words: &str) -> bool {
        !words.is_empty() && self.body.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
    }

    /// The reply, if it is a success.
    pub fn good(self, doing: &str) -> Result<Self, Trouble> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(Trouble::new(format!("{doing}: the house answered {}", self.status)))
        }
    }
}

/// Text as it stands in an address or a form.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
