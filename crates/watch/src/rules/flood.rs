//! How much a flood of attacks may cost the disk, without one attempt being lost from the count.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use model::{TenantId, Time};

use crate::kinds::{Tally, Verdict};

/// Most names of rules and routes in one gathering.
const NAMES_MAX: usize = 40;

/// How many attempts become records of their own.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// From one source in a minute.
    pub of_source: u32,
    /// From all sources of one organisation in a minute.
    pub of_all: u32,
    /// From all sources of one organisation in a day.
    pub of_day: u32,
    /// Sources in a minute that are counted each on its own beyond that; the others are counted together.
    pub sources: usize,
}

impl Bounds {
    /// 30 from one source and 120 from all in a minute, 10,000 in a day; beyond that 10 sources a minute by name.
    pub const USUAL: Self = Self { of_source: 30, of_all: 120, of_day: 10_000, sources: 10 };
}

/// One attempt as far as counting goes.
#[derive(Debug, Clone)]
pub struct One {
    /// Where it is written down.
    pub tenant: TenantId,
    /// Where it came from.
    pub source: String,
    /// The pattern of its route.
    pub route: String,
    /// The rules that matched, with what they say.
    pub rules: Vec<(u32, String)>,
    /// The sorts of attack.
    pub sorts: Vec<String>,
    /// The score.
    pub score: i64,
    /// What was decided.
    pub verdict: Verdict,
}

/// Whether an attempt becomes a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// It does.
    Alone,
    /// It is counted with others of its minute.
    Gathered,
}

/// Attempts of one minute that are written down as one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathering {
    /// When the first came.
    pub at: Time,
    /// Where they came from; `several` for many.
    pub source: String,
    /// How many.
    pub count: u64,
    /// How many of them went no further.
    pub blocked: u64,
    /// The highest score.
    pub score: i64,
    /// The rules, with what they say.
    pub rules: BTreeMap<u32, String>,
    /// The sorts.
    pub sorts: BTreeMap<String, u64>,
    /// The routes.
    pub routes: BTreeMap<String, u64>,
}

/// What is to be written down of one organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// Gatherings of minutes that are over.
    pub gathered: Vec<Gathering>,
    /// Counts by day that are not written down yet.
    pub tallies: BTreeMap<String, Tally>,
}

impl Due {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.gathered.is_empty() && self.tallies.is_empty()
    }
}

/// The counts of every organisation.
#[derive(Debug)]
pub struct Flood {
    bounds: Bounds,
    tenants: HashMap<TenantId, Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    minute: i64,
    by_source: HashMap<String, u32>,
    in_minute: u32,
    day: i64,
    in_day: u32,
    gathering: BTreeMap<String, Gathering>,
    due: Due,
}

/// Sources that are told apart in one minute at all.
const SOURCES_TOLD_APART: usize = 10_000;

impl Flood {
    /// Nothing counted yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, tenants: HashMap::new() }
    }

    /// Counts an attempt and says whether it becomes a record of its own.
    pub fn take(&mut self, one: &One, now: Time) -> Take {
        let bounds = self.bounds;
        let counted = self.tenants.entry(one.tenant).or_default();
        counted.turn(now);
        counted.tally(one, now);
        let known = counted.by_source.len();
        let from_source = match counted.by_source.get_mut(&one.source) {
            Some(count) => {
                *count += 1;
                *count
            }
            None if known < SOURCES_TOLD_APART => {
                counted.by_source.insert(one.source.clone(), 1);
                1
            }
            None => u32::MAX,
        };
        let few =
            from_source <= bounds.of_source && counted.in_minute < bounds.of_all && counted.in_day < bounds.of_day;
        if few {
            counted.in_minute += 1;
            counted.in_day += 1;
            return Take::Alone;
        }
        counted.gather(one, now, bounds.sources);
        Take::Gathered
    }

    /// Hands over what is to be written of an organisation: all counts, and gatherings of minutes that are over (or all
    /// of them, when the house closes).
    pub fn due(&mut self, tenant: TenantId, now: Time, closing: bool) -> Due {
        let Some(counted) = self.tenants.get_mut(&tenant) else { return Due::default() };
        counted.turn(now);
        if closing {
            counted.end_minute();
        }
        std::mem::take(&mut counted.due)
    }

    /// Takes back what could not be written.
    pub fn again(&mut self, tenant: TenantId, due: Due) {
        let own = &mut self.tenants.entry(tenant).or_default().due;
        own.gathered.extend(due.gathered);
        for (day, tally) in due.tallies {
            own.tallies.entry(day).or_default().add(&tally);
        }
    }

    /// The organisations with something to write.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.tenants.keys().copied().collect()
    }
}

impl Counted {
    /// Begins a new minute and a new day when it is time.
    fn turn(&mut self, now: Time) {
        let (minute, day) = (now.seconds().div_euclid(60), now.seconds().div_euclid(86_400));
        if minute != self.minute {
            self.end_minute();
            self.minute = minute;
            self.in_minute = 0;
            self.by_source.clear();
        }
        if day != self.day {
            self.day = day;
            self.in_day = 0;
        }
    }

    fn end_minute(&mut self) {
        let ended = std::mem::take(&mut self.gathering);
        self.due.gathered.extend(ended.into_values());
    }

    fn tally(&mut self, one: &One, now: Time) {
        let mut tally = Tally::default();
        let hour = usize::try_from(now.seconds().rem_euclid(86_400) / 3_600).unwrap_or(0);
        if let Some(hour) = tally.hours.get_mut(hour) {
            *hour = 1;
        }
        match one.verdict {
            Verdict::Blocked => tally.blocked = 1,
            Verdict::Observed => tally.observed = 1,
        }
        tally.rules = one.rules.iter().map(|(rule, _)| (rule.to_string(), 1)).collect();
        tally.sorts = one.sorts.iter().map(|sort| (sort.clone(), 1)).collect();
        tally.sources = [(one.source.clone(), 1)].into();
        tally.routes = [(one.route.clone(), 1)].into();
        self.due.tallies.entry(now.date()).or_default().add(&tally);
    }

    fn gather(&mut self, one: &One, now: Time, sources: usize) {
        let known = self.gathering.contains_key(&one.source) || self.gathering.len() < sources;
        let source = if known { one.source.as_str() } else { "several" };
        let gathering = self.gathering.entry(source.to_owned()).or_insert_with(|| Gathering {
            at: now,
            source: source.to_owned(),
            count: 0,
            blocked: 0,
            score: 0,
            rules: BTreeMap::new(),
            sorts: BTreeMap::new(),
            routes: BTreeMap::new(),
        });
        gathering.count += 1;
        gathering.blocked += u64::from(one.verdict == Verdict::Blocked);
        gathering.score = gathering.score.max(one.score);
        for (rule, words) in &one.rules {
            if gathering.rules.len() < NAMES_MAX {
                gathering.rules.entry(*rule).or_insert_with(|| words.clone());
            }
        }
        for sort in &one.sorts {
            *gathering.sorts.entry(sort.clone()).or_default() += 1;
        }
        if gathering.routes.len() < NAMES_MAX || gathering.routes.contains_key(&one.route) {
            *gathering.routes.entry(one.route.clone()).or_default() += 1;
        }
    }
}

/// The name of a source: an address, or for IPv6 its /64 network, since one sender usually has all of it.
pub fn source(peer: Option<IpAddr>) -> String {
    match peer {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None if address.is_loopback() => address.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { of_source: 3, of_all: 5, of_day: 8, sources: 2 };

    fn one(source: &str) -> One {
        One {
            tenant: TenantId::from_bytes([1; 16]),
            source: source.to_owned(),
            route: "/sign-in".to_owned(),
            rules: vec![(30_010, "SQL".to_owned())],
            sorts: vec!["sql".to_owned()],
            score: 5,
            verdict: Verdict::Blocked,
        }
    }

    #[test]
    fn a_flood_from_one_source_is_counted_to_the_last_attempt() {
        let mut flood = Flood::new(BOUNDS);
        let at = Time::from_seconds(1_795_000_020);
        let alone = (0..1_000).filter(|_| flood.take(&one("203.0.113.7"), at) == Take::Alone).count();
        assert_eq!(alone, 3);
        let due = flood.due(one("").tenant, at, false);
        assert!(due.gathered.is_empty(), "the minute is not over");
        assert_eq!(due.tallies.values().map(Tally::all).sum::<u64>(), 1_000);
        let due = flood.due(one("").tenant, at.plus_seconds(60), false);
        assert_eq!(due.gathered.iter().map(|one| one.count).sum::<u64>(), 997);
    }

    #[test]
    fn many_sources_cost_no_more_than_the_bounds() {
        let mut flood = Flood::new(BOUNDS);
        let at = Time::from_seconds(1_795_000_020);
        let mut alone = 0;
        for minute in 0..10 {
            for source in 0..50 {
                let now = at.plus_seconds(minute * 60);
                alone += u64::from(flood.take(&one(&format!("198.51.100.{source}")), now) == Take::Alone);
            }
        }
        let due = flood.due(one("").tenant, at.plus_seconds(540), true);
        assert_eq!(alone, 8, "no more than a day may have");
        assert!(due.gathered.len() <= 10 * 3);
        assert_eq!(alone + due.gathered.iter().map(|one| one.count).sum::<u64>(), 500);
    }

    #[test]
    fn what_could_not_be_written_is_counted_again() {
        let mut flood = Flood::new(BOUNDS);
        let at = Time::from_seconds(1_795_000_020);
        (0..10).for_each(|_| _ = flood.take(&one("203.0.113.7"), at));
        let due = flood.due(one("").tenant, at, true);
        flood.again(one("").tenant, due.clone());
        assert_eq!(flood.due(one("").tenant, at, true), due);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let peer = |text: &str| source(Some(text.parse().unwrap()));
        assert_eq!(peer("2001:db8:1:2:aaaa::1"), peer("2001:db8:1:2:bbbb::2"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("::ffff:203.0.113.7"), "203.0.113.7");
    }
}
