use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

use super::HeldRole;

/// A program's credential. Found by the digest of its token, which is shown once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.api-key",
    version = 1,
    words = "A program's credential: what it may do and until when.",
    subject = nobody,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "key.read",
    create = "key.create",
    revise = "key.update",
    retire = "key.retire"
)]
pub struct ApiKey {
    /// What it is for.
    #[field(sensitivity = Internal)]
    pub name: String,
    /// Who made it, after two factors.
    #[field(sensitivity = Internal)]
    pub owner: SubjectId,
    /// What it may do.
    #[field(sensitivity = Internal)]
    pub roles: Vec<HeldRole>,
    /// When it ends. Every key ends.
    #[field(sensitivity = Internal)]
    pub ends: Time,
}
