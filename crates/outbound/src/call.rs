use std::fmt;
use std::time::Duration;

use http::Method;

/// What is asked of another machine.
#[derive(Clone)]
pub struct Call {
    /// The destination's name on the list of allowed ones.
    pub destination: String,
    /// The method.
    pub method: Method,
    /// The whole address: `https://host[:port]/path?query`, the host in ASCII.
    pub url: String,
    /// Headers beside those that the client sets itself.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long the whole call may take, with every try, pause and redirect.
    pub patience: Duration,
    /// The longest body of an answer, in bytes; a longer one is an error, never cut.
    pub reply_bytes_max: usize,
    /// How often it is tried at most. A second try happens only for an idempotent method (RFC 9110 §9.2.2) or with an
    /// `idempotency-key` or `webhook-id` header, and only after a failure that may pass.
    pub tries: u8,
}

/// What the other machine answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// A call without headers or body: 10 seconds, 1 MiB, one try.
    pub fn new(destination: impl Into<String>, method: Method, url: impl Into<String>) -> Self {
        Self {
            destination: destination.into(),
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            patience: Duration::from_secs(10),
            reply_bytes_max: 1 << 20,
            tries: 1,
        }
    }

    /// A `GET`.
    pub fn get(destination: impl Into<String>, url: impl Into<String>) -> Self {
        Self::new(destination, Method::GET, url)
    }

    /// A `POST` with a body.
    pub fn post(
        destination: impl Into<String>,
        url: impl Into<String>,
        media_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let call = Self::new(destination, Method::POST, url).header("content-type", media_type);
        Self { body: body.into(), ..call }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The same with another patience.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same with so many tries.
    #[must_use]
    pub fn tries(self, tries: u8) -> Self {
        Self { tries, ..self }
    }

    /// Whether doing it twice does no more than doing it once.
    pub(crate) fn may_be_repeated(&self) -> bool {
        let keyed = |(name, _): &(String, String)| {
            name.eq_ignore_ascii_case("idempotency-key") || name.eq_ignore_ascii_case("webhook-id")
        };
        self.method.is_idempotent() || self.headers.iter().any(keyed)
    }
}

impl Reply {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a success (2xx).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Headers carry tokens and bodies carry data, so neither is ever shown.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("destination", &self.destination)
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
