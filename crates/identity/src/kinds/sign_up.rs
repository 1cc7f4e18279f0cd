use model::{Kind, RecordId, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// Somebody is signing up and has no account yet. Found by the digest of the ticket that their browser holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.sign-up",
    version = 1,
    words = "Somebody is signing up: their address, whether it is proven, and a digest of the code that proves it.",
    subject = field(person),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "sign-up.keep",
    create = "sign-up.keep",
    revise = "sign-up.keep",
    retire = "sign-up.keep"
)]
pub struct SignUp {
    /// Whoever it is; their account will have this id.
    #[field(sensitivity = Internal)]
    pub person: SubjectId,
    /// The address to be proven.
    #[field(sensitivity = Identifying)]
    pub email: String,
    /// How they are called.
    #[field(sensitivity = Identifying)]
    pub name: String,
    /// The role they ask for, where one is asked for.
    #[field(sensitivity = Internal)]
    pub asked: Option<String>,
    /// The one-time code: a keyed digest of it and its limits.
    #[field(sensitivity = Secret)]
    pub code: MailedCode,
    /// When the address was proven.
    #[field(sensitivity = Internal)]
    pub proven: Option<Time>,
    /// When it all ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}

/// A one-time code on its way by mail: never the code itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedCode {
    /// The keyed digest; none if no code was sent or the code was used.
    pub digest: Option<RecordId>,
    /// When it ends.
    pub ends: Time,
    /// Wrong tries of this code.
    pub wrong: u32,
    /// How often one was sent.
    pub sends: u32,
    /// When the last one was.
    pub sent: Time,
}
