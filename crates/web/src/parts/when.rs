use model::Time;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the calendar, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i16,
    month: u8,
    day: u8,
}

impl Day {
    /// From year, month and day, if there is such a day.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        crate::form::day_exists(year, month, day).then_some(Self { year, month, day })
    }

    /// From `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let lengths = (year.len(), month.len(), day.len()) == (4, 2, 2) && parts.next().is_none();
        lengths.then(|| Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))?
    }

    /// The day of a moment, in UTC.
    pub fn of(moment: Time) -> Option<Self> {
        Self::parse(&moment.date())
    }

    /// `04-Mar-1988`, as in patient banners.
    pub fn dashed(self) -> String {
        format!("{:02}-{}-{}", self.day, self.month_short(), self.year)
    }

    /// `04 Mar 1988`, as in lists.
    pub fn short(self) -> String {
        format!("{:02} {} {}", self.day, self.month_short(), self.year)
    }

    /// `4 March 1988`, as in sentences.
    pub fn long(self) -> String {
        format!("{} {} {}", self.day, self.month_name(), self.year)
    }

    /// Whole years from this day to a later one; somebody born on 29 February turns on 1 March.
    pub fn years_until(self, later: Self) -> i16 {
        let before_birthday = (later.month, later.day) < (self.month, self.day);
        (later.year - self.year - i16::from(before_birthday)).max(0)
    }

    fn month_name(self) -> &'static str {
        MONTHS.get(usize::from(self.month) - 1).copied().unwrap_or("")
    }

    fn month_short(self) -> &'static str {
        self.month_name().get(..3).unwrap_or("")
    }
}

/// How long ago, in the largest unit that still tells: `3 minutes ago`.
pub fn ago(then: Time, now: Time) -> String {
    let seconds = now.seconds_since(then);
    let (count, unit) = match seconds {
        ..=4 => return "just now".to_owned(),
        5..=89 => (seconds, "second"),
        90..=5_399 => ((seconds + 30) / 60, "minute"),
        5_400..=129_599 => ((seconds + 1_800) / 3_600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_as_people_write_them() {
        let day = Day::parse("2026-11-02").unwrap();
        assert_eq!((day.dashed().as_str(), day.short().as_str()), ("02-Nov-2026", "02 Nov 2026"));
        assert_eq!(day.long(), "2 November 2026");
        assert_eq!(Day::of(Time::from_seconds(1_795_000_000)).map(Day::long).as_deref(), Some("18 November 2026"));
    }

    #[test]
    fn days_that_do_not_exist_are_not_shown() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-4-3", "2026-04-031", "+026-04-03", "2026-04", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn time_gone_by_is_told_in_the_unit_that_tells() {
        let now = Time::from_seconds(1_795_000_000);
        for (seconds, words) in [
            (-5, "just now"),
            (0, "just now"),
            (40, "40 seconds ago"),
            (120, "2 minutes ago"),
            (3_600, "60 minutes ago"),
            (6 * 3_600, "6 hours ago"),
            (26 * 3_600, "26 hours ago"),
            (3 * 86_400, "3 days ago"),
        ] {
            assert_eq!(ago(now.plus_seconds(-seconds), now), words);
        }
    }
}
