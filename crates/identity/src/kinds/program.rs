use model::{Kind, RecordId, SubjectId, Time};
use serde::{Deserialize, Serialize};

use crate::rules::jwk::PublicKey;
use crate::rules::network::Network;

/// A program that proves who it is with a private key of its own and gets tokens that last minutes (SMART Backend
/// Services).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.program",
    version = 1,
    words = "A program with a key pair of its own: what it may ask tokens for, and its public keys.",
    subject = nobody,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "key.read",
    create = "key.create",
    revise = "key.update",
    retire = "key.retire"
)]
pub struct Program {
    /// What it is for.
    #[field(sensitivity = Internal)]
    pub name: String,
    /// Who answers for it, and whose rights bound it at each request.
    #[field(sensitivity = Internal)]
    pub owner: SubjectId,
    /// What it may ask for.
    #[field(sensitivity = Internal)]
    pub permissions: Vec<String>,
    /// Where it may be used from; nowhere in particular if the list is empty.
    #[field(sensitivity = Internal)]
    pub networks: Vec<Network>,
    /// Its public keys.
    #[field(sensitivity = Internal)]
    pub keys: Vec<PublicKey>,
    /// When it ends. Every program's registration ends.
    #[field(sensitivity = Internal)]
    pub ends: Time,
}

/// A program proved who it is and may act for some minutes. Found by the digest of its token, which is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.access-token",
    version = 1,
    words = "A program proved who it is with its key pair and may act for some minutes.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct AccessToken {
    /// The program.
    #[field(sensitivity = Internal, refers = "identity.program")]
    pub program: RecordId,
    /// What it asked for and was given.
    #[field(sensitivity = Internal)]
    pub permissions: Vec<String>,
    /// When it ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}

/// An assertion that was used. Found by a digest of the program and the assertion's own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.used-assertion",
    version = 1,
    words = "That a program's signed assertion was used, so that it is not used again.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct UsedAssertion {
    /// When it would have ended by itself.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
