use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// Somebody signed in with two factors. Found by the digest of its token, which is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.session",
    version = 1,
    words = "Somebody signed in with two factors, until idle too long, too old, or signed out.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep"
)]
pub struct Session {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// When both factors had been shown.
    #[field(sensitivity = Internal)]
    pub since: Time,
    /// When it was last known to be used; written at most twice in an idle limit.
    #[field(sensitivity = Internal)]
    pub seen: Time,
    /// How long it may be idle, in seconds, as the policy was when it began.
    #[field(sensitivity = Internal)]
    pub idle_seconds_max: i64,
    /// When it ends however busy.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
    /// The factors that were shown (RFC 8176 names).
    #[field(sensitivity = Internal)]
    pub factors: Vec<String>,
}

impl Session {
    /// When it ends if it is not used any more.
    pub fn over_from(&self) -> Time {
        self.ends.min(self.seen.plus_seconds(self.idle_seconds_max))
    }

    /// Whether it has ended: too old, or idle too long.
    pub fn is_over(&self, now: Time) -> bool {
        self.over_from() <= now
    }
}
