//! ISO 8601 durations as protocols use them, in minutes and in words.

/// Minutes of a duration such as `P2W`, `P1DT4H` or `-P3D`; months count 30 days and years 365.
pub fn minutes(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P')?;
    let (mut total, mut digits, mut in_time, mut any) = (0i64, String::new(), false, false);
    for letter in rest.chars() {
        if letter == 'T' && digits.is_empty() && !in_time {
            in_time = true;
            continue;
        }
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = match (letter, in_time) {
            ('Y', false) => 365 * 1440,
            ('M', false) => 30 * 1440,
            ('W', false) => 7 * 1440,
            ('D', false) => 1440,
            ('H', true) => 60,
            ('M', true) => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
        any = true;
    }
    (any && digits.is_empty()).then_some(if negative { -total } else { total })
}

/// So many days as a duration.
pub fn days(count: i64) -> String {
    format!("P{}D", count.unsigned_abs())
}

/// A duration in words: `2 weeks`, `3 days`, `4 h`. What cannot be read stays as it is.
pub fn words(text: &str) -> String {
    let Some(minutes) = minutes(text) else { return text.to_owned() };
    let plural = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match minutes.abs() {
        0 => "0".to_owned(),
        m if m % (7 * 1440) == 0 => plural(m / (7 * 1440), "week"),
        m if m % 1440 == 0 => plural(m / 1440, "day"),
        m if m % 60 == 0 => format!("{} h", m / 60),
        m => format!("{m} min"),
    }
}

/// A window in short: `±3 d`, `−4 h to +1 d`.
pub fn window(lower: &str, upper: &str) -> String {
    let short = |text: &str| match minutes(text).map(i64::abs) {
        None => text.to_owned(),
        Some(m) if m % 1440 == 0 => format!("{} d", m / 1440),
        Some(m) if m % 60 == 0 => format!("{} h", m / 60),
        Some(m) => format!("{m} min"),
    };
    match (lower.is_empty(), upper.is_empty()) {
        (true, true) => String::new(),
        _ if minutes(lower).unwrap_or(0) == 0 && minutes(upper).unwrap_or(0) == 0 => String::new(),
        _ if lower == upper => format!("±{}", short(lower)),
        _ => format!(
            "−{} to +{}",
            short(if lower.is_empty() { "P0D" } else { lower }),
            short(if upper.is_empty() { "P0D" } else { upper })
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_said() {
        for (text, count, said) in [
            ("P2W", 20_160, "2 weeks"),
            ("P1D", 1440, "1 day"),
            ("PT4H", 240, "4 h"),
            ("P1DT1H", 1500, "25 h"),
            ("-P3D", -4320, "3 days"),
        ] {
            assert_eq!(minutes(text), Some(count), "{text}");
            assert_eq!(words(text), said);
        }
        for text in ["", "P", "PT", "2 weeks", "P2", "PW", "P99999999999999999999D", "P1H", "PT1D"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn windows_are_short() {
        for (lower, upper, said) in [
            ("P3D", "P3D", "±3 d"),
            ("PT4H", "PT0H", "−4 h to +0 d"),
            ("", "", ""),
            ("P0D", "P0D", ""),
            ("", "P1D", "−0 d to +1 d"),
        ] {
            assert_eq!(window(lower, upper), said);
        }
    }
}
