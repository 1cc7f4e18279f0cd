use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// The first factor was right; the second is still to come. Good for nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.ticket",
    version = 1,
    words = "The first factor was right and the second is still to come.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct Ticket {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// Wrong codes so far.
    #[field(sensitivity = Internal)]
    pub wrong: u32,
    /// The secret being enrolled, if the account has no second factor yet.
    #[field(sensitivity = Secret)]
    pub enrolling: Option<String>,
    /// When it ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
