//! How long the door makes somebody wait after wrong attempts. Waiting ends by itself: nobody can lock another
//! person out for good.

use model::Time;

/// Wrong attempts before waiting begins.
pub const FREE: u32 = 5;
/// The longest wait, in seconds.
pub const SECONDS_MAX: i64 = 15 * 60;

/// The moment from which the next attempt is looked at.
pub fn open_from(wrong: u32, last: Option<Time>) -> Option<Time> {
    let beyond = wrong.checked_sub(FREE)?;
    let seconds = 2i64.checked_pow(beyond.min(20) + 1).unwrap_or(SECONDS_MAX).min(SECONDS_MAX);
    Some(last?.plus_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_ends() {
        let last = Some(Time::from_seconds(1000));
        assert_eq!(open_from(4, last), None);
        assert_eq!(open_from(5, last), Some(Time::from_seconds(1002)));
        assert_eq!(open_from(8, last), Some(Time::from_seconds(1016)));
        assert_eq!(open_from(u32::MAX, last), Some(Time::from_seconds(1000 + SECONDS_MAX)));
    }
}
