//! The probe runner: a process of its own, with its own keys and nothing of the house but what anybody could have.
//!
//! It owns `runner/` (keys, memory, scratch) and `trust/` (what is published) below the data directory. One probe runs
//! at a time: first each claim once, then whatever is due.

use crate::archive::Archive;
use crate::claim::ClaimDecl;
use crate::claims;
use crate::house::{Credentials, Desk, Https, Wire};
use crate::keys::Keys;
use crate::probe::{Memory, Stores, Trouble, Visit};
use crate::scratch::Scratch;
use crate::shelf::replace;
use crate::statement::{Occasion, Statement};
use crate::verdict::Verdict;
use model::{Outside, Time};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The longest a probe may take.
const PROBE_TIME_MAX: Duration = Duration::from_secs(15 * 60);

/// A pause between probes, so that the house's own work comes first.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the runner waits for the house to have written its credentials.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(120);

/// What the runner is started with.
pub struct Config {
    /// The data directory of the house.
    pub data: PathBuf,
    /// The system's directory for temporary files.
    pub temp: PathBuf,
    /// Further files and directories to look through, such as the log of the house.
    pub also: Vec<PathBuf>,
    /// SHA-256 of the running program, in hexadecimal.
    pub build_sha256: String,
    /// Time and randomness.
    pub outside: Arc<dyn Outside>,
    /// How to make houses that may be broken.
    pub scratch: Arc<dyn Scratch>,
    /// Once, or for ever.
    pub mode: Mode,
}

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each probe once.
    Once,
    /// Each probe whenever it is due, until the process ends.
    Forever,
}

/// How it went, for the exit code of a run with [`Mode::Once`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Each claim with its verdict and why.
    pub verdicts: Vec<(&'static str, Verdict, String)>,
}

impl Outcome {
    /// 0 if each claim holds, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.verdicts.iter().all(|(_, verdict, _)| verdict.is_well()))
    }
}

/// Runs the probes of every claim against the house whose credentials are in `runner/credentials.json`.
///
/// With [`Mode::Forever`] it returns only in trouble; it may be dropped at any point in between.
pub async fn run(config: Config) -> Result<Outcome, Trouble> {
    let path = config.data.join("runner").join("credentials.json");
    let mut waited = Duration::ZERO;
    while !path.exists() && waited < CREDENTIALS_WAIT {
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
    let known = Credentials::read(&path)?;
    let certificate =
        std::fs::read(&known.certificate).map_err(|error| Trouble::new(format!("the certificate: {error}")))?;
    let wire = Https::new(&known.base, &certificate)?;
    let mut runner = Runner::open(&config, known, Box::new(wire))?;
    match config.mode {
        Mode::Once => runner.once(claims::ALL).await,
        Mode::Forever => runner.forever(claims::ALL).await,
    }
}

/// One runner over one house.
pub struct Runner {
    home: PathBuf,
    stores: Stores,
    known: Credentials,
    wire: Box<dyn Wire>,
    desk: Desk,
    memory: Memory,
    archive: Archive,
    build_sha256: String,
    outside: Arc<dyn Outside>,
    scratch: Arc<dyn Scratch>,
}

impl Runner {
    /// A runner with the keys and the memory that it finds, or new ones.
    pub fn open(config: &Config, known: Credentials, wire: Box<dyn Wire>) -> Result<Self, Trouble> {
        let home = config.data.join("runner");
        let keys = Keys::open(&home, &known.deployment, config.outside.as_ref())?;
        let now = config.outside.now();
        let memory = match std::fs::read_to_string(home.join("memory.json")) {
            Ok(text) => Memory::from_json(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Memory::default(),
            Err(error) => return Err(error.into()),
        };
        memory.keep("this-page/key", keys.log.verifying_key().to_text());
        let stores = Stores {
            data: config.data.clone(),
            temp: config.temp.clone(),
            also: config.also.clone(),
            own_secrets: vec![home.join("credentials.json"), config.data.join("demo.json")],
            scratch: home.join("scratch"),
        };
        if stores.scratch.exists() {
            std::fs::remove_dir_all(&stores.scratch)?;
        }
        std::fs::create_dir_all(&stores.scratch)?;
        let archive = Archive::open(&config.data.join("trust"), &known.deployment, keys, now)?;
        Ok(Self {
            home,
            stores,
            known,
            wire,
            desk: Desk::default(),
            memory,
            archive,
            build_sha256: config.build_sha256.clone(),
            outside: config.outside.clone(),
            scratch: config.scratch.clone(),
        })
    }

    /// Runs each probe once.
    pub async fn once(&mut self, claims: &'static [ClaimDecl]) -> Result<Outcome, Trouble> {
        let mut verdicts = Vec::new();
        for claim in claims {
            let (verdict, reason) = self.check(claim, claims).await?;
            verdicts.push((claim.id, verdict, reason));
        }
        Ok(Outcome { verdicts })
    }

    async fn forever(&mut self, claims: &'static [ClaimDecl]) -> Result<Outcome, Trouble> {
        loop {
            let now = self.outside.now();
            let next = claims.iter().map(|claim| (self.due(claim), claim)).min_by_key(|(due, _)| *due);
            let Some((due, claim)) = next else { return Ok(Outcome { verdicts: Vec::new() }) };
            if due > now {
                let seconds = due.seconds_since(now).clamp(1, 5);
                tokio::time::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or(1))).await;
                continue;
            }
            self.check(claim, claims).await?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// When a claim is to be checked next; what was never checked, or in other words or by another program, is due.
    fn due(&self, claim: &ClaimDecl) -> Time {
        let long_ago = Time::from_seconds(0);
        let Some(standing) = self.archive.standing(claim.id) else { return long_ago };
        let same_words = standing.words_sha256 == crate::digest::sha256_hex(claim.words.as_bytes());
        match standing.started.parse::<Time>() {
            Ok(started) if same_words => started.plus_seconds(claim.cadence_seconds),
            _ => long_ago,
        }
    }

    /// Runs one probe, signs what it found and publishes it.
    async fn check(&mut self, claim: &ClaimDecl, claims: &[ClaimDecl]) -> Result<(Verdict, String), Trouble> {
        let started = self.outside.now();
        let visit = Visit {
            wire: &*self.wire,
            known: &self.known,
            outside: self.outside.as_ref(),
            desk: &self.desk,
            memory: &self.memory,
            stores: &self.stores,
            scratch: self.scratch.as_ref(),
        };
        let outcome = tokio::time::timeout(PROBE_TIME_MAX, (claim.probe.run)(&visit)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Trouble::new("the check took too long")));
        let finished = self.outside.now();
        let occasion = Occasion {
            deployment: &self.known.deployment,
            build_sha256: &self.build_sha256,
            started,
            finished,
            previous_sha256: self.archive.latest_digest(claim.id)?,
        };
        let key = &self.archive.keys().results;
        let statement = Statement::of(claim, &outcome, &occasion, key.verifying_key());
        let signed = statement.clone().signed(key).map_err(|error| Trouble::new(error.to_string()))?;
        self.archive.publish(claims, &statement, &signed, finished)?;
        replace(&self.home.join("memory.json"), self.memory.to_json()?.as_bytes())?;
        let Statement { verdict, reason, .. } = statement;
        match verdict {
            Verdict::Proved => tracing::info!(claim = claim.id, %verdict, reason, "checked"),
            _ => tracing::warn!(claim = claim.id, %verdict, reason, "checked"),
        }
        Ok((verdict, reason))
    }
}

/// Where the server finds what the runner publishes.
pub fn published_dir(data: &Path) -> PathBuf {
    data.join("trust")
}
