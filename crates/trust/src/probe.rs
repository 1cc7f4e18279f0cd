//! What a probe is given and what it hands back.

use crate::house::{Credentials, Desk, Wire};
use crate::scratch::Scratch;
use model::{Outside, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

mod seek;

pub use seek::{Found, Seeker, Swept};
pub(crate) use seek::{forms_of, shown};

/// The most failures that a result tells one by one.
const FAILURES_MAX: usize = 20;

/// One run: the house and what the runner keeps.
pub struct Visit<'a> {
    /// The public interface.
    pub wire: &'a dyn Wire,
    /// Whom the runner can be there.
    pub known: &'a Credentials,
    /// Time and randomness.
    pub outside: &'a dyn Outside,
    /// Signing in as people do.
    pub desk: &'a Desk,
    /// What the runner remembers from run to run.
    pub memory: &'a Memory,
    /// Where bytes of the house can lie.
    pub stores: &'a Stores,
    /// Houses that may be broken on purpose.
    pub scratch: &'a dyn Scratch,
}

/// Where bytes of the house can lie, and what of it is the runner's own.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    /// The data directory.
    pub data: PathBuf,
    /// The system's directory for temporary files; only entries of ours and of the database are looked at.
    pub temp: PathBuf,
    /// Further files and directories, such as a log.
    pub also: Vec<PathBuf>,
    /// Files that hold the runner's own secrets, which are no store of the house.
    pub own_secrets: Vec<PathBuf>,
    /// Where the runner may write for its negative controls; outside the data directory.
    pub scratch: PathBuf,
}

/// What the runner remembers from run to run: last checkpoints seen, the canary's record. No secret, no canary.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, Value>>);

/// What a run found. Empty, it proves nothing.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// The tenants acted in.
    pub scope: Vec<String>,
    /// What was seen: counts and codes; no personal data, no secret.
    pub observations: Map<String, Value>,
    /// How much of the whole was looked at.
    pub population: Population,
    /// What should not be, each in a sentence. Any makes the claim fail.
    pub failures: Vec<String>,
    /// The proof that the probe can fail.
    pub control: Control,
    /// SHA-256 of evidence that is kept elsewhere.
    pub evidence_sha256: Vec<String>,
}

/// How much of the whole was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// So many were looked at.
    pub counted: u64,
    /// So many there are.
    pub total: u64,
    /// The same as a sentence.
    pub words: String,
}

/// A bad thing made on purpose, in the same run, that the same check had to find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Whether it was found.
    pub caught: bool,
    /// What it was.
    pub words: String,
    /// When, RFC 3339.
    pub at: String,
}

/// Why a check could not be made. Not a verdict about the house.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

impl Trouble {
    /// Trouble in words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("an answer is not the JSON expected: {error}"))
    }
}

impl Finding {
    /// Notes something seen.
    pub fn saw(&mut self, name: &str, value: impl Into<Value>) {
        self.observations.insert(name.to_owned(), value.into());
    }

    /// Notes something that should not be.
    pub fn fail(&mut self, words: impl Into<String>) {
        self.failures.push(words.into());
        let told: Vec<Value> = self.failures.iter().take(FAILURES_MAX).map(|words| words.as_str().into()).collect();
        self.observations.insert("failures".to_owned(), told.into());
        self.observations.insert("failures_counted".to_owned(), self.failures.len().into());
    }

    /// Notes something that should not be, unless it is as it should be.
    pub fn check(&mut self, holds: bool, words: impl FnOnce() -> String) {
        if !holds {
            self.fail(words());
        }
    }

    /// How much was looked at.
    pub fn counted(&mut self, counted: u64, total: u64, words: impl Into<String>) {
        self.population = Population { counted, total, words: words.into() };
    }

    /// The negative control and whether it was caught.
    pub fn control(&mut self, caught: bool, words: impl Into<String>, now: Time) {
        self.control = Control { caught, words: words.into(), at: now.to_string() };
    }

    /// The reason of a result in which nothing was found.
    pub(crate) fn reason(&self) -> String {
        self.population.words.clone()
    }
}

impl Memory {
    /// What was kept before, as it was written.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self(Mutex::new(serde_json::from_str(text)?)))
    }

    /// Everything, to be kept.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&*self.locked())
    }

    /// What is remembered under a name.
    pub fn recall(&self, name: &str) -> Option<Value> {
        self.locked().get(name).cloned()
    }

    /// Remembers something.
    pub fn keep(&self, name: &str, value: impl Into<Value>) {
        self.locked().insert(name.to_owned(), value.into());
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Visit<'_> {
    /// The present moment.
    pub fn now(&self) -> Time {
        self.outside.now()
    }

    /// So many random letters, lower case: a word that occurs nowhere.
    pub fn word(&self, letters: usize) -> String {
        let mut bytes = vec![0u8; letters];
        self.outside.fill(&mut bytes);
        bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
    }

    /// A random number from `from` to `to`, both included.
    pub fn number(&self, from: u64, to: u64) -> u64 {
        let mut bytes = [0u8; 8];
        self.outside.fill(&mut bytes);
        from + u64::from_be_bytes(bytes) % (to - from + 1)
    }
}

/// A number with its thousands set apart.
pub(crate) fn figure(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with what it counts, in the right number.
pub(crate) fn several(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", figure(number), if number == 1 { one } else { more })
}
