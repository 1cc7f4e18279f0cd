use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

use super::Deed;

/// Somebody approved artefacts of a study. It holds for these bytes, in whichever build they come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "trials.approval",
    version = 1,
    words = "An approval of artefacts of a study, by digest: who, when and in which words.",
    subject = nobody,
    purpose = TrialDesign,
    retention = Organisation,
    history = EveryVersion,
    read = "study.read",
    create = "build.approve",
    revise = "build.approve",
    retire = "study.retire"
)]
pub struct Approval {
    /// The study.
    #[field(sensitivity = Internal, search = Exact, refers = "trials.study")]
    pub study: RecordId,
    /// The build that was looked at.
    #[field(sensitivity = Internal, refers = "trials.build")]
    pub build: RecordId,
    /// What was approved.
    #[field(sensitivity = Internal)]
    pub artefacts: Vec<Approved>,
    /// By whom and when.
    #[field(sensitivity = Identifying)]
    pub deed: Deed,
    /// What the approver said, or nothing.
    #[field(sensitivity = Internal)]
    pub words: String,
    /// The electronic signature, once the house has signatures.
    #[field(sensitivity = Identifying)]
    pub signature: Option<Signature>,
}

/// An artefact as it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Its path within the build.
    pub name: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
}

/// An electronic signature: what it means (21 CFR 11.50) and the record that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Its meaning, such as approval.
    pub meaning: String,
    /// The signature's own record.
    pub record: RecordId,
}
