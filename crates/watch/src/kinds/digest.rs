use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// A week of attempts that somebody has looked at and signed off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "watch.digest",
    version = 1,
    words = "A week of attempts, looked at and signed off by somebody.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "attack.read",
    create = "digest.sign",
    revise = "digest.sign",
    retire = "digest.sign"
)]
pub struct Digest {
    /// The week, `2026-W47` (ISO 8601).
    #[field(sensitivity = Internal, search = Exact, unique)]
    pub week: String,
    /// Attempts that went no further.
    #[field(sensitivity = Internal)]
    pub blocked: u64,
    /// Attempts that were only observed.
    #[field(sensitivity = Internal)]
    pub observed: u64,
    /// The most frequent sorts, with their counts.
    #[field(sensitivity = Internal)]
    pub sorts: Vec<(String, u64)>,
    /// The most frequent rules, with their counts.
    #[field(sensitivity = Internal)]
    pub rules: Vec<(String, u64)>,
    /// The routes most tried, with their counts.
    #[field(sensitivity = Internal)]
    pub routes: Vec<(String, u64)>,
    /// How many sources there were, at least.
    #[field(sensitivity = Internal)]
    pub sources: u64,
    /// Exclusions in force when it was signed.
    #[field(sensitivity = Internal)]
    pub exclusions: u64,
    /// What the signer says about it.
    #[field(sensitivity = Internal)]
    pub remarks: String,
    /// Who signed, as in evidence.
    #[field(sensitivity = Identifying)]
    pub signed_by: String,
    /// The signer's name at that time.
    #[field(sensitivity = Identifying)]
    pub name: String,
    /// When.
    #[field(sensitivity = Internal)]
    pub signed: Time,
}
