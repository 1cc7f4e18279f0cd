use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

use super::Deed;

/// One build of a study: what it was made from and every artefact by name and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "trials.build",
    version = 1,
    words = "One build of a study: what it was made from, by whom, and its artefacts by name and digest.",
    subject = nobody,
    purpose = TrialDesign,
    retention = Organisation,
    history = EveryVersion,
    read = "study.read",
    create = "build.order",
    revise = "build.order",
    retire = "study.retire"
)]
pub struct Build {
    /// The study.
    #[field(sensitivity = Internal, search = Exact, refers = "trials.study")]
    pub study: RecordId,
    /// Its number within the study, from 1.
    #[field(sensitivity = Internal)]
    pub number: u64,
    /// The version of the protocol.
    #[field(sensitivity = Internal)]
    pub protocol_version: u64,
    /// By whom and when.
    #[field(sensitivity = Identifying)]
    pub ordered: Deed,
    /// How long the generator took, in milliseconds.
    #[field(sensitivity = Internal)]
    pub took_millis: u64,
    /// Findings by severity: blockers, errors, warnings, notes.
    #[field(sensitivity = Internal)]
    pub findings: [usize; 4],
    /// What keeps the study from release, in words. Empty means that this build can be released once it is approved.
    #[field(sensitivity = Internal)]
    pub blocked_by: Vec<String>,
    /// Every artefact.
    #[field(sensitivity = Internal)]
    pub artefacts: Vec<Artefact>,
}

/// One artefact of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// Its path within the build.
    pub name: String,
    /// Media type.
    pub media: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The records that hold the bytes, in order.
    pub pieces: Vec<RecordId>,
}
