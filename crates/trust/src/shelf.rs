//! What the runner puts out for everybody, as files below `trust/`: the server reads them, nothing there is secret.
//!
//! | file | what |
//! |---|---|
//! | `state.json` | [`State`]: the head of the log, and per claim the latest result and recent history |
//! | `keys.json` | [`PublicKeys`] |
//! | `results/<claim>.json` | [`Results`]: the latest signed results with their places in the log |
//! | `bundle` | the evidence bundle |
//! | `log/…` | the public log: `checkpoint`, `tile/…`, `tile/entries/…` |

use crate::keys::PublicKeys;
use crate::probe::{Control, Population, Trouble};
use crate::statement::Statement;
use crate::verdict::Verdict;
use model::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Marks kept per claim for the strip on the page.
pub(crate) const HISTORY_MAX: usize = 96;

/// Signed results kept per claim beside the log.
pub(crate) const RESULTS_MAX: usize = 50;

/// The directory.
#[derive(Debug, Clone)]
pub(crate) struct Shelf(PathBuf);

/// What the pages show.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub deployment: String,
    pub log: Head,
    /// A signed head from before, to which the present one is proved consistent.
    pub earlier: Option<Head>,
    pub claims: BTreeMap<String, Standing>,
}

/// A signed head of the public log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub size: u64,
    /// In hexadecimal.
    pub root: String,
    /// RFC 3339.
    pub signed_at: String,
    /// The signed note.
    pub checkpoint: String,
}

/// How one claim stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub index: u64,
    pub verdict: Verdict,
    pub reason: String,
    pub words_sha256: String,
    pub started: String,
    pub finished: String,
    pub valid_until: String,
    pub population: Population,
    pub negative_control: Control,
    /// Oldest first.
    pub history: Vec<Mark>,
}

/// One run in the history of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub index: u64,
    pub verdict: Verdict,
    pub finished: String,
    pub valid_until: String,
    pub words: String,
}

/// The latest signed results of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub claim: String,
    /// Newest first.
    pub results: Vec<Placed>,
}

/// A signed result and its place in the public log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    pub index: u64,
    pub note: String,
}

impl Shelf {
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    pub fn state(&self) -> Result<Option<State>, Trouble> {
        self.read_json("state.json")
    }

    pub fn keys(&self) -> Result<Option<PublicKeys>, Trouble> {
        self.read_json("keys.json")
    }

    pub fn results(&self, claim: &str) -> Result<Option<Results>, Trouble> {
        self.read_json(&format!("results/{claim}.json"))
    }

    /// The bytes of a file, or `None` if there is none.
    pub fn read(&self, below: &str) -> Result<Option<Vec<u8>>, Trouble> {
        match std::fs::read(self.path(below)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::new(format!("{below}: {error}"))),
        }
    }

    pub fn write_json(&self, below: &str, value: &impl Serialize) -> Result<(), Trouble> {
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        self.write(below, &text)
    }

    /// Writes a file so that a reader sees the old one or the new one, and a crash leaves one of them.
    pub fn write(&self, below: &str, bytes: &[u8]) -> Result<(), Trouble> {
        replace(&self.path(below), bytes).map_err(|error| Trouble::new(format!("{below}: {error}")))
    }

    fn read_json<T: DeserializeOwned>(&self, below: &str) -> Result<Option<T>, Trouble> {
        let Some(bytes) = self.read(below)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Trouble::new(format!("{below}: {error}")))
    }
}

/// Writes beside, flushes, renames, flushes the directory.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let Some(parent) = path.parent() else { return Err(std::io::Error::other("a file without a directory")) };
    std::fs::create_dir_all(parent)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    std::fs::File::open(parent)?.sync_all()
}

impl Standing {
    /// The standing after a new result.
    pub fn after(before: Option<&Self>, statement: &Statement, index: u64) -> Self {
        let mut history = before.map(|standing| standing.history.clone()).unwrap_or_default();
        history.push(Mark {
            index,
            verdict: statement.verdict,
            finished: statement.finished.clone(),
            valid_until: statement.valid_until.clone(),
            words: statement.reason.clone(),
        });
        history.drain(..history.len().saturating_sub(HISTORY_MAX));
        Self {
            index,
            verdict: statement.verdict,
            reason: statement.reason.clone(),
            words_sha256: statement.words_sha256.clone(),
            started: statement.started.clone(),
            finished: statement.finished.clone(),
            valid_until: statement.valid_until.clone(),
            population: statement.population.clone(),
            negative_control: statement.negative_control.clone(),
            history,
        }
    }

    /// What it is worth at a moment. A time that cannot be read is over.
    pub fn verdict_at(&self, now: Time) -> Verdict {
        self.verdict.at(now, self.valid_until.parse().unwrap_or(Time::from_seconds(0)))
    }
}
