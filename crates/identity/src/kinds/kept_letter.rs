use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// A letter that was kept in the outbox instead of sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.letter",
    version = 1,
    words = "A letter that was kept in the outbox of a demo house instead of sent.",
    subject = field(addressee),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "letter.read",
    create = "letter.keep",
    revise = "letter.keep",
    retire = "letter.keep"
)]
pub struct KeptLetter {
    /// To whom it is written; each letter's own, since an address need not have an account.
    #[field(sensitivity = Internal)]
    pub addressee: SubjectId,
    /// The address.
    #[field(sensitivity = Identifying, search = Exact)]
    pub to: String,
    /// What it is about, by name.
    #[field(sensitivity = Internal)]
    pub about: String,
    /// Its subject line.
    #[field(sensitivity = Secret)]
    pub subject: String,
    /// Its plain text, which may hold a code or a link.
    #[field(sensitivity = Secret)]
    pub text: String,
    /// The same as HTML.
    #[field(sensitivity = Secret)]
    pub html: String,
    /// Until when it is kept.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
