use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// A review of who holds what, by one person, one holding at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.review",
    version = 1,
    words = "An access review: every holding that was looked at, what was decided, by whom and after how long.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "review.read",
    create = "review.open",
    revise = "review.decide",
    retire = "review.open"
)]
pub struct Review {
    /// What it is called.
    #[field(sensitivity = Internal)]
    pub title: String,
    /// Who decides.
    #[field(sensitivity = Internal)]
    pub reviewer: SubjectId,
    /// Who asked for it.
    #[field(sensitivity = Internal)]
    pub opened_by: SubjectId,
    /// When.
    #[field(sensitivity = Internal)]
    pub opened: Time,
    /// By when it should be done.
    #[field(sensitivity = Internal)]
    pub due: Time,
    /// When the reviewer began to look.
    #[field(sensitivity = Internal)]
    pub begun: Option<Time>,
    /// How far back use was looked at.
    #[field(sensitivity = Internal)]
    pub used_since: Time,
    /// The holdings, one by one.
    #[field(sensitivity = Internal)]
    pub items: Vec<ReviewItem>,
}

/// One role that one person holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewItem {
    /// Who.
    pub account: SubjectId,
    /// The role's name.
    pub role: String,
    /// On one person's records only.
    pub about: Option<SubjectId>,
    /// From when.
    pub from: Option<Time>,
    /// Until when.
    pub until: Option<Time>,
    /// When they last did anything here, as far back as was looked.
    pub last_used: Option<Time>,
    /// What the role permits and they have not used.
    pub unused: Vec<String>,
    /// What was decided.
    pub decision: Option<ReviewDecision>,
}

/// What was decided about one holding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDecision {
    /// When.
    pub at: Time,
    /// Seconds since the decision before, or since the reviewer began: by the clock of the house.
    pub seconds: i64,
    /// What.
    pub verdict: ReviewVerdict,
}

/// What becomes of a holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum ReviewVerdict {
    /// It stays as it is.
    Keep,
    /// It stays until a day.
    Until {
        /// The moment it ends.
        until: Time,
    },
    /// It is taken away at once.
    Remove,
}

impl Review {
    /// How many holdings are decided.
    pub fn decided(&self) -> usize {
        self.items.iter().filter(|item| item.decision.is_some()).count()
    }

    /// Whether every holding is decided.
    pub fn is_done(&self) -> bool {
        self.decided() == self.items.len()
    }

    /// The middle of the times that the decisions took, in seconds.
    pub fn median_seconds(&self) -> Option<i64> {
        let mut all: Vec<i64> =
            self.items.iter().filter_map(|item| item.decision.as_ref()).map(|decision| decision.seconds).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// When the last decision was, or the beginning.
    pub fn last_step(&self) -> Option<Time> {
        let decided = self.items.iter().filter_map(|item| item.decision.as_ref()).map(|decision| decision.at);
        decided.max().or(self.begun)
    }
}
