use model::{Kind, RecordId, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// A change that nobody makes alone: proposed by one person, to be agreed to by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.proposal",
    version = 1,
    words = "A change that takes two people: what was proposed, by whom and why, and how it was decided.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "approval.read",
    create = "approval.create",
    revise = "approval.decide",
    retire = "approval.decide"
)]
pub struct Proposal {
    /// The class of change.
    #[field(sensitivity = Internal)]
    pub class: String,
    /// What exactly is to be changed, as the class writes it: ids, roles and moments, no names.
    #[field(sensitivity = Internal)]
    pub change: String,
    /// Who proposed it.
    #[field(sensitivity = Internal)]
    pub by: SubjectId,
    /// When.
    #[field(sensitivity = Internal)]
    pub at: Time,
    /// Why.
    #[field(sensitivity = Internal)]
    pub reason: String,
    /// When it can no longer be agreed to.
    #[field(sensitivity = Internal)]
    pub expires: Time,
    /// How it stands.
    #[field(sensitivity = Internal)]
    pub state: ProposalState,
}

/// How a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum ProposalState {
    /// Nobody has decided yet.
    Open,
    /// Somebody else agreed, and it was done in the same moment.
    Done {
        /// Who.
        by: SubjectId,
        /// When.
        at: Time,
    },
    /// It was done by its proposer alone, in an emergency on record.
    DoneAlone {
        /// The emergency.
        emergency: RecordId,
        /// When.
        at: Time,
    },
    /// Somebody declined.
    Declined {
        /// Who.
        by: SubjectId,
        /// When.
        at: Time,
        /// Why.
        reason: String,
    },
    /// Its proposer took it back.
    Withdrawn {
        /// When.
        at: Time,
    },
}

impl Proposal {
    /// Whether it can still be decided.
    pub fn is_open(&self, now: Time) -> bool {
        self.state == ProposalState::Open && now < self.expires
    }
}
