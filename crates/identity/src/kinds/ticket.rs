use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The first factor was right; the second is still to come. Good for nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.ticket",
    version = 2,
    words = "The first factor was right and the second is still to come.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep",
    upgrade(1 = nothing_shown)
)]
pub struct Ticket {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// Wrong codes so far.
    #[field(sensitivity = Internal)]
    pub wrong: u32,
    /// The secret being enrolled, if the account has no second factor yet.
    #[field(sensitivity = Secret)]
    pub enrolling: Option<String>,
    /// What was shown already (RFC 8176 names), where only a new password is still to come.
    #[field(sensitivity = Internal)]
    pub shown: Vec<String>,
    /// When it ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}

/// Shape 1 ended with the second factor.
fn nothing_shown(mut body: Value) -> Result<Value, &'static str> {
    body.as_object_mut().ok_or("a ticket is an object")?.insert("shown".to_owned(), json!([]));
    Ok(body)
}
