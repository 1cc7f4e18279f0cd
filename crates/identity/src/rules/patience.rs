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

/// Wrong attempts from one address before it must wait. A whole practice may stand behind one.
pub const ADDRESS_FREE: u32 = 50;
/// The longest wait of an address, in seconds.
const ADDRESS_SECONDS_MAX: i64 = 60;
/// After so many quiet seconds an address begins anew.
const ADDRESS_QUIET_SECONDS: i64 = 15 * 60;

/// The moment from which the next attempt from an address is looked at.
pub fn address_open_from(wrong: u32, last: Time) -> Option<Time> {
    let beyond = wrong.checked_sub(ADDRESS_FREE)?;
    let seconds = 2i64.checked_pow(beyond.min(20)).unwrap_or(ADDRESS_SECONDS_MAX).min(ADDRESS_SECONDS_MAX);
    Some(last.plus_seconds(seconds))
}

/// The moment from which an address counts as new.
pub fn address_forgotten_from(last: Time) -> Time {
    last.plus_seconds(ADDRESS_QUIET_SECONDS)
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
