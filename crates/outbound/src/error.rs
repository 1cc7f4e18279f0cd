use std::fmt;
use std::net::IpAddr;

/// Why a call was refused or came to nothing. Never quotes headers, bodies or queries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The settings cannot be used.
    #[error("the settings of outbound calls cannot be used: {0}")]
    Settings(String),
    /// No destination has this name.
    #[error("{0} is not a destination that this house may call")]
    NotListed(String),
    /// The destination does not list the host and port.
    #[error("{host} is not a host of the destination {destination}")]
    NotItsHost {
        /// The destination.
        destination: String,
        /// Host and port of the address.
        host: String,
    },
    /// The data is more sensitive than the destination may have.
    #[error("data of this class may not go to the destination {0}")]
    TooSensitive(String),
    /// The call cannot be made as it stands.
    #[error("the call cannot be made: {0}")]
    Malformed(&'static str),
    /// The host has no address, or its name server does not answer.
    #[error("{host} could not be resolved: {cause}")]
    Unresolved {
        /// The host.
        host: String,
        /// What the system said.
        cause: String,
    },
    /// The host leads to an address that is never connected to.
    #[error("{host} leads to {address}, which is not public: {why}")]
    ForbiddenAddress {
        /// The host.
        host: String,
        /// The address.
        address: IpAddr,
        /// Why.
        why: &'static str,
    },
    /// No connection could be made.
    #[error("{host} could not be reached: {cause}")]
    Unreachable {
        /// The host.
        host: String,
        /// What the system said.
        cause: String,
    },
    /// No agreement on TLS, or the certificate is not good.
    #[error("{host} cannot be trusted: {cause}")]
    Untrusted {
        /// The host.
        host: String,
        /// What is wrong.
        cause: String,
    },
    /// It answered with a redirect that is not followed.
    #[error("{host} redirects to somewhere that is not followed")]
    Redirected {
        /// The host that answered.
        host: String,
    },
    /// It answered in an encoding that was not asked for.
    #[error("{host} answered with a compressed body, which was not asked for")]
    Compressed {
        /// The host.
        host: String,
    },
    /// The answer is longer than it may be.
    #[error("{host} answered with more than {bytes_max} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        bytes_max: usize,
    },
    /// It took longer than it may.
    #[error("{host} took too long: {phase}")]
    TooSlow {
        /// The host.
        host: String,
        /// Doing what.
        phase: Phase,
    },
    /// The connection broke, or what came over it is not HTTP.
    #[error("the conversation with {host} broke: {cause}")]
    Broken {
        /// The host.
        host: String,
        /// What is wrong.
        cause: String,
    },
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Resolving and connecting, TLS included.
    Connecting,
    /// The first byte of the answer.
    FirstByte,
    /// Everything together.
    Whole,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::FirstByte => "the first byte of the answer",
            Self::Whole => "the whole call",
        })
    }
}

impl OutboundError {
    /// Whether the same call may go well a moment later.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unresolved { .. }
                | Self::Unreachable { .. }
                | Self::Broken { .. }
                | Self::TooSlow { phase: Phase::Connecting | Phase::FirstByte, .. }
        )
    }
}
