use crate::probe::Trouble;
use ledger::SigningKey;
use model::{Outside, Time};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The runner's two keys. The house never has them.
pub(crate) struct Keys {
    /// Signs results.
    pub results: SigningKey,
    /// Signs the head of the public log, and bundles.
    pub log: SigningKey,
}

/// `keys.json`: whom to believe, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    /// The key of the public log, as name, id and public key.
    pub log: String,
    /// The keys that signed results, the newest last.
    pub results: Vec<KeyLife>,
}

/// A key and when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLife {
    /// The key, as name, id and public key.
    pub key: String,
    /// Since when, RFC 3339.
    pub from: String,
}

impl Keys {
    /// The keys in a directory, made if they are not there yet.
    pub fn open(dir: &Path, deployment: &str, outside: &dyn Outside) -> Result<Self, Trouble> {
        std::fs::create_dir_all(dir)?;
        let results = open_one(&dir.join("results.key"), &format!("candor/{deployment}/results"), outside)?;
        let log = open_one(&dir.join("log.key"), &log_origin(deployment), outside)?;
        Ok(Self { results, log })
    }

    /// The public halves; `before` is what was published until now.
    pub fn public(&self, before: Option<PublicKeys>, now: Time) -> Result<PublicKeys, Trouble> {
        let log = self.log.verifying_key().to_text();
        let mut results = match before {
            Some(before) if before.log == log => before.results,
            Some(_) => return Err(Trouble::new("the public log was signed by another key than the runner has")),
            None => Vec::new(),
        };
        let key = self.results.verifying_key().to_text();
        if results.last().is_none_or(|life| life.key != key) {
            results.push(KeyLife { key, from: now.to_string() });
        }
        Ok(PublicKeys { log, results })
    }
}

/// The name of a house's public log.
pub(crate) fn log_origin(deployment: &str) -> String {
    format!("candor/{deployment}/log")
}

fn open_one(path: &Path, name: &str, outside: &dyn Outside) -> Result<SigningKey, Trouble> {
    let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unusable = |error: &dyn std::fmt::Display| Trouble::new(format!("{shown}: {error}"));
    if path.exists() {
        let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
        let key = SigningKey::from_secret_text(text.trim()).map_err(|error| unusable(&error))?;
        return match key.verifying_key().name() == name {
            true => Ok(key),
            false => Err(unusable(&"it is the key of another house")),
        };
    }
    let mut seed = [0u8; 32];
    outside.fill(&mut seed);
    let key = SigningKey::from_seed(name, &seed).map_err(|error| unusable(&error))?;
    let text = key.secret_text().map_err(|error| unusable(&error))?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
