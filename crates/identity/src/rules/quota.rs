//! A month's tokens: how many are spent, how many are set aside, when the next month begins.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use model::{RecordId, Time};
use serde::{Deserialize, Serialize};

/// Tokens a month if the organisation has not chosen otherwise.
pub const TOKENS_USUAL: u64 = 1_000_000;
/// The most that an organisation can choose.
pub const TOKENS_MAX: u64 = 1_000_000_000_000;
/// For how long tokens are set aside for work that says nothing more, in seconds.
pub const RESERVED_SECONDS: i64 = 15 * 60;
/// Pieces of work that one person may have under way.
pub const UNDER_WAY_MAX: usize = 32;
/// Months that stay in the list.
pub const MONTHS_KEPT: usize = 13;

/// A month of the calendar, such as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(String);

/// What stands written about one person's tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Tokens spent, by month, the newest first.
    pub spent: Vec<(Month, u64)>,
    /// Work that is under way.
    pub under_way: Vec<UnderWay>,
}

/// Tokens set aside for one piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Which.
    pub id: RecordId,
    /// The month whose quota they are taken from.
    pub month: Month,
    /// How many at most.
    pub tokens: u64,
    /// Until when they are set aside.
    pub until: Time,
}

/// Why tokens cannot be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// The month does not have so many left.
    Spent {
        /// How many it has.
        left: u64,
    },
    /// Too much work of the same person is under way.
    Busy,
}

impl Month {
    /// Its name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The organisation's time zone by its IANA name, such as `Europe/London`.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("{name} is not a time zone. Enter a name such as Europe/London or America/New_York."))
}

/// The month of a moment in a time zone, and the moment at which the next one begins.
///
/// The next month begins with the first instant of its first day there: where a clock change skips midnight, that is
/// the end of the gap.
pub fn month_at(now: Time, zone: &TimeZone) -> Result<(Month, Time), String> {
    let moment = jiff::Timestamp::from_microsecond(now.micros()).map_err(|error| error.to_string())?;
    let today: Date = moment.to_zoned(zone.clone()).date();
    let month = Month(format!("{:04}-{:02}", today.year(), today.month()));
    let next = match today.month() {
        12 => date(today.year().saturating_add(1), 1, 1),
        month => date(today.year(), month + 1, 1),
    };
    let begins = next.to_zoned(zone.clone()).map_err(|error| error.to_string())?;
    Ok((month, Time::from_micros(begins.timestamp().as_microsecond())))
}

impl Tokens {
    /// Tokens spent in a month.
    pub fn spent_in(&self, month: &Month) -> u64 {
        self.spent.iter().find(|(it, _)| it == month).map_or(0, |(_, spent)| *spent)
    }

    /// Tokens set aside in a month at a moment.
    pub fn reserved_in(&self, month: &Month, now: Time) -> u64 {
        let holds = |it: &&UnderWay| it.month == *month && now < it.until;
        self.under_way.iter().filter(holds).fold(0, |sum, it| sum.saturating_add(it.tokens))
    }

    /// Tokens that can still be set aside.
    pub fn left_in(&self, month: &Month, limit: u64, now: Time) -> u64 {
        limit.saturating_sub(self.spent_in(month)).saturating_sub(self.reserved_in(month, now))
    }

    /// The same with tokens set aside for one more piece of work.
    pub fn reserve(mut self, id: RecordId, tokens: u64, limit: u64, month: &Month, now: Time) -> Result<Self, Short> {
        self.under_way.retain(|it| now < it.until);
        let left = self.left_in(month, limit, now);
        if tokens > left {
            return Err(Short::Spent { left });
        }
        if self.under_way.len() >= UNDER_WAY_MAX {
            return Err(Short::Busy);
        }
        let until = now.plus_seconds(RESERVED_SECONDS);
        self.under_way.push(UnderWay { id, month: month.clone(), tokens, until });
        Ok(self)
    }

    /// The same after a piece of work that took so many tokens, counted in the month in which they were set aside. Work
    /// that comes back after its reservation expired still counts, in `now_month`: what was used was used.
    #[must_use]
    pub fn commit(mut self, id: RecordId, used: u64, now_month: &Month) -> Self {
        let month = match self.under_way.iter().position(|it| it.id == id) {
            Some(at) => self.under_way.swap_remove(at).month,
            None => now_month.clone(),
        };
        match self.spent.iter_mut().find(|(it, _)| *it == month) {
            Some((_, spent)) => *spent = spent.saturating_add(used),
            None => self.spent.push((month, used)),
        }
        self.spent.sort_by(|one, other| other.0.cmp(&one.0));
        self.spent.truncate(MONTHS_KEPT);
        self
    }

    /// The same without a piece of work that was not done.
    #[must_use]
    pub fn release(mut self, id: RecordId) -> Self {
        self.under_way.retain(|it| it.id != id);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn check(zone_name: &str, now: &str, month: &str, next: &str) {
        let (found, begins) = month_at(at(now), &zone(zone_name).unwrap()).unwrap();
        assert_eq!((found.as_str(), begins), (month, at(next)), "{now} in {zone_name}");
    }

    #[test]
    fn a_month_begins_where_the_organisation_is() {
        check("UTC", "2026-11-30T23:59:59.999999Z", "2026-11", "2026-12-01T00:00:00Z");
        check("UTC", "2026-12-01T00:00:00Z", "2026-12", "2027-01-01T00:00:00Z");
        // London is an hour ahead in summer and not in winter; the month that the clocks change ends in winter time.
        check("Europe/London", "2026-06-30T22:59:59Z", "2026-06", "2026-06-30T23:00:00Z");
        check("Europe/London", "2026-06-30T23:00:00Z", "2026-07", "2026-07-31T23:00:00Z");
        check("Europe/London", "2026-10-01T12:00:00Z", "2026-10", "2026-11-01T00:00:00Z");
        check("Pacific/Kiritimati", "2026-11-30T10:00:00Z", "2026-12", "2026-12-31T10:00:00Z");
        check("America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11", "2026-12-01T08:00:00Z");
    }

    #[test]
    fn a_leap_day_belongs_to_february() {
        check("UTC", "2028-02-29T23:59:59Z", "2028-02", "2028-03-01T00:00:00Z");
        check("Asia/Kolkata", "2028-02-29T18:29:59Z", "2028-02", "2028-02-29T18:30:00Z");
        check("Asia/Kolkata", "2028-02-29T18:30:00Z", "2028-03", "2028-03-31T18:30:00Z");
    }

    #[test]
    fn a_month_whose_first_midnight_does_not_exist_begins_after_the_gap() {
        // In Paraguay the clocks went from midnight to one o'clock on 1 October 2017.
        check("America/Asuncion", "2017-09-30T12:00:00Z", "2017-09", "2017-10-01T04:00:00Z");
    }

    #[test]
    fn what_is_no_time_zone_is_said_in_words() {
        for name in ["", "London", "Europe/Atlantis", "../etc/passwd"] {
            assert!(zone(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_reservation_expires_and_work_that_comes_late_still_counts() {
        let (month, now) = (Month("2026-11".into()), Time::from_seconds(1_795_000_000));
        let id = RecordId::from_bytes([1; 16]);
        let tokens = Tokens::default().reserve(id, 60, 100, &month, now).unwrap();
        let other = RecordId::from_bytes([2; 16]);
        assert_eq!(tokens.clone().reserve(other, 41, 100, &month, now), Err(Short::Spent { left: 40 }));
        let later = now.plus_seconds(RESERVED_SECONDS);
        let tokens = tokens.reserve(other, 100, 100, &month, later).unwrap();
        let tokens = tokens.commit(id, 60, &month).commit(other, 10, &month);
        assert_eq!((tokens.spent_in(&month), tokens.left_in(&month, 100, later)), (70, 30));
    }

    #[test]
    fn work_that_ends_in_the_next_month_counts_where_it_was_reserved() {
        let (old, new, now) = (Month("2026-11".into()), Month("2026-12".into()), Time::from_seconds(1_795_000_000));
        let id = RecordId::from_bytes([1; 16]);
        let tokens = Tokens::default().reserve(id, 60, 100, &old, now).unwrap();
        assert_eq!(tokens.left_in(&new, 100, now), 100);
        let tokens = tokens.commit(id, 50, &new);
        assert_eq!((tokens.spent_in(&old), tokens.spent_in(&new)), (50, 0));
    }

    proptest! {
        #[test]
        fn whoever_takes_no_more_than_they_reserved_never_passes_the_limit(
            limit in 0u64..1000,
            acts in proptest::collection::vec((0u8..4, 0u8..6, 0u64..400, 0i64..600), 1..200),
        ) {
            let month = Month("2026-11".into());
            let (mut now, mut tokens) = (Time::from_seconds(1_795_000_000), Tokens::default());
            for (act, who, amount, pause) in acts {
                now = now.plus_seconds(pause);
                let id = RecordId::from_bytes([who; 16]);
                let held = tokens.under_way.iter().find(|it| it.id == id && now < it.until).map(|it| it.tokens);
                tokens = match (act, held) {
                    (0 | 1, None) => tokens.clone().reserve(id, amount, limit, &month, now).unwrap_or(tokens),
                    (2, Some(held)) => tokens.commit(id, amount.min(held), &month),
                    (3, _) => tokens.release(id),
                    _ => tokens,
                };
                prop_assert!(tokens.spent_in(&month) + tokens.reserved_in(&month, now) <= limit);
                prop_assert!(tokens.under_way.len() <= UNDER_WAY_MAX);
            }
        }

        #[test]
        fn every_moment_lies_in_its_month(seconds in 0i64..4_000_000_000, which in 0usize..5) {
            let zone = zone(["UTC", "Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"][which]).unwrap();
            let now = Time::from_seconds(seconds);
            let (month, next) = month_at(now, &zone).unwrap();
            prop_assert!(now < next && next.seconds_since(now) <= 32 * 86_400);
            let (after, _) = month_at(next, &zone).unwrap();
            let (last, end) = month_at(Time::from_micros(next.micros() - 1), &zone).unwrap();
            prop_assert!(month < after && last == month && end == next);
        }
    }
}
