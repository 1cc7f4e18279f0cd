//! Finding resources whose text is sealed: what is indexed, and how a FHIR search becomes a handful of terms.
//!
//! A search is answered in two steps. The store finds candidates by keyed digests: every [`AnyOf`] of the
//! plan must hold. Then each candidate is opened and [`Plan::holds`] decides, because digests are truncated
//! and a term may be wider than the question.
//!
//! How names match: every word of the question must begin a word of the name, without case, accents and
//! apostrophes. `:exact` compares the whole value as written. `:contains` is refused: it would open everyone.
//!
//! How dates match: as R4 defines for the prefixes `eq ge gt le lt sa eb`. A range becomes the fewest years,
//! months and days that cover it: at most 60 days, 22 months and one year for each from 1850 to the next.
//!
//! Unknown parameters are refused unless the asker sends `Prefer: handling=lenient`. R4 leaves the default
//! to the server; ignoring a filter would open records that nobody asked for.

mod dates;
mod params;
mod query;
mod terms;
mod values;

pub use params::{By, Param, ParamType, fields, params};
pub use query::{COUNT_DEFAULT, COUNT_MAX, Handling, plan};
pub use terms::terms;

use super::ids::FhirId;
use super::{Resource, Type};
use values::Check;

/// How a search is answered.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The type searched.
    pub of: Type,
    /// Only these, if the search names ids.
    pub ids: Option<Vec<FhirId>>,
    /// All of these must hold. Empty: every resource of the type is a candidate.
    pub all: Vec<AnyOf>,
    /// Matches for one page.
    pub count: usize,
    /// Where the last page ended, as the house gave it out.
    pub page: Option<String>,
    /// Parameters that were ignored, because the asker allowed it.
    pub ignored: Vec<String>,
    /// The parameters that were used, as they were asked, for the `self` link.
    pub used: Vec<(String, String)>,
    checks: Vec<Check>,
}

/// One condition on the index: at least one of the terms. Without terms nothing can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyOf {
    /// The terms.
    pub any: Vec<Sought>,
}

/// A term to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sought {
    /// The declared field.
    pub field: &'static str,
    /// The folded beginning of a word for a `Words` field, the whole value for `Exact`, and `YYYY`, `YYYY-MM`
    /// or `YYYY-MM-DD` for `Bucket`.
    pub value: String,
}

impl Plan {
    /// Whether an opened resource is what was asked for.
    pub fn holds(&self, resource: &Resource) -> bool {
        resource.of() == self.of
            && self.ids.as_ref().is_none_or(|ids| resource.id().is_some_and(|id| ids.contains(&id)))
            && self.checks.iter().all(|check| check.holds(resource.root()))
    }

    /// Whether the search asks for everything of the type.
    pub fn is_everything(&self) -> bool {
        self.all.is_empty() && self.ids.is_none()
    }

    /// The query of the `self` link: what was used, percent-encoded.
    pub fn self_query(&self) -> String {
        let pairs = self.used.iter().map(|(name, value)| format!("{}={}", query::encode(name), query::encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The query of the `next` link: the same search, from another page on.
    pub fn query_of_page(&self, page: &str) -> String {
        let others = self.used.iter().filter(|(name, _)| name != "_page");
        let mut pairs: Vec<String> =
            others.map(|(name, value)| format!("{}={}", query::encode(name), query::encode(value))).collect();
        pairs.push(format!("_page={}", query::encode(page)));
        pairs.join("&")
    }
}
