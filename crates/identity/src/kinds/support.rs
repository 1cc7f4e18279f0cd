use model::{Kind, RecordId, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// An operator of the house asks to look into an organisation, which decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.support",
    version = 1,
    words = "A visit that an operator of the house asked for: why, how long, and what the organisation decided.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "support.read",
    create = "support.request",
    revise = "support.decide",
    retire = "support.decide"
)]
pub struct SupportGrant {
    /// The operator's account in the house's own tenant.
    #[field(sensitivity = Internal)]
    pub operator: SubjectId,
    /// What the operator is called.
    #[field(sensitivity = Identifying)]
    pub name: String,
    /// Why they ask.
    #[field(sensitivity = Internal)]
    pub reason: String,
    /// When they asked.
    #[field(sensitivity = Internal)]
    pub asked: Time,
    /// For how many hours from the decision on.
    #[field(sensitivity = Internal)]
    pub hours: i64,
    /// How it stands.
    #[field(sensitivity = Internal)]
    pub state: SupportState,
}

/// How a request for a visit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum SupportState {
    /// The organisation has not decided.
    Asked,
    /// The organisation lets them in.
    Approved {
        /// Who decided.
        by: SubjectId,
        /// When.
        at: Time,
        /// Until when.
        until: Time,
    },
    /// The organisation does not.
    Refused {
        /// Who decided.
        by: SubjectId,
        /// When.
        at: Time,
    },
    /// The organisation ended it early.
    Ended {
        /// Who decided.
        by: SubjectId,
        /// When.
        at: Time,
    },
}

/// An operator inside an organisation, for as long as its grant holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.visit",
    version = 1,
    words = "An operator of the house inside an organisation, by its grant.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "visit.keep",
    create = "visit.keep",
    revise = "visit.keep",
    retire = "visit.keep"
)]
pub struct Visit {
    /// The grant.
    #[field(sensitivity = Internal, refers = "identity.support")]
    pub grant: RecordId,
    /// The operator's account in the house's own tenant.
    #[field(sensitivity = Internal)]
    pub operator: SubjectId,
    /// When it ends at the latest.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}

/// How long a request may wait for the organisation, in seconds.
pub const ASKED_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;

impl SupportGrant {
    /// Until when the organisation lets the operator in, if it does at this moment.
    pub fn open_until(&self, now: Time) -> Option<Time> {
        match self.state {
            SupportState::Approved { at, until, .. } if at <= now && now < until => Some(until),
            _ => None,
        }
    }

    /// Whether the organisation can still decide.
    pub fn is_waiting(&self, now: Time) -> bool {
        self.state == SupportState::Asked && now < self.asked.plus_seconds(ASKED_SECONDS_MAX)
    }
}
