use model::{Kind, RequestId, Time};
use serde::{Deserialize, Serialize};

/// Something that looked like an attack, or several of one minute counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "watch.attempt",
    version = 1,
    words = "Something that looked like an attack: when, from where, on which route, which rules, what was decided.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "attack.read",
    create = "attack.note",
    revise = "attack.note",
    retire = "attack.clear"
)]
pub struct Attempt {
    /// When it came in; of several, the first.
    #[field(sensitivity = Internal)]
    pub at: Time,
    /// When this record ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
    /// The address it came from, or `several`.
    #[field(sensitivity = Identifying, search = Exact)]
    pub source: String,
    /// Who asked, such as `person:…` or `key:…`, if anybody known did.
    #[field(sensitivity = Identifying, search = Exact)]
    pub who: Option<String>,
    /// The method.
    #[field(sensitivity = Internal)]
    pub method: String,
    /// The pattern of its route; `none` if there is no such route.
    #[field(sensitivity = Internal, search = Exact)]
    pub route: String,
    /// The rules that matched.
    #[field(sensitivity = Internal, search = Exact)]
    pub rules: Vec<u32>,
    /// The sorts of attack that these rules look for.
    #[field(sensitivity = Internal, search = Exact)]
    pub sorts: Vec<String>,
    /// The anomaly score; of several, the highest.
    #[field(sensitivity = Internal)]
    pub score: i64,
    /// What was decided.
    #[field(sensitivity = Internal)]
    pub verdict: Verdict,
    /// The limit it went beyond, if that is why.
    #[field(sensitivity = Internal)]
    pub limit: Option<String>,
    /// What each rule says, and the names of the places where it matched.
    #[field(sensitivity = Identifying)]
    pub noted: Vec<Noted>,
    /// How many attempts this record stands for.
    #[field(sensitivity = Internal)]
    pub count: u64,
    /// The number of the request; none where several are counted together.
    #[field(sensitivity = Internal, search = Exact)]
    pub request: Option<RequestId>,
    /// `kept` while a record of this id holds what it contained; then `gone`.
    #[field(sensitivity = Internal, search = Exact)]
    pub content: String,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It went no further.
    Blocked,
    /// It would have been blocked, and passed because the house only observes.
    Observed,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Its id.
    pub rule: u32,
    /// What it says.
    pub words: String,
    /// Where it matched, such as `ARGS:note`.
    pub places: Vec<String>,
}

impl Attempt {
    /// Its content can be opened.
    pub const KEPT: &'static str = "kept";
    /// Its content was deleted, or never kept.
    pub const GONE: &'static str = "gone";

    /// Whether its content can be opened.
    pub fn has_content(&self) -> bool {
        self.content == Self::KEPT
    }
}

impl Verdict {
    /// In a word.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Observed => "observed",
        }
    }
}
