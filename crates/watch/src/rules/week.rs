//! Weeks as ISO 8601 counts them: from Monday, the first one with a Thursday in the year.

use model::Time;

const DAY: i64 = 86_400;

/// A week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    /// Monday, midnight UTC.
    monday: i64,
}

impl Week {
    /// The week of a moment.
    pub const fn of(moment: Time) -> Self {
        let day = moment.seconds().div_euclid(DAY);
        // 1 January 1970 was a Thursday.
        Self { monday: (day - (day + 3).rem_euclid(7)) * DAY }
    }

    /// The week before.
    #[must_use]
    pub const fn before(self) -> Self {
        Self { monday: self.monday - 7 * DAY }
    }

    /// Its days, `YYYY-MM-DD`, Monday first.
    pub fn days(self) -> Vec<String> {
        (0..7).map(|day| Time::from_seconds(self.monday + day * DAY).date()).collect()
    }

    /// Whether all of it lies before a moment.
    pub const fn is_over(self, now: Time) -> bool {
        self.monday + 7 * DAY <= now.seconds()
    }

    /// `2026-W47`.
    pub fn name(self) -> String {
        let thursday = Time::from_seconds(self.monday + 3 * DAY);
        let date = thursday.date();
        let year = date.split('-').next().unwrap_or_default().to_owned();
        let mut count = 1;
        let mut earlier = thursday.seconds() - 7 * DAY;
        while Time::from_seconds(earlier).date().starts_with(&year) {
            count += 1;
            earlier -= 7 * DAY;
        }
        format!("{year}-W{count:02}")
    }

    /// The week of that name, of the last two years before a moment.
    pub fn named(name: &str, now: Time) -> Option<Self> {
        let mut week = Self::of(now);
        for _ in 0..110 {
            if week.name() == name {
                return Some(week);
            }
            week = week.before();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_named_as_iso_8601_names_them() {
        for (seconds, name) in [
            (1_795_305_600, "2026-W47"), // Sunday 22 November 2026
            (1_795_392_000, "2026-W48"), // Monday
            (1_609_459_200, "2020-W53"), // Friday 1 January 2021
            (1_704_067_200, "2024-W01"), // Monday 1 January 2024
        ] {
            assert_eq!(Week::of(Time::from_seconds(seconds)).name(), name, "{seconds}");
        }
        let now = Time::from_seconds(1_795_305_600);
        assert_eq!(Week::named("2026-W40", now).map(Week::name).as_deref(), Some("2026-W40"));
        assert_eq!(Week::of(now).days().first().map(String::as_str), Some("2026-11-16"));
        assert!(!Week::of(now).is_over(now) && Week::of(now).before().is_over(now));
    }
}
