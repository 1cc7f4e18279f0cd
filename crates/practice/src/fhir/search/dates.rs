//! Ranges of dates as the fewest buckets that cover them.

use jiff::civil::Date;
use model::Time;

use super::Sought;
use crate::fhir::dates::{self, FhirDate, Moments};

/// How a date in a search compares (R4 search, "Prefixes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Eq,
    Gt,
    Ge,
    Lt,
    Le,
    Sa,
    Eb,
}

/// Days, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    pub from: Date,
    pub to: Date,
}

impl Prefix {
    /// The prefix and the rest; `Err` for a prefix of R4 that is not offered.
    pub fn split(text: &str) -> Result<(Self, &str), &'static str> {
        let Some((two, rest)) = text.split_at_checked(2) else { return Ok((Self::Eq, text)) };
        Ok((
            match two {
                "eq" => Self::Eq,
                "gt" => Self::Gt,
                "ge" => Self::Ge,
                "lt" => Self::Lt,
                "le" => Self::Le,
                "sa" => Self::Sa,
                "eb" => Self::Eb,
                "ne" => return Err("The prefix ne is not offered: it would open nearly every record."),
                "ap" => return Err("The prefix ap is not offered: say the range with ge and le."),
                _ => return Ok((Self::Eq, text)),
            },
            rest,
        ))
    }

    /// Whether a resource's date answers the search, both taken as ranges.
    pub fn holds(self, found: Moments, asked: Moments) -> bool {
        let inside = found.from >= asked.from && found.until <= asked.until;
        match self {
            Self::Eq => inside,
            Self::Gt => found.until > asked.until,
            Self::Ge => found.until > asked.until || inside,
            Self::Lt => found.from < asked.from,
            Self::Le => found.from < asked.from || inside,
            Self::Sa => found.from >= asked.until,
            Self::Eb => found.until <= asked.from,
        }
    }

    /// The days on which a whole date that answers can lie. Nothing earlier or later is ever kept: see
    /// `rules`, which refuse dates before 1850 and after the present day.
    pub fn days(self, asked: &FhirDate, now: Time) -> Option<Days> {
        let just_before = |time: Time| Time::from_micros(time.micros().saturating_sub(1));
        let earliest = Date::new(dates::YEAR_MIN, 1, 1).ok()?;
        let latest = dates::day_of(now)?.checked_add(jiff::Span::new().days(2)).ok()?;
        let latest = Date::new(latest.year(), 12, 31).ok()?;
        let Moments { from, until } = asked.moments;
        let day = |time: Time| dates::day_of(time).unwrap_or(latest);
        let (from, to) = match self {
            Self::Eq => (day(from), day(just_before(until))),
            Self::Gt | Self::Sa => (day(until), latest),
            Self::Ge => (day(from), latest),
            Self::Lt | Self::Eb => (earliest, day(just_before(from))),
            Self::Le => (earliest, day(just_before(until))),
        };
        Some(Days { from: from.max(earliest), to: to.min(latest) })
    }
}

impl Days {
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// The buckets that cover the days, and the partial dates that overlap their ends.
    pub fn terms(self, field: &'static str, partial: &'static str) -> Vec<Sought> {
        let mut found = Vec::new();
        let mut at = self.from;
        while at <= self.to {
            let year_ends = Date::new(at.year(), 12, 31).unwrap_or(at);
            let month_ends = at.last_of_month();
            let last = if at.month() == 1 && at.day() == 1 && year_ends <= self.to {
                found.push(Sought { field, value: format!("{:04}", at.year()) });
                year_ends
            } else if at.day() == 1 && month_ends <= self.to {
                found.push(Sought { field, value: format!("{:04}-{:02}", at.year(), at.month()) });
                month_ends
            } else {
                found.push(Sought { field, value: at.to_string() });
                at
            };
            match last.tomorrow() {
                Ok(next) => at = next,
                Err(_) => break,
            }
        }
        if self.from <= self.to {
            for end in [self.from, self.to] {
                found.push(Sought { field: partial, value: format!("{:04}", end.year()) });
                found.push(Sought { field: partial, value: format!("{:04}-{:02}", end.year(), end.month()) });
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
