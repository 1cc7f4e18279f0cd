use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

/// How people come to have an account here. One record per organisation; without it nobody can sign up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.sign-up-policy",
    version = 1,
    words = "How people come to have an account in the organisation.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "sign-up.read",
    create = "sign-up.set",
    revise = "sign-up.set",
    retire = "sign-up.set"
)]
pub struct SignUpPolicy {
    /// Who may sign up.
    #[field(sensitivity = Internal)]
    pub mode: SignUpMode,
    /// The short name in the address of the sign-up page, such as `brightwater`.
    #[field(sensitivity = Public)]
    pub place: String,
    /// The domains whose addresses join at once, in that mode: lower case, without `@`.
    #[field(sensitivity = Internal)]
    pub domains: Vec<String>,
    /// The roles that somebody who asks for access may ask for.
    #[field(sensitivity = Internal)]
    pub offered: Vec<String>,
}

/// Who may sign up, from nobody to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignUpMode {
    /// Nobody.
    Closed,
    /// Whoever was invited.
    Invite,
    /// Whoever asks, once somebody else has approved.
    Approval,
    /// Whoever proves an address in one of the organisation's domains.
    VerifiedDomain,
    /// Whoever proves an address.
    Open,
}

impl SignUpPolicy {
    /// The one record's id.
    pub const ID: RecordId = RecordId::from_bytes(*b"sign-up-policy\0\0");

    /// Nobody can sign up: how every organisation begins.
    pub fn closed() -> Self {
        Self { mode: SignUpMode::Closed, place: String::new(), domains: Vec::new(), offered: Vec::new() }
    }
}
