use std::collections::BTreeMap;

use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// How many attempts a day brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "watch.day",
    version = 1,
    words = "How many attempts one day brought, by hour, rule, source and route.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "attack.read",
    create = "attack.note",
    revise = "attack.note",
    retire = "attack.clear"
)]
pub struct Day {
    /// The day, `YYYY-MM-DD` in UTC.
    #[field(sensitivity = Internal, search = Exact, unique)]
    pub day: String,
    /// When this record ends.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
    /// The counts.
    #[field(sensitivity = Identifying)]
    pub tally: Tally,
}

/// Counts of attempts. Each map holds at most [`Tally::NAMES_MAX`] names; what comes after is counted under `others`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Attempts in each hour, the first from midnight UTC.
    pub hours: [u64; 24],
    /// Those that went no further.
    pub blocked: u64,
    /// Those that were only observed.
    pub observed: u64,
    /// By rule id; an attempt counts under each rule that matched.
    pub rules: BTreeMap<String, u64>,
    /// By source.
    pub sources: BTreeMap<String, u64>,
    /// By route.
    pub routes: BTreeMap<String, u64>,
    /// By sort of attack.
    pub sorts: BTreeMap<String, u64>,
}

impl Tally {
    /// Most names in one map.
    pub const NAMES_MAX: usize = 200;

    /// All attempts.
    pub const fn all(&self) -> u64 {
        self.blocked + self.observed
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.hours.iter_mut().zip(&other.hours) {
            *own += more;
        }
        self.blocked += other.blocked;
        self.observed += other.observed;
        for (own, more) in [
            (&mut self.rules, &other.rules),
            (&mut self.sources, &other.sources),
            (&mut self.routes, &other.routes),
            (&mut self.sorts, &other.sorts),
        ] {
            for (name, count) in more {
                count_under(own, name, *count);
            }
        }
    }
}

/// Counts under a name, or under `others` where there are too many names already.
pub(crate) fn count_under(map: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    let is_new = !map.contains_key(name);
    let name = if is_new && map.len() >= Tally::NAMES_MAX { "others" } else { name };
    *map.entry(name.to_owned()).or_default() += count;
}
