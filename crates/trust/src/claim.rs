use crate::probe::{Finding, Trouble, Visit};
use std::fmt;
use std::pin::Pin;

/// One promise. The sentence exists on the page only because this exists.
#[derive(Clone, Copy)]
pub struct ClaimDecl {
    /// Lower case and hyphens; stable for ever.
    pub id: &'static str,
    /// The heading that people find it under.
    pub group: &'static str,
    /// The promise, in one or two sentences of our own.
    pub words: &'static str,
    /// The rows of the inventory of promises that it answers.
    pub rows: &'static [&'static str],
    /// How it is shown.
    pub proof: Proof,
    /// Whether the probe looks at the whole of what the words speak of.
    pub counts: Counts,
    /// How often the probe runs, in seconds.
    pub cadence_seconds: i64,
    /// How long a result counts, in seconds: at least two cadences, so that one late run is not an alarm.
    pub valid_seconds: i64,
    /// How it is checked, for people.
    pub how: &'static str,
    /// The probe.
    pub probe: ProbeDecl,
}

/// A check of one claim.
#[derive(Clone, Copy)]
pub struct ProbeDecl {
    /// Its name, such as `crypto.rest`.
    pub id: &'static str,
    /// Raised when what it does changes.
    pub version: u32,
    /// Its own source, whose digest stands in every result.
    pub source: &'static [u8],
    /// What it was told to do: limits, numbers, lists.
    pub parameters: &'static str,
    /// Runs it once.
    pub run: Probe,
}

/// A run of a probe.
pub type Probe = for<'a> fn(&'a Visit<'a>) -> Running<'a>;

/// A probe under way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Finding, Trouble>> + Send + 'a>>;

/// How a claim is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// The forbidden is tried through the public interface and must be refused.
    Negative,
    /// The whole population is looked at and must have no offender.
    Scan,
    /// Something unique is planted and then looked for.
    Canary,
    /// A chain is verified, or something is derived again and compared.
    Recompute,
    /// A register or an attestation must be in date.
    Freshness,
    /// Somebody else's evidence is checked.
    ThirdParty,
}

/// What the words may say: `every`, `all` and `never` only where the whole is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// The probe enumerates everything the words speak of, and the evidence says how many.
    Whole,
    /// The probe tries some of it.
    Sample,
}

impl Proof {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Scan => "scan",
            Self::Canary => "canary",
            Self::Recompute => "recompute",
            Self::Freshness => "freshness",
            Self::ThirdParty => "third-party",
        }
    }

    /// What it means, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Negative => "The forbidden is tried on the running system and must be refused.",
            Self::Scan => "The whole of it is looked at and must have no exception.",
            Self::Canary => "Something unique is planted on the running system and then looked for.",
            Self::Recompute => "The record is verified again from its parts and compared.",
            Self::Freshness => "The record must be in date.",
            Self::ThirdParty => "Somebody else's evidence is checked.",
        }
    }
}

impl fmt::Debug for ClaimDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimDecl({})", self.id)
    }
}
