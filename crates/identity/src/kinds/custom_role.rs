use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

/// Before the id of an organisation's own role, where an account says what it holds.
const PREFIX: &str = "own.";

/// A role that an organisation made for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.role",
    version = 1,
    words = "A role that the organisation made for itself: what it is called and what it lets people do.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "role.read",
    create = "role.create",
    revise = "role.update",
    retire = "role.retire"
)]
pub struct CustomRole {
    /// What it is called.
    #[field(sensitivity = Internal)]
    pub title: String,
    /// What it is for.
    #[field(sensitivity = Internal)]
    pub words: String,
    /// The role of the house that it was made from.
    #[field(sensitivity = Internal)]
    pub template: String,
    /// What it permits, by name.
    #[field(sensitivity = Internal)]
    pub permissions: Vec<String>,
    /// The purposes it can be used for, by name; any if none is named.
    #[field(sensitivity = Internal)]
    pub purposes: Vec<String>,
}

impl CustomRole {
    /// How an account names the role of this id.
    pub fn held_as(id: RecordId) -> String {
        format!("{PREFIX}{id}")
    }

    /// The id in such a name.
    pub fn named(role: &str) -> Option<RecordId> {
        role.strip_prefix(PREFIX)?.parse().ok()
    }
}
