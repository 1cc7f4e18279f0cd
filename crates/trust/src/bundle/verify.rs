use super::{ClaimPart, Document, EarlierPart, FORMAT, ResultPart};
use crate::digest::sha256_hex;
use crate::probe::several;
use crate::statement::{Statement, VERIFIER_VERSION_MIN};
use crate::verdict::Verdict;
use ledger::{Checkpoint, Hash, VerifyingKey, leaf_hash, note, verify_consistency, verify_inclusion};
use model::Time;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

/// How far a clock may be ahead before a bundle counts as made in the future, in seconds.
const SKEW_SECONDS: i64 = 300;

/// A bundle whose every part is what was signed. What it says can still be bad news: see [`Report::holds`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which house.
    pub deployment: String,
    /// When the bundle was made.
    pub made_at: String,
    /// The key that signed the log and the bundle.
    pub key: String,
    /// Whether that key is the one the asker brought along.
    pub key_was_given: bool,
    /// How many entries the log had.
    pub log_size: u64,
    /// The root over them, in hexadecimal.
    pub log_root: String,
    /// The size of the earlier log that this one continues, if there is one.
    pub continues: Option<u64>,
    /// Each claim.
    pub claims: Vec<ClaimReport>,
}

/// What a bundle says about one claim at the moment asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimReport {
    /// Which claim.
    pub id: String,
    /// The promise.
    pub words: String,
    /// What holds now; overdue is stale.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// When it was checked, if ever.
    pub checked: Option<String>,
}

/// A bundle that is not what was signed, and what broke; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Each in a sentence, the most telling first.
    pub found: Vec<String>,
}

impl Report {
    /// Whether every claim is proved, attested or attributed, and in date.
    pub fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.verdict.is_well())
    }
}

/// Checks a bundle without any connection: signatures, places in the log, consistency, and freshness at `now`.
///
/// Without a `trusted_key`, the key is the one that the bundle names itself; compare it with one from elsewhere.
pub fn verify(bytes: &[u8], now: Time, trusted_key: Option<&str>) -> Result<Report, Broken> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| one(format!("The bundle is not text from byte {} on.", error.valid_up_to())))?;
    let inner = text.rfind("\n\n").and_then(|at| text.get(..=at));
    let inner = inner.ok_or_else(|| one("The bundle has no signature at its end.".to_owned()))?;
    let document: Document = serde_json::from_str(inner)
        .map_err(|error| one(format!("Line {} of the bundle cannot be read: {error}.", error.line())))?;
    let mut check = Check { document: &document, now, found: Vec::new() };
    let report = check.whole(text, trusted_key);
    match (report, check.found) {
        (Some(report), found) if found.is_empty() => Ok(report),
        (_, found) => Err(Broken { found }),
    }
}

/// Verifies and says in plain words what holds: 0 if all does, 1 if a claim does not, 2 if the bundle is broken.
///
/// `candor verify` is this.
pub fn command(bytes: &[u8], now: Time, trusted_key: Option<&str>, out: &mut dyn Write) -> std::io::Result<u8> {
    match verify(bytes, now, trusted_key) {
        Ok(report) => {
            write!(out, "{report}")?;
            Ok(if report.holds() { 0 } else { 1 })
        }
        Err(broken) => {
            write!(out, "{broken}")?;
            Ok(2)
        }
    }
}

fn one(words: String) -> Broken {
    Broken { found: vec![words] }
}

struct Check<'a> {
    document: &'a Document,
    now: Time,
    found: Vec<String>,
}

impl Check<'_> {
    fn broken(&mut self, words: impl Into<String>) {
        self.found.push(words.into());
    }

    /// Walks the inner parts first: where one was changed it is named, rather than only the bundle as a whole.
    fn whole(&mut self, text: &str, trusted_key: Option<&str>) -> Option<Report> {
        let document = self.document;
        if document.format != FORMAT {
            self.broken(format!("This verifier does not read the form \u{201c}{}\u{201d}.", document.format));
        }
        let log_key = self.key(&document.keys.log, "of the log")?;
        if trusted_key.is_some_and(|trusted| trusted.trim() != document.keys.log) {
            self.broken("The bundle names another key than the one you gave.");
        }
        let result_keys: Vec<VerifyingKey> =
            document.keys.results.iter().filter_map(|life| self.key(&life.key, "of the results")).collect();
        let head = self.head(&log_key)?;
        let continues = document.log.earlier.as_ref().and_then(|earlier| self.earlier(earlier, &head, &log_key));
        let mut names = BTreeSet::new();
        let mut claims = Vec::new();
        for claim in &document.claims {
            if !names.insert(claim.id.as_str()) {
                self.broken(format!("The claim {} is there twice.", claim.id));
            }
            claims.push(self.claim(claim, &head, &result_keys));
        }
        if document.claims.is_empty() {
            self.broken("The bundle has no claims.");
        }
        self.made_at();
        self.envelope(text, &log_key);
        Some(Report {
            deployment: document.deployment.clone(),
            made_at: document.made_at.clone(),
            key: document.keys.log.clone(),
            key_was_given: trusted_key.is_some(),
            log_size: head.size,
            log_root: hex::encode(head.root),
            continues,
            claims,
        })
    }

    /// The signature over everything.
    fn envelope(&mut self, text: &str, key: &VerifyingKey) {
        let nothing_else = self.found.is_empty();
        let one_signature = text.rsplit("\n\n").next().is_some_and(|lines| lines.lines().count() == 1);
        if !one_signature {
            self.broken("The bundle must have exactly one signature.");
        }
        if let Err(error) = note::open(text, std::slice::from_ref(key)) {
            self.broken(match nothing_else {
                true => format!(
                    "The bundle as a whole is not what was signed ({error}). The signed results in it are unchanged: \
                     what was changed stands outside them, such as a time, a heading, how a claim is checked, or the \
                     bundle's own signature."
                ),
                false => format!("So the bundle as a whole is not what was signed either ({error})."),
            });
        }
    }

    fn key(&mut self, text: &str, whose: &str) -> Option<VerifyingKey> {
        match VerifyingKey::from_text(text) {
            Ok(key) => Some(key),
            Err(error) => {
                self.broken(format!("The key {whose} cannot be used: {error}."));
                None
            }
        }
    }

    fn head(&mut self, key: &VerifyingKey) -> Option<Checkpoint> {
        let log = &self.document.log;
        if log.origin != crate::keys::log_origin(&self.document.deployment) {
            self.broken("The log is not the one of this house.");
        }
        match Checkpoint::opened(&log.checkpoint, &log.origin, std::slice::from_ref(key)) {
            Ok(head) => Some(head),
            Err(error) => {
                self.broken(format!("The signed head of the log is not what was signed: {error}."));
                None
            }
        }
    }

    fn earlier(&mut self, earlier: &EarlierPart, head: &Checkpoint, key: &VerifyingKey) -> Option<u64> {
        let origin = &self.document.log.origin;
        let old = match Checkpoint::opened(&earlier.checkpoint, origin, std::slice::from_ref(key)) {
            Ok(old) => old,
            Err(error) => {
                self.broken(format!("The earlier head of the log is not what was signed: {error}."));
                return None;
            }
        };
        let Some(proof) = hashes(&earlier.consistency) else {
            self.broken("The proof that the log continues its earlier head cannot be read.");
            return None;
        };
        match verify_consistency((old.size, &old.root), (head.size, &head.root), &proof) {
            Ok(()) => Some(old.size),
            Err(error) => {
                self.broken(format!(
                    "It is not shown that the log of {} entries continues the one of {}: {error}.",
                    head.size, old.size
                ));
                None
            }
        }
    }

    fn claim(&mut self, claim: &ClaimPart, head: &Checkpoint, keys: &[VerifyingKey]) -> ClaimReport {
        let report = |verdict, reason: &str, checked| ClaimReport {
            id: claim.id.clone(),
            words: claim.words.clone(),
            verdict,
            reason: reason.to_owned(),
            checked,
        };
        let Some(result) = &claim.result else {
            return report(Verdict::EvidenceMissing, "It has not been checked in these words yet.", None);
        };
        let Some(statement) = self.result(claim, result, head, keys) else {
            return report(Verdict::EvidenceMissing, "Its result is broken.", None);
        };
        let verdict = statement.verdict.at(self.now, statement.valid_until_at());
        let reason = match verdict == Verdict::Stale && statement.verdict != Verdict::Stale {
            true => format!("The last check counted until {} and none came after.", statement.valid_until),
            false => statement.reason,
        };
        report(verdict, &reason, Some(statement.finished))
    }

    fn result(
        &mut self,
        claim: &ClaimPart,
        result: &ResultPart,
        head: &Checkpoint,
        keys: &[VerifyingKey],
    ) -> Option<Statement> {
        let id = &claim.id;
        let statement = match Statement::opened(&result.note, keys) {
            Ok(statement) => statement,
            Err(error) => {
                self.broken(format!("The result of the claim {id} is not what was signed: {error}."));
                return None;
            }
        };
        let leaf = leaf_hash(result.note.as_bytes());
        let proved = hashes(&result.inclusion)
            .is_some_and(|proof| verify_inclusion(&leaf, result.index, head.size, &proof, &head.root).is_ok());
        if !proved {
            self.broken(format!(
                "It is not shown that the result of the claim {id} is entry {} of the log.",
                result.index
            ));
        }
        if statement.claim != *id {
            self.broken(format!("The result of the claim {id} is about {}.", statement.claim));
        }
        if statement.words_sha256 != sha256_hex(claim.words.as_bytes()) {
            self.broken(format!("The words of the claim {id} are not those that were checked."));
        }
        if statement.deployment != self.document.deployment {
            self.broken(format!("The result of the claim {id} is of another house."));
        }
        if statement.verifier_version_min > VERIFIER_VERSION_MIN {
            self.broken(format!("The result of the claim {id} needs a newer verifier."));
        }
        let made_at: Option<Time> = self.document.made_at.parse().ok();
        if made_at.zip(statement.finished_at()).is_none_or(|(made, finished)| finished > made) {
            self.broken(format!("The result of the claim {id} is newer than the bundle."));
        }
        Some(statement)
    }

    fn made_at(&mut self) {
        match self.document.made_at.parse::<Time>() {
            Err(_) => self.broken("The time at which the bundle was made cannot be read."),
            Ok(made) if made > self.now.plus_seconds(SKEW_SECONDS) => {
                self.broken(format!("The bundle says that it was made at {made}, which is still to come."));
            }
            Ok(_) => (),
        }
    }
}

fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    let read = |text: &String| {
        // One spelling only, so that no byte can be changed without being noticed.
        let lower = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        lower.then(|| hex::decode(text).ok()?.try_into().ok()).flatten()
    };
    texts.iter().map(read).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Every part of this bundle is what was signed.")?;
        writeln!(f, "  House   {}", self.deployment)?;
        writeln!(f, "  Made    {}", self.made_at)?;
        writeln!(f, "  Log     {}, root {}", several(self.log_size, "entry", "entries"), self.log_root)?;
        if let Some(earlier) = self.continues {
            writeln!(f, "          continues the log of {} without a change", several(earlier, "entry", "entries"))?;
        }
        writeln!(f, "  Key     {}", self.key)?;
        match self.key_was_given {
            true => writeln!(f, "          the key that you gave")?,
            false => {
                writeln!(f, "          named by the bundle itself: compare it with one that you have from elsewhere")?
            }
        }
        writeln!(f)?;
        for claim in &self.claims {
            writeln!(f, "{:<18} {}", claim.verdict.words(), claim.words)?;
            match &claim.checked {
                Some(checked) => writeln!(f, "{:<18} {} Checked {checked}.", "", claim.reason)?,
                None => writeln!(f, "{:<18} {}", "", claim.reason)?,
            }
        }
        writeln!(f)?;
        let well = self.claims.iter().filter(|claim| claim.verdict.is_well()).count();
        match self.holds() {
            true => writeln!(f, "All {} hold.", several(self.claims.len() as u64, "claim", "claims")),
            false => writeln!(f, "{well} of {} hold.", several(self.claims.len() as u64, "claim", "claims")),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "This bundle is broken: do not believe it.")?;
        for found in &self.found {
            writeln!(f, "  {found}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Broken {}
