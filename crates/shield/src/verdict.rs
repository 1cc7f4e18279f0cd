//! What an inspection says.

use crate::limits::Limit;
use std::sync::Arc;

/// The result of one inspection.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether the request passes.
    pub decision: Decision,
    /// The anomaly score that the rules added up.
    pub score: i64,
    /// The rules that matched and say so, in order.
    pub hits: Vec<Hit>,
    /// Bytes examined, the measure of the budget.
    pub work: u64,
}

impl Verdict {
    /// Whether the caller has to refuse the request.
    pub fn blocks(&self) -> bool {
        matches!(self.decision, Decision::Block(_))
    }

    /// The ids of the rules that matched, in order.
    pub fn ids(&self) -> Vec<u32> {
        self.hits.iter().map(|hit| hit.rule).collect()
    }
}

/// Pass, or block and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Nothing speaks against the request.
    Pass,
    /// It would be blocked, and is not because the mode is to observe.
    WouldBlock(Ground),
    /// It is to be refused.
    Block(Ground),
}

/// Why a request is blocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ground {
    /// A rule denied it.
    Rule {
        /// The id of the rule.
        id: u32,
        /// The HTTP status it asks for.
        status: u16,
    },
    /// It went beyond a limit.
    Limit(Limit),
}

/// One rule that matched.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The id of the rule.
    pub rule: u32,
    /// The phase it ran in.
    pub phase: u8,
    /// What it says.
    pub message: String,
    /// 0 emergency … 7 debug, where the rule states one.
    pub severity: Option<u8>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// Where it matched, at most eight places.
    pub places: Vec<Place>,
}

/// A place in a request and a piece of what stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Variable and name, such as `ARGS:note`.
    pub name: String,
    /// What stands there.
    pub excerpt: Excerpt,
}

/// A bounded piece of a request. It can be health data: it is shown only through one of two named doors.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Vec<u8>);

/// Longest excerpt in bytes.
pub const EXCERPT_BYTES_MAX: usize = 96;

impl Excerpt {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().take(EXCERPT_BYTES_MAX).collect())
    }

    /// The shape alone: letters become `a`, digits `0`, anything beyond ASCII `?`; signs stay.
    pub fn redacted(&self) -> String {
        let shape = |byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' => 'a',
            b'0'..=b'9' => '0',
            0x20..=0x7e => char::from(*byte),
            _ => '?',
        };
        self.0.iter().map(shape).collect()
    }

    /// The bytes themselves, to be sealed before they are kept.
    pub fn danger_plain(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Excerpt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

/// What one rule did in an inspection.
#[derive(Clone, Debug)]
pub struct Step {
    /// The id of the rule.
    pub rule: u32,
    /// The rule file and line.
    pub at: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of running a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was passed over by a `skipAfter`.
    Skipped,
    /// An exclusion or a control took it out.
    Removed,
    /// It looked at this many values and did not match.
    NoMatch {
        /// How many values its first link looked at.
        values: usize,
    },
    /// It matched at these places, link by link.
    Matched {
        /// Where each link matched last.
        places: Vec<Place>,
    },
}
