use model::Kind;
use serde::{Deserialize, Serialize};

use super::Deed;

/// What people decided about the repairs and readings that builds of a study propose. Has the id of its study.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "trials.decisions",
    version = 1,
    words = "What people decided about what the builds of a study propose, with reason and name.",
    subject = nobody,
    purpose = TrialDesign,
    retention = Organisation,
    history = EveryVersion,
    read = "study.read",
    create = "finding.decide",
    revise = "finding.decide",
    retire = "study.retire"
)]
pub struct Decisions {
    /// Every decision, the latest last; a later one about the same thing replaces an earlier one.
    #[field(sensitivity = Identifying)]
    pub decisions: Vec<Decision>,
}

/// One decision about one proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Digest of the place, the value before and the value after: another value is another proposal.
    pub key: String,
    /// Where in the protocol.
    pub path: String,
    /// What stood there.
    pub before: String,
    /// What was proposed.
    pub after: String,
    /// What was decided.
    pub decided: Decided,
    /// Why; required to reject.
    pub reason: String,
    /// By whom and when.
    pub deed: Deed,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decided {
    /// The proposed value is right.
    Accepted,
    /// It is not; the study is not released while the build still uses it.
    Rejected,
}
