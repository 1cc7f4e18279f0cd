use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};

use super::Deed;

/// A study: what lists and the overview show of it. Its protocol is a document with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "trials.study",
    version = 1,
    words = "A study that is being designed: its names, the present version of its protocol and who changed it last.",
    subject = nobody,
    purpose = TrialDesign,
    retention = Organisation,
    history = LatestOnly,
    read = "study.read",
    create = "study.create",
    revise = "study.update",
    retire = "study.retire"
)]
pub struct Study {
    /// What the sponsor calls it.
    #[field(sensitivity = Internal, search = Words)]
    pub identifier: String,
    /// The official title, or the name where there is none.
    #[field(sensitivity = Internal, search = Words)]
    pub title: String,
    /// Who made or changed it last.
    #[field(sensitivity = Identifying)]
    pub changed: Deed,
    /// The version of its protocol that these facts are about.
    #[field(sensitivity = Internal)]
    pub protocol_version: u64,
    /// What is known about that version.
    #[field(sensitivity = Internal)]
    pub facts: Facts,
    /// Versions that undoing goes back to, the nearest last.
    #[field(sensitivity = Internal)]
    pub undo: Vec<u64>,
    /// Why each of the latest versions was written, the newest last.
    #[field(sensitivity = Identifying)]
    pub log: Vec<(u64, String, Deed)>,
    /// The spreadsheet it came from, if any.
    #[field(sensitivity = Internal)]
    pub sheet: Option<RecordId>,
}

/// Numbers about one version of a protocol, for lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Activities.
    pub activities: usize,
    /// Activities that nobody knows the meaning of yet.
    pub unresolved: usize,
    /// Planned visits.
    pub visits: usize,
    /// Forms.
    pub forms: usize,
    /// Findings that keep it from release.
    pub blockers: usize,
    /// Repairs that the build proposes.
    pub proposals: usize,
}
