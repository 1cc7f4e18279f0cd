//! Days as people give them, such as the last day of a contract, as moments.
//!
//! A day is a day of the United Kingdom: its offices open and close by that clock. Summer time begins on the last Sunday
//! of March and ends on the last Sunday of October, both at 01:00 UTC (Summer Time Order 2002, SI 2002/262).

use model::Time;

const DAY_SECONDS: i64 = 24 * 60 * 60;
const HOUR_SECONDS: i64 = 60 * 60;

/// The first moment of a day.
pub fn begins(year: i16, month: u8, day: u8) -> Time {
    moment(days_of(i64::from(year), month, day))
}

/// The first moment after a day, which is when something ends whose last day it is.
pub fn ends(year: i16, month: u8, day: u8) -> Time {
    moment(days_of(i64::from(year), month, day) + 1)
}

/// The day that a moment lies in, as year, month and day.
pub fn day_at(time: Time) -> (i16, u8, u8) {
    let offset = if is_summer(time.seconds()) { HOUR_SECONDS } else { 0 };
    date_of((time.seconds() + offset).div_euclid(DAY_SECONDS))
}

/// The last day of something that ends at a moment.
pub fn last_day(end: Time) -> (i16, u8, u8) {
    day_at(Time::from_micros(end.micros() - 1))
}

/// Midnight by the clock on the wall. Both changes happen at 01:00 UTC, so midnight is never in doubt.
fn moment(day: i64) -> Time {
    let as_winter = day * DAY_SECONDS;
    let summer = is_summer(as_winter - HOUR_SECONDS);
    Time::from_seconds(if summer { as_winter - HOUR_SECONDS } else { as_winter })
}

fn is_summer(seconds: i64) -> bool {
    let (year, _, _) = date_of(seconds.div_euclid(DAY_SECONDS));
    let change = |month| last_sunday(i64::from(year), month) * DAY_SECONDS + HOUR_SECONDS;
    (change(3)..change(10)).contains(&seconds)
}

/// The last Sunday of a month of 31 days, in days since 1970-01-01, which was a Thursday.
fn last_sunday(year: i64, month: u8) -> i64 {
    let last = days_of(year, month, 31);
    last - (last + 4).rem_euclid(7)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days_of(year: i64, month: u8, day: u8) -> i64 {
    let month = i64::from(month);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + i64::from(day) - 1 - 719_468
}

fn date_of(days: i64) -> (i16, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (era * 400 + year, month + 3) } else { (era * 400 + year + 1, month - 9) };
    let small = |value: i64| u8::try_from(value).unwrap_or(0);
    (i16::try_from(year).unwrap_or(i16::MAX), small(month), small(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(day: (i16, u8, u8), from: &str, until: &str) {
        let time = |text: &str| text.parse::<Time>().unwrap();
        assert_eq!((begins(day.0, day.1, day.2), ends(day.0, day.1, day.2)), (time(from), time(until)), "{day:?}");
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight_on_the_wall() {
        check((2026, 1, 15), "2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z");
        check((2026, 7, 15), "2026-07-14T23:00:00Z", "2026-07-15T23:00:00Z");
    }

    #[test]
    fn the_days_on_which_the_clocks_change_have_23_and_25_hours() {
        check((2026, 3, 28), "2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z");
        check((2026, 3, 29), "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z");
        check((2026, 10, 25), "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z");
        check((2026, 10, 26), "2026-10-26T00:00:00Z", "2026-10-27T00:00:00Z");
    }

    #[test]
    fn leap_days_are_days() {
        check((2028, 2, 29), "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z");
        check((2027, 2, 28), "2027-02-28T00:00:00Z", "2027-03-01T00:00:00Z");
        check((2100, 2, 28), "2100-02-28T00:00:00Z", "2100-03-01T00:00:00Z");
    }

    #[test]
    fn every_day_of_a_century_begins_where_the_day_before_ends_and_is_its_own() {
        let (mut day, mut before) = ((1999, 12, 31), begins(2000, 1, 1));
        for number in 0..36_525 {
            let next = date_of(days_of(2000, 1, 1) + number);
            assert_eq!(begins(next.0, next.1, next.2), before, "{next:?} after {day:?}");
            before = ends(next.0, next.1, next.2);
            assert_eq!(day_at(begins(next.0, next.1, next.2)), next);
            assert_eq!(last_day(before), next);
            day = next;
        }
    }

    #[test]
    fn the_calendar_agrees_with_the_house_clock() {
        for seconds in (-2_000_000_000i64..4_000_000_000).step_by(7_654_321) {
            let (year, month, day) = date_of(seconds.div_euclid(DAY_SECONDS));
            assert_eq!(format!("{year:04}-{month:02}-{day:02}"), Time::from_seconds(seconds).date());
        }
    }
}
