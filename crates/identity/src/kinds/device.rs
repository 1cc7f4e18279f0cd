use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// A browser from which somebody signed in before. Found by the digest of its token, which is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.device",
    version = 1,
    words = "A browser from which somebody signed in before. It opens nothing; it lets its owner in while others make the door wait.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct Device {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account", search = Exact)]
    pub account: SubjectId,
    /// When somebody first signed in from it.
    #[field(sensitivity = Internal)]
    pub since: Time,
    /// Wrong attempts from it since the last right one.
    #[field(sensitivity = Internal)]
    pub wrong: u32,
    /// When the last wrong attempt was.
    #[field(sensitivity = Internal)]
    pub wrong_at: Option<Time>,
    /// When it is forgotten.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
