use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// How somebody came to have an account, or asks for one. It stays as the evidence of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.access-request",
    version = 1,
    words = "How somebody came to have an account, or asks for one: who, by which way, and who decided why.",
    subject = field(person),
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "request.read",
    create = "sign-up.keep",
    revise = "request.decide",
    retire = "sign-up.keep"
)]
pub struct AccessRequest {
    /// Who; the account has the same id.
    #[field(sensitivity = Internal)]
    pub person: SubjectId,
    /// Their address, proven by a one-time code.
    #[field(sensitivity = Identifying)]
    pub email: String,
    /// How they are called.
    #[field(sensitivity = Identifying)]
    pub name: String,
    /// The role they ask for, or got.
    #[field(sensitivity = Internal)]
    pub role: String,
    /// By which way.
    #[field(sensitivity = Internal)]
    pub way: Way,
    /// Argon2id verifier of the password they chose, until the request is answered.
    #[field(sensitivity = Secret)]
    pub verifier: Option<String>,
    /// When they asked.
    #[field(sensitivity = Internal)]
    pub since: Time,
    /// Until when it may be answered.
    #[field(sensitivity = Internal)]
    pub answer_by: Time,
    /// What became of it.
    #[field(sensitivity = Internal)]
    pub decision: Option<Decision>,
}

/// By which way somebody joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Asked, and somebody else decides.
    Approval,
    /// Was invited by a member.
    Invitation {
        /// By whom.
        by: SubjectId,
    },
    /// Proved an address in one of the organisation's domains.
    VerifiedDomain,
    /// Proved an address, and the organisation is open to everybody.
    Open,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Accepted or declined.
    pub outcome: Outcome,
    /// Who decided; none where the organisation's policy did.
    pub by: Option<SubjectId>,
    /// When.
    pub at: Time,
    /// Why, in the words of whoever decided.
    pub reason: String,
}

/// Accepted or declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There is an account.
    Accepted,
    /// There is none.
    Declined,
}

/// Never the verifier.
impl std::fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessRequest").field("person", &self.person).field("way", &self.way).finish_non_exhaustive()
    }
}
