use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// What the door remembers about an account between sign-ins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.sign-in-state",
    version = 1,
    words = "Wrong attempts since the last right one, and the last one-time code that was used.",
    subject = field(account),
    purpose = Security,
    retention = Account,
    history = LatestOnly,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct SignInState {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// Wrong attempts since the last right one.
    #[field(sensitivity = Internal)]
    pub wrong: u32,
    /// When the last wrong attempt was.
    #[field(sensitivity = Internal)]
    pub wrong_at: Option<Time>,
    /// The time step of the last code that was accepted; it and older ones are not accepted again (RFC 6238 §5.2).
    #[field(sensitivity = Internal)]
    pub code_step: u64,
}
