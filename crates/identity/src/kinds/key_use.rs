use model::{Kind, RecordId, Time};
use serde::{Deserialize, Serialize};

/// When a key was last used. Apart from the key, so that using one does not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.key-use",
    version = 1,
    words = "When and from where a program's key was last used, to the hour.",
    subject = nobody,
    purpose = Security,
    retention = Account,
    history = LatestOnly,
    read = "key.read",
    create = "key-use.keep",
    revise = "key-use.keep",
    retire = "key-use.keep"
)]
pub struct KeyUse {
    /// The key.
    #[field(sensitivity = Internal, refers = "identity.api-key")]
    pub key: RecordId,
    /// When, at most an hour before the last use.
    #[field(sensitivity = Internal)]
    pub last: Time,
    /// The address it was used from, if one was known.
    #[field(sensitivity = Identifying)]
    pub from: Option<String>,
}
