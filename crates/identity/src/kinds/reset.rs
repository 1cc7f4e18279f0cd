use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// Somebody may choose a new password, once. Found by the digest of the token in the letter, which is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.reset",
    version = 1,
    words = "Somebody may choose a new password, once and within half an hour.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct Reset {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// When it ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
