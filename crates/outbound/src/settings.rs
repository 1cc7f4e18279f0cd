use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::connect::{Resolve, SystemResolver};
use crate::error::OutboundError;
use crate::record::{Recorder, Tally};
use crate::{Call, DataClass};

/// Somebody whom the house may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its name, such as `mail`. Calls name it, and so does the record of what went out.
    pub name: String,
    /// Its hosts in ASCII and lower case, `api.example.org` or `api.example.org:8443`; without a port it is 443.
    pub hosts: Vec<String>,
    /// The most sensitive class of data that may go there.
    pub data: DataClass,
}

/// How the client is set up.
#[derive(Clone)]
pub struct Settings {
    /// Who may be asked. Nobody else is.
    pub destinations: Vec<Destination>,
    /// Certificates of authorities to trust beside the public ones, each in PEM.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Also connect to this machine and to private networks. For tests and the demo house only.
    pub danger_private_addresses: bool,
    /// The longest time to resolve, connect and agree on TLS.
    pub connect_time_max: Duration,
    /// The longest wait from the request's last byte to the answer's first.
    pub first_byte_time_max: Duration,
    /// The most headers in an answer.
    pub reply_headers_max: usize,
    /// Who is told of every attempt.
    pub recorder: Arc<dyn Recorder>,
    /// Who turns names into addresses.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for Settings {
    /// No destination at all; 5 s to connect, 30 s to the first byte, 64 headers.
    fn default() -> Self {
        Self {
            destinations: Vec::new(),
            extra_roots_pem: Vec::new(),
            danger_private_addresses: false,
            connect_time_max: Duration::from_secs(5),
            first_byte_time_max: Duration::from_secs(30),
            reply_headers_max: 64,
            recorder: Arc::new(Tally::default()),
            resolver: Arc::new(SystemResolver),
        }
    }
}

impl Settings {
    /// The destination that a call names.
    pub(crate) fn destination(&self, call: &Call) -> Result<&Destination, OutboundError> {
        let found = self.destinations.iter().find(|one| one.name == call.destination);
        found.ok_or_else(|| OutboundError::NotListed(call.destination.clone()))
    }
}

impl Destination {
    /// Whether it lists a host, in lower case, and a port.
    pub(crate) fn lists(&self, host: &str, port: u16) -> bool {
        self.hosts.iter().any(|listed| *listed == format!("{host}:{port}") || port == 443 && listed == host)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("destinations", &self.destinations).finish_non_exhaustive()
    }
}
