use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// Somebody gave themselves a right for a short time because it could not wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.emergency",
    version = 1,
    words = "Emergency access: who took it, why and until when, and what somebody else found afterwards.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "emergency.read",
    create = "emergency.use",
    revise = "emergency.review",
    retire = "emergency.review"
)]
pub struct Emergency {
    /// Who took it.
    #[field(sensitivity = Internal)]
    pub by: SubjectId,
    /// The role that they had for the time.
    #[field(sensitivity = Internal)]
    pub role: String,
    /// Why it could not wait.
    #[field(sensitivity = Internal)]
    pub reason: String,
    /// From when.
    #[field(sensitivity = Internal)]
    pub from: Time,
    /// Until when.
    #[field(sensitivity = Internal)]
    pub until: Time,
    /// What somebody else found afterwards.
    #[field(sensitivity = Internal)]
    pub review: Option<EmergencyReview>,
}

/// What somebody else found after an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyReview {
    /// Who looked at it.
    pub by: SubjectId,
    /// When.
    pub at: Time,
    /// Whether it was right to take it.
    pub justified: bool,
    /// What they found.
    pub words: String,
}

/// How long after it began an emergency may wait to be looked at, in seconds.
pub const REVIEW_SECONDS_MAX: i64 = 24 * 60 * 60;

impl Emergency {
    /// Whether nobody has looked at it although they should have.
    pub fn is_overdue(&self, now: Time) -> bool {
        self.review.is_none() && self.from.plus_seconds(REVIEW_SECONDS_MAX) <= now
    }
}
