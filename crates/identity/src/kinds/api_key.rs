use model::{Kind, RecordId, SubjectId, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HeldRole;
use crate::rules::network::Network;

/// A program's credential. Found by the digest of its token, which is shown once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.api-key",
    version = 2,
    words = "A program's credential: what it may do, from where, and until when.",
    subject = nobody,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "key.read",
    create = "key.create",
    revise = "key.update",
    retire = "key.retire",
    upgrade(1 = keys_were_the_houses_own)
)]
pub struct ApiKey {
    /// What it is for.
    #[field(sensitivity = Internal)]
    pub name: String,
    /// The last characters of its token, by which people tell keys apart. They are its checksum and open nothing.
    #[field(sensitivity = Internal)]
    pub hint: String,
    /// Who answers for it.
    #[field(sensitivity = Internal)]
    pub owner: SubjectId,
    /// What bounds what it may do, beside its own list.
    #[field(sensitivity = Internal)]
    pub bound: Bound,
    /// What it may do, as roles.
    #[field(sensitivity = Internal)]
    pub roles: Vec<HeldRole>,
    /// What it may do, as single permissions.
    #[field(sensitivity = Internal)]
    pub permissions: Vec<String>,
    /// Where it may be used from; nowhere in particular if the list is empty.
    #[field(sensitivity = Internal)]
    pub networks: Vec<Network>,
    /// When it ends. Every key ends.
    #[field(sensitivity = Internal)]
    pub ends: Time,
    /// The key that took its place, if one did.
    #[field(sensitivity = Internal, refers = "identity.api-key")]
    pub successor: Option<RecordId>,
}

/// Whose rights bound a key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Its owner's, as they are at each request: who loses a right takes it from the key.
    Owner,
    /// Its own list alone: the house made it for itself at set-up, where nobody has an account yet.
    House,
}

/// Before shape 2 only set-up made keys.
fn keys_were_the_houses_own(mut key: Value) -> Result<Value, &'static str> {
    let fields = key.as_object_mut().ok_or("a key is an object")?;
    for (name, value) in [
        ("hint", Value::from("")),
        ("bound", Value::from("house")),
        ("permissions", Value::Array(Vec::new())),
        ("networks", Value::Array(Vec::new())),
        ("successor", Value::Null),
    ] {
        fields.insert(name.to_owned(), value);
    }
    Ok(key)
}
