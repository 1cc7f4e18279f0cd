use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// What one attempt contained. It has the id of its attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "watch.content",
    version = 1,
    words = "What an attempt contained, without credentials: it can be somebody's health data.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "attack.open",
    create = "attack.note",
    revise = "attack.note",
    retire = "attack.clear"
)]
pub struct Content {
    /// When this record ends; sooner than its attempt.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
    /// The pieces that rules matched.
    #[field(sensitivity = Health)]
    pub shown: Vec<Shown>,
    /// The request, to be judged again by other rules.
    #[field(sensitivity = Health)]
    pub kept: Kept,
}

/// A piece that a rule matched.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The rule.
    pub rule: u32,
    /// The place, such as `ARGS:note`.
    pub place: String,
    /// What stood there, at most 96 bytes of it.
    pub text: String,
}

/// A request without its credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The method.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// The protocol.
    pub version: String,
    /// Names and values in order, values in base64.
    pub headers: Vec<(String, String)>,
    /// The body in base64.
    pub body: String,
    /// Whether all of it is here.
    pub whole: bool,
}
