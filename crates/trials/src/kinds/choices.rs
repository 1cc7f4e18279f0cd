use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

use super::Deed;

/// What the organisation has decided about words of protocols, for all its studies. One record per organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "trials.choices",
    version = 1,
    words = "What activities collect, as the organisation decided once for all its studies.",
    subject = nobody,
    purpose = TrialDesign,
    retention = Organisation,
    history = EveryVersion,
    read = "study.read",
    create = "choice.keep",
    revise = "choice.keep",
    retire = "choice.keep"
)]
pub struct OrganisationChoices {
    /// The choices, the latest last.
    #[field(sensitivity = Identifying)]
    pub choices: Vec<KeptChoice>,
}

/// One remembered choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptChoice {
    /// The words of an activity; case and punctuation do not matter.
    pub label: String,
    /// Domain of the tabulation, empty when nothing is collected.
    pub domain: String,
    /// Short name of the test, for findings.
    pub testcd: String,
    /// Category or milestone.
    pub detail: String,
    /// Why.
    pub reason: String,
    /// By whom and when.
    pub deed: Deed,
}

impl OrganisationChoices {
    /// The one record's id.
    pub const ID: RecordId = RecordId::from_bytes(*b"trials-choices\0\0");
}
