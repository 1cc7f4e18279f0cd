use std::fmt;

use model::Time;

/// What can be said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Verdict {
    /// A probe has shown it on the running system.
    #[serde(rename = "proved")]
    Proved,
    /// A named person has signed that it is so.
    #[serde(rename = "attested")]
    Attested,
    /// Somebody else promises it, by name.
    #[serde(rename = "attributed")]
    Attributed,
    /// A probe has shown that it is not so.
    #[serde(rename = "failed")]
    Failed,
    /// The last proof is too old.
    #[serde(rename = "stale")]
    Stale,
    /// There should be evidence and there is none.
    #[serde(rename = "evidence missing")]
    EvidenceMissing,
    /// A person must decide.
    #[serde(rename = "judgement required")]
    JudgementRequired,
    /// Deliberately not kept, in public and for a time.
    #[serde(rename = "waived")]
    Waived,
    /// Does not concern this house.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl Verdict {
    /// Every verdict, in the order in which they are counted.
    pub const ALL: [Self; 9] = [
        Self::Proved,
        Self::Attested,
        Self::Attributed,
        Self::Failed,
        Self::Stale,
        Self::EvidenceMissing,
        Self::JudgementRequired,
        Self::Waived,
        Self::NotApplicable,
    ];

    /// The word, in lower case.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Attested => "attested",
            Self::Attributed => "attributed",
            Self::Failed => "failed",
            Self::Stale => "stale",
            Self::EvidenceMissing => "evidence missing",
            Self::JudgementRequired => "judgement required",
            Self::Waived => "waived",
            Self::NotApplicable => "not applicable",
        }
    }

    /// What the verdict is worth at a moment: what is overdue is stale.
    ///
    /// A failure does not go stale; it stays a failure until a newer check says otherwise.
    #[must_use]
    pub fn at(self, now: Time, valid_until: Time) -> Self {
        match self {
            Self::Proved | Self::Attested | Self::Attributed | Self::Waived if valid_until <= now => Self::Stale,
            other => other,
        }
    }

    /// Whether nobody has to do anything about it.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Proved | Self::Attested | Self::Attributed | Self::NotApplicable)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overdue_is_stale_and_a_failure_stays_one() {
        let until = Time::from_seconds(100);
        for (verdict, before, after) in [
            (Verdict::Proved, Verdict::Proved, Verdict::Stale),
            (Verdict::Failed, Verdict::Failed, Verdict::Failed),
            (Verdict::EvidenceMissing, Verdict::EvidenceMissing, Verdict::EvidenceMissing),
        ] {
            assert_eq!(verdict.at(Time::from_seconds(99), until), before);
            assert_eq!(verdict.at(until, until), after);
        }
    }

    #[test]
    fn a_verdict_is_written_as_its_words() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{verdict}\""));
        }
    }
}
