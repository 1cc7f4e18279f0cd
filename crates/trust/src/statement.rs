//! The signed result of one run of one probe.
//!
//! A result is a C2SP signed note (Ed25519) whose text is one line: a JSON object with the fields of [`Statement`] in
//! that order, without spaces. The note as a whole is the entry in the public log. Its place there is not in it, because
//! it is known only afterwards; a bundle carries it beside.
//!
//! INVARIANT: whoever checks a result checks the text that was signed; nothing is written anew for that.

use crate::claim::ClaimDecl;
use crate::digest::sha256_hex;
use crate::probe::{Control, Finding, Population, Trouble};
use crate::verdict::Verdict;
use ledger::{SigningKey, VerifyingKey, note};
use model::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name and edition of this form.
pub const FORMAT: &str = "candor.probe-result.1";

/// The first verifier that reads it.
pub const VERIFIER_VERSION_MIN: u32 = 1;

/// The most bytes of a whole signed result; an entry of the log can have 65,535.
const NOTE_BYTES_MAX: usize = 60_000;

/// What one run of a probe found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`FORMAT`].
    pub format: String,
    /// Which house.
    pub deployment: String,
    /// Which claim.
    pub claim: String,
    /// SHA-256 of the claim's words, in hexadecimal.
    pub words_sha256: String,
    /// Which probe.
    pub probe: String,
    /// Its version.
    pub probe_version: u32,
    /// SHA-256 of its source file.
    pub probe_source_sha256: String,
    /// SHA-256 of the program that ran.
    pub build_sha256: String,
    /// The oldest verifier that reads this.
    pub verifier_version_min: u32,
    /// SHA-256 over deployment and name of each tenant that was acted in.
    pub scope_sha256: Vec<String>,
    /// How the claim is shown, see [`crate::Proof`].
    pub proof: String,
    /// When the run began, RFC 3339.
    pub started: String,
    /// When it ended.
    pub finished: String,
    /// Whose clock that is.
    pub clock: String,
    /// SHA-256 of what the probe was told to do.
    pub parameters_sha256: String,
    /// What it saw: counts and codes, no personal data, no secret.
    pub observations: Map<String, Value>,
    /// How much of the whole it looked at.
    pub population: Population,
    /// What follows.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// The proof that the probe can fail.
    pub negative_control: Control,
    /// SHA-256 of evidence that is kept elsewhere.
    pub evidence_sha256: Vec<String>,
    /// Until when it counts.
    pub valid_until: String,
    /// SHA-256 of the signed result before this one of the same claim.
    pub previous_sha256: Option<String>,
    /// The key that signed, as name, id and public key.
    pub key: String,
}

/// What the runner knows about every result it signs.
pub struct Occasion<'a> {
    /// Which house.
    pub deployment: &'a str,
    /// SHA-256 of the running program, in hexadecimal.
    pub build_sha256: &'a str,
    /// When the run began.
    pub started: Time,
    /// When it ended.
    pub finished: Time,
    /// SHA-256 of the signed result before.
    pub previous_sha256: Option<String>,
}

/// Why a note is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAResult {
    /// The note does not open.
    #[error(transparent)]
    Note(#[from] note::NoteError),
    /// The text is something else.
    #[error("the text is not a probe result: {0}")]
    Malformed(String),
}

impl Statement {
    /// What a run says about a claim.
    pub fn of(
        claim: &ClaimDecl,
        outcome: &Result<Finding, Trouble>,
        occasion: &Occasion<'_>,
        key: &VerifyingKey,
    ) -> Self {
        let (verdict, reason) = judge(outcome);
        let finding = match outcome {
            Ok(finding) => finding.clone(),
            Err(_) => Finding::default(),
        };
        let scope = |tenant: &String| sha256_hex(format!("{}\0{tenant}", occasion.deployment).as_bytes());
        Self {
            format: FORMAT.to_owned(),
            deployment: occasion.deployment.to_owned(),
            claim: claim.id.to_owned(),
            words_sha256: sha256_hex(claim.words.as_bytes()),
            probe: claim.probe.id.to_owned(),
            probe_version: claim.probe.version,
            probe_source_sha256: sha256_hex(claim.probe.source),
            build_sha256: occasion.build_sha256.to_owned(),
            verifier_version_min: VERIFIER_VERSION_MIN,
            scope_sha256: finding.scope.iter().map(scope).collect(),
            proof: claim.proof.name().to_owned(),
            started: occasion.started.to_string(),
            finished: occasion.finished.to_string(),
            clock: "the runner's own machine, UTC".to_owned(),
            parameters_sha256: sha256_hex(claim.probe.parameters.as_bytes()),
            observations: finding.observations,
            population: finding.population,
            verdict,
            reason,
            negative_control: finding.control,
            evidence_sha256: finding.evidence_sha256,
            valid_until: occasion.started.plus_seconds(claim.valid_seconds).to_string(),
            previous_sha256: occasion.previous_sha256.clone(),
            key: key.to_text(),
        }
    }

    /// The signed note. Observations that would not fit the log give way to their digest.
    pub fn signed(mut self, key: &SigningKey) -> Result<String, NotAResult> {
        let signed = self.sign_as_is(key)?;
        if signed.len() <= NOTE_BYTES_MAX {
            return Ok(signed);
        }
        let whole = serde_json::to_vec(&self.observations).map_err(malformed)?;
        self.evidence_sha256.push(sha256_hex(&whole));
        self.observations = Map::from_iter([("too_long_for_the_log".to_owned(), Value::from(whole.len()))]);
        self.sign_as_is(key)
    }

    fn sign_as_is(&self, key: &SigningKey) -> Result<String, NotAResult> {
        let mut text = serde_json::to_string(self).map_err(malformed)?;
        // DEL and the like are escaped too: a note must have no control characters.
        text.push('\n');
        Ok(key.sign(&text)?)
    }

    /// Opens a signed result by one of `keys`.
    pub fn opened(signed: &str, keys: &[VerifyingKey]) -> Result<Self, NotAResult> {
        let opened = note::open(signed, keys)?;
        let statement: Self = serde_json::from_str(opened.text).map_err(malformed)?;
        if statement.format != FORMAT {
            return Err(NotAResult::Malformed(format!("its form is {}", statement.format)));
        }
        let named = opened.signers.iter().any(|signer| signer.to_text() == statement.key);
        if named { Ok(statement) } else { Err(NotAResult::Malformed("it names another key than signed it".to_owned())) }
    }

    /// When the run ended.
    pub fn finished_at(&self) -> Option<Time> {
        self.finished.parse().ok()
    }

    /// Until when the result counts; a time that cannot be read counts no longer.
    pub fn valid_until_at(&self) -> Time {
        self.valid_until.parse().unwrap_or(Time::from_seconds(0))
    }
}

fn malformed(error: serde_json::Error) -> NotAResult {
    NotAResult::Malformed(error.to_string())
}

/// INVARIANT: proved needs all four: nothing found, something counted, all of it counted, and the control caught.
fn judge(outcome: &Result<Finding, Trouble>) -> (Verdict, String) {
    let finding = match outcome {
        Ok(finding) => finding,
        Err(trouble) => return (Verdict::EvidenceMissing, format!("The check could not be made: {trouble}")),
    };
    let Population { counted, total, .. } = finding.population;
    if let Some(first) = finding.failures.first() {
        let more = finding.failures.len() - 1;
        let reason = match more {
            0 => first.clone(),
            _ => format!("{}, and {more} more like it.", first.trim_end_matches('.')),
        };
        return (Verdict::Failed, reason);
    }
    if !finding.control.caught {
        let reason = "The negative control was not caught, so this check proves nothing.";
        return (Verdict::EvidenceMissing, reason.to_owned());
    }
    if counted == 0 || counted < total {
        return (Verdict::EvidenceMissing, format!("Only {counted} of {total} could be looked at."));
    }
    (Verdict::Proved, finding.reason())
}
