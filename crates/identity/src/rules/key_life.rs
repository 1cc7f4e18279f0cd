//! How long a program's key lives.

use model::Time;

/// The longest life of a key, in days.
pub const KEY_DAYS_MAX: i64 = 365;
/// Days after which a key that nobody uses is revoked.
pub const UNUSED_DAYS_MAX: i64 = 90;
/// Days for which a key that has ended still stands in the list, so that people see why a program stopped.
pub const SHOWN_AFTER_DAYS: i64 = 30;
/// How often a use is written down, in seconds.
pub const USE_NOTED_SECONDS: i64 = 60 * 60;
/// Hours for which a replaced key may go on working.
pub const OVERLAP_HOURS: &[i64] = &[0, 1, 24, 72];

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The end of a key made now for so many days; a refusal in words if that is no life or too long a one.
pub fn ends_after(days: i64, now: Time) -> Result<Time, String> {
    match days {
        1..=KEY_DAYS_MAX => Ok(now.plus_seconds(days * DAY)),
        _ => Err(format!("A key lives from 1 to {KEY_DAYS_MAX} days. Choose one of these.")),
    }
}

/// Whether a key may end at that moment if it is made now.
pub fn may_end(ends: Time, now: Time) -> bool {
    now < ends && ends <= now.plus_seconds(KEY_DAYS_MAX * DAY)
}

/// When a key that is replaced now ends: after the overlap, but never later than it would have anyway.
pub fn replaced_ends(ends: Time, overlap_hours: i64, now: Time) -> Time {
    ends.min(now.plus_seconds(overlap_hours.clamp(0, 72) * HOUR))
}

/// The days left to a successor: as many as the replaced key had in all, within the limits.
pub fn successor_days(made: Time, ends: Time) -> i64 {
    let days = (ends.seconds_since(made) + DAY - 1).div_euclid(DAY);
    days.clamp(1, KEY_DAYS_MAX)
}

/// Whether nobody has used a key for so long that it is revoked.
pub fn is_forgotten(made: Time, last_use: Option<Time>, now: Time) -> bool {
    last_use.unwrap_or(made).plus_seconds(UNUSED_DAYS_MAX * DAY) <= now
}

/// Whether a key ended so long ago that it need not be shown any more.
pub fn is_long_over(ends: Time, now: Time) -> bool {
    ends.plus_seconds(SHOWN_AFTER_DAYS * DAY) <= now
}

/// Whether a use at `now` is to be written down, after the last one that was.
pub fn is_worth_noting(last_noted: Option<Time>, now: Time) -> bool {
    last_noted.is_none_or(|last| last.plus_seconds(USE_NOTED_SECONDS) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Time = Time::from_seconds(1_795_000_000);

    #[test]
    fn a_key_without_an_end_or_with_a_far_one_is_not_made() {
        for days in [i64::MIN, -1, 0, KEY_DAYS_MAX + 1, i64::MAX] {
            assert!(ends_after(days, NOW).is_err(), "{days}");
        }
        assert!(may_end(ends_after(KEY_DAYS_MAX, NOW).unwrap(), NOW));
        assert!(!may_end(NOW, NOW) && !may_end(NOW.plus_seconds(KEY_DAYS_MAX * DAY + 1), NOW));
        assert!(!may_end(Time::from_micros(i64::MAX), NOW));
    }

    #[test]
    fn a_key_is_forgotten_at_ninety_days_and_not_a_second_before() {
        let at = |days: i64, seconds: i64| NOW.plus_seconds(days * DAY + seconds);
        assert!(!is_forgotten(NOW, None, at(90, -1)) && is_forgotten(NOW, None, at(90, 0)));
        assert!(!is_forgotten(NOW, Some(at(50, 0)), at(139, 0)) && is_forgotten(NOW, Some(at(50, 0)), at(140, 0)));
    }

    proptest! {
        #[test]
        fn a_replaced_key_never_lives_longer_than_before(left in -1000i64..40_000_000, hours in -5i64..1000) {
            let ends = NOW.plus_seconds(left);
            let after = replaced_ends(ends, hours, NOW);
            prop_assert!(after <= ends && after <= NOW.plus_seconds(72 * HOUR));
        }

        #[test]
        fn a_successor_lives_as_long_as_any_key_may(life in -1000i64..80_000_000) {
            let days = successor_days(NOW, NOW.plus_seconds(life));
            prop_assert!(ends_after(days, NOW).is_ok());
        }
    }
}
