//! Durations and dates in ISO 8601, by arithmetic alone: nothing here knows what time it is.

/// Minutes in a day.
pub(crate) const DAY: i64 = 24 * 60;

/// An ISO 8601 duration in minutes; a month counts 30 days and a year 365, as schedules mean them.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let body = text.strip_prefix('P')?;
    if body.is_empty() || body.len() > 40 {
        return None;
    }
    let mut total = 0.0;
    let mut number = String::new();
    let mut clock = false;
    for letter in body.chars() {
        let unit = match (letter, clock) {
            ('0'..='9' | '.', _) => {
                number.push(letter);
                continue;
            }
            ('T', false) if number.is_empty() => {
                clock = true;
                continue;
            }
            ('Y', false) => 365.0 * 1440.0,
            ('M', false) => 30.0 * 1440.0,
            ('W', false) => 7.0 * 1440.0,
            ('D', false) => 1440.0,
            ('H', true) => 60.0,
            ('M', true) => 1.0,
            ('S', true) => 1.0 / 60.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    let whole = (sign * total).round();
    (number.is_empty() && whole.abs() < 1e12).then_some(whole as i64)
}

/// A length in minutes as an ISO 8601 duration.
pub(crate) fn duration(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let (days, rest) = (minutes.abs() / DAY, minutes.abs() % DAY);
    let (hours, left) = (rest / 60, rest % 60);
    match (days, hours, left) {
        (0, 0, left) => format!("{sign}PT{left}M"),
        (days, 0, 0) if days % 7 == 0 => format!("{sign}P{}W", days / 7),
        (days, 0, 0) => format!("{sign}P{days}D"),
        (0, hours, 0) => format!("{sign}PT{hours}H"),
        (0, hours, left) => format!("{sign}PT{hours}H{left}M"),
        (days, hours, left) => format!("{sign}P{days}DT{hours}H{left}M"),
    }
}

/// The day of the proleptic Gregorian calendar, counted from 1970-01-01.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day number as `YYYY-MM-DD`.
pub(crate) fn date(day_number: i64) -> String {
    let shifted = day_number + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The day number of `YYYY-MM-DD`, when it is a date.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let mut next = || parts.next().and_then(|part| part.parse::<i64>().ok());
    let number = day_number(next()?, next()?, next()?);
    (date(number) == text.get(..10)?).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        assert_eq!(minutes("P2W"), Some(14 * DAY));
        assert_eq!(minutes("P1DT4H30M"), Some(DAY + 270));
        assert_eq!(minutes("-PT30M"), Some(-30));
        for wrong in ["", "P", "PT", "2W", "P2X", "P-3D", "PTD", "P9999999999999999999D"] {
            assert!(minutes(wrong).is_none_or(|zero| wrong == "PT" && zero == 0), "{wrong}");
        }
        assert_eq!(duration(14 * DAY), "P2W");
        assert_eq!(duration(270), "PT4H30M");
    }

    #[test]
    fn dates_survive_the_round_trip() {
        for day in [-719_162, -1, 0, 59, 11_016, 20_000, 1_000_000] {
            assert_eq!(parse_date(&date(day)), (-719_162..2_932_897).contains(&day).then_some(day));
        }
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(parse_date("2024-02-30"), None);
    }
}
