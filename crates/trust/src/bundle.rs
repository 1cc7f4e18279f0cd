//! The evidence bundle: everything that a stranger needs to check the promises, in one file.
//!
//! A bundle is a C2SP signed note by the key of the public log. Its text is a JSON document: the claims with their words,
//! the latest signed result of each with its place in the log and the proof that it is there, the signed head of the
//! log, an earlier head with the proof that nothing before it was changed, and the public keys.

mod verify;

pub use verify::{Broken, ClaimReport, Report, command, verify};

use crate::archive::hex_all;
use crate::claim::ClaimDecl;
use crate::keys::PublicKeys;
use crate::probe::Trouble;
use crate::shelf::{Head, Placed};
use ledger::files::{Directory, FileTiles};
use ledger::{consistency_proof, inclusion_proof};
use model::Time;
use serde::{Deserialize, Serialize};

/// The name and edition of this form.
pub const FORMAT: &str = "candor.evidence-bundle.1";

/// The text of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub format: String,
    pub deployment: String,
    /// RFC 3339.
    pub made_at: String,
    pub keys: PublicKeys,
    pub log: LogPart,
    pub claims: Vec<ClaimPart>,
}

/// The head of the log, and that it continues an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogPart {
    pub origin: String,
    /// A signed note.
    pub checkpoint: String,
    pub earlier: Option<EarlierPart>,
}

/// An earlier head and the proof that the present one continues it (RFC 6962 section 2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlierPart {
    pub checkpoint: String,
    /// Hashes in hexadecimal.
    pub consistency: Vec<String>,
}

/// A claim as declared, and its latest result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimPart {
    pub id: String,
    pub group: String,
    pub words: String,
    pub rows: Vec<String>,
    pub proof: String,
    pub how: String,
    pub cadence_seconds: i64,
    pub valid_seconds: i64,
    pub result: Option<ResultPart>,
}

/// A signed result, its place in the log and the proof (RFC 6962 section 2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultPart {
    pub index: u64,
    /// Hashes in hexadecimal.
    pub inclusion: Vec<String>,
    /// A signed note; as a whole it is the entry in the log.
    pub note: String,
}

/// What goes into a bundle.
pub(crate) struct Contents<'a> {
    pub deployment: &'a str,
    pub keys: &'a PublicKeys,
    pub head: &'a Head,
    pub earlier: Option<&'a Head>,
    pub latest: &'a [(&'a ClaimDecl, Option<Placed>)],
    pub log: &'a Directory,
    pub now: Time,
}

/// The text of a bundle, to be signed by the key of the log.
pub(crate) fn make(contents: &Contents<'_>) -> Result<String, Trouble> {
    let unprovable = |error: ledger::proof::Unprovable| Trouble::new(error.to_string());
    let tiles = FileTiles(contents.log);
    let size = contents.head.size;
    let mut claims = Vec::new();
    for (claim, placed) in contents.latest {
        let result = match placed {
            None => None,
            Some(Placed { index, note }) => {
                let proof = inclusion_proof(*index, size, &tiles).map_err(unprovable)?;
                Some(ResultPart { index: *index, inclusion: hex_all(&proof), note: note.clone() })
            }
        };
        claims.push(claim_part(claim, result));
    }
    let earlier = match contents.earlier {
        None => None,
        Some(earlier) => {
            let proof = consistency_proof(earlier.size, size, &tiles).map_err(unprovable)?;
            Some(EarlierPart { checkpoint: earlier.checkpoint.clone(), consistency: hex_all(&proof) })
        }
    };
    let document = Document {
        format: FORMAT.to_owned(),
        deployment: contents.deployment.to_owned(),
        made_at: contents.now.to_string(),
        keys: contents.keys.clone(),
        log: LogPart {
            origin: crate::keys::log_origin(contents.deployment),
            checkpoint: contents.head.checkpoint.clone(),
            earlier,
        },
        claims,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn claim_part(claim: &ClaimDecl, result: Option<ResultPart>) -> ClaimPart {
    ClaimPart {
        id: claim.id.to_owned(),
        group: claim.group.to_owned(),
        words: claim.words.to_owned(),
        rows: claim.rows.iter().map(|row| (*row).to_owned()).collect(),
        proof: claim.proof.name().to_owned(),
        how: claim.how.to_owned(),
        cadence_seconds: claim.cadence_seconds,
        valid_seconds: claim.valid_seconds,
        result,
    }
}
