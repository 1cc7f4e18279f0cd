//! FHIR dates: partial dates and moments as ranges, and the refusal of days that do not exist.

use model::Time;

/// The earliest year taken as the date of a birth or a document.
pub(crate) const YEAR_MIN: i16 = 1850;

/// A `date` or `dateTime` as what it spans: from its first moment up to, not including, the first after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moments {
    pub from: Time,
    pub until: Time,
}

/// How exact a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exactness {
    Year,
    Month,
    Day,
    Moment,
}

/// A read `date` or `dateTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FhirDate {
    pub exactness: Exactness,
    pub moments: Moments,
    /// The calendar year as written.
    pub year: i16,
}

/// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or a moment with its zone. A date without a zone is taken in UTC.
pub(crate) fn read(text: &str) -> Result<FhirDate, &'static str> {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let shape = "This is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD.";
    let year = digits(0, 4).ok_or(shape)?;
    if year == 0 {
        return Err("There is no year 0000.");
    }
    let month = match bytes.get(4) {
        None => return spanning(year, None, None).ok_or(shape),
        Some(b'-') => i8::try_from(digits(5, 7).ok_or(shape)?).map_err(|_| shape)?,
        Some(_) => return Err(shape),
    };
    if !(1..=12).contains(&month) {
        return Err("There is no such month.");
    }
    let day = match bytes.get(7) {
        None => return spanning(year, Some(month), None).ok_or(shape),
        Some(b'-') => i8::try_from(digits(8, 10).ok_or(shape)?).map_err(|_| shape)?,
        Some(_) => return Err(shape),
    };
    if jiff::civil::Date::new(year, month, day).is_err() {
        return Err("There is no such day in that month.");
    }
    match bytes.get(10) {
        None => spanning(year, Some(month), Some(day)).ok_or(shape),
        Some(b'T') => moment(text, year),
        Some(_) => Err(shape),
    }
}

fn moment(text: &str, year: i16) -> Result<FhirDate, &'static str> {
    let shape = "This is not a moment in time: expected YYYY-MM-DDThh:mm:ss with a zone such as Z or +01:00.";
    let rest = text.get(11..).unwrap_or_default();
    let zone = rest.find(['Z', '+', '-']).ok_or(shape)?;
    let clock = rest.get(..zone).unwrap_or_default();
    let parts: Vec<&str> = clock.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return Err(shape);
    }
    let whole = if parts.len() == 2 {
        format!("{}T{clock}:00{}", &date_of(text), rest.get(zone..).unwrap_or_default())
    } else {
        text.to_owned()
    };
    let from: Time = whole.parse().map_err(|_| shape)?;
    let micros = match (parts.len(), clock.split_once('.')) {
        (2, _) => 60_000_000,
        (_, None) => 1_000_000,
        (_, Some((_, decimals))) => 10_i64.pow(6_u32.saturating_sub(u32::try_from(decimals.len()).unwrap_or(6))),
    };
    let until = Time::from_micros(from.micros().saturating_add(micros));
    Ok(FhirDate { exactness: Exactness::Moment, moments: Moments { from, until }, year })
}

fn date_of(text: &str) -> &str {
    text.get(..10).unwrap_or_default()
}

fn spanning(year: i16, month: Option<i8>, day: Option<i8>) -> Option<FhirDate> {
    let first = jiff::civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
    let (exactness, step) = match (month, day) {
        (_, Some(_)) => (Exactness::Day, jiff::Span::new().days(1)),
        (Some(_), None) => (Exactness::Month, jiff::Span::new().months(1)),
        (None, None) => (Exactness::Year, jiff::Span::new().years(1)),
    };
    let from = midnight(first)?;
    // The last representable year has no first moment after it.
    let until = first.checked_add(step).ok().and_then(midnight).unwrap_or(Time::from_micros(i64::MAX));
    Some(FhirDate { exactness, moments: Moments { from, until }, year })
}

/// The first moment of a day in UTC. Reckoned from days, because the last day of the calendar has one too.
fn midnight(date: jiff::civil::Date) -> Option<Time> {
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    Some(Time::from_seconds(date.duration_since(epoch).as_secs()))
}

/// The calendar day in UTC on which a moment falls.
pub(crate) fn day_of(time: Time) -> Option<jiff::civil::Date> {
    let moment = jiff::Timestamp::from_microsecond(time.micros()).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        for absurd in
            ["0000", "0000-01-01", "2026-02-30", "2026-13", "2026-00-01", "2025-02-29", "20260101", "2026-1-1"]
        {
            assert!(read(absurd).is_err(), "{absurd}");
        }
        for fine in
            ["2024-02-29", "1974", "1974-12", "2015-02-07T13:28:17.239+02:00", "2015-02-07T13:28Z", "9999-12-31"]
        {
            assert!(read(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn a_partial_date_spans_all_its_days() {
        let year = read("1974").unwrap();
        let day = read("1974-12-31").unwrap();
        assert_eq!(year.moments.until, day.moments.until);
        assert_eq!(year.moments.from, read("1974-01-01").unwrap().moments.from);
    }
}
