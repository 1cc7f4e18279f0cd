use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// A bot challenge that was used, so that it is not used again on any node. Found by a keyed digest of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.spent-challenge",
    version = 1,
    words = "A bot challenge that was used, kept until it would have ended.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "sign-up.keep",
    create = "sign-up.keep",
    revise = "sign-up.keep",
    retire = "sign-up.keep"
)]
pub struct SpentChallenge {
    /// When it would have ended.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
