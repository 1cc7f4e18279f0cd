use model::Time;

/// The day somebody was born, as far as it is known: `1988-03-04`, `1988-03` or `1988`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth(String);

impl Birth {
    /// Reads the three boxes of a date. Day, or day and month, may be left empty where nobody knows them.
    pub fn parse(day: &str, month: &str, year: &str) -> Result<Self, String> {
        let shape = "Enter the date of birth in numbers, such as 4 3 1988. If only the year is known, enter only that.";
        let number = |text: &str| text.trim().parse::<i16>().map_err(|_| shape.to_owned());
        if year.trim().len() != 4 {
            return Err("Enter the year of birth with its four digits, such as 1988.".to_owned());
        }
        let year = number(year)?;
        let text = match (day.trim(), month.trim()) {
            ("", "") => format!("{year:04}"),
            ("", month) => format!("{year:04}-{:02}", number(month)?),
            (_, "") => return Err("Enter the month too, or leave the day empty.".to_owned()),
            (day, month) => format!("{year:04}-{:02}-{:02}", number(month)?, number(day)?),
        };
        Self::read(&text).ok_or_else(|| "There is no such day. Check the date and enter it again.".to_owned())
    }

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next(), parts.next());
        let part = |text: Option<&str>| text.map_or(Some(1), |text| text.parse::<i8>().ok());
        let right = year.len() == 4 && parts.next().is_none();
        jiff::civil::Date::new(year.parse().ok()?, part(month)?, part(day)?).ok().filter(|_| right)?;
        Some(Self(text.to_owned()))
    }

    /// As FHIR writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Day, month and year for the three boxes, without leading zeros.
    pub fn boxes(&self) -> [String; 3] {
        let mut parts = self.0.split('-').map(|part| part.trim_start_matches('0').to_owned());
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        [day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default()]
    }

    /// Whether it can be the birth of somebody who is here now, or what is wrong.
    pub fn check(&self, now: Time) -> Result<(), String> {
        let today = now.date();
        let as_exact = today.get(..self.0.len()).unwrap_or_default();
        if self.0.as_str() > as_exact {
            return Err("This day lies in the future. Check the date and enter it again.".to_owned());
        }
        let year = |text: &str| text.get(..4).and_then(|year| year.parse::<i16>().ok()).unwrap_or(0);
        if year(&today) - year(&self.0) > 130 {
            return Err("This is more than 130 years ago. Check the year and enter it again.".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_far_as_it_is_known() {
        for (boxes, text) in
            [(["4", "3", "1988"], "1988-03-04"), (["", "12", "1988"], "1988-12"), (["", "", "1948"], "1948")]
        {
            let birth = Birth::parse(boxes[0], boxes[1], boxes[2]).unwrap();
            assert_eq!(birth.as_str(), text);
            assert_eq!(birth.boxes(), boxes);
        }
    }

    #[test]
    fn days_that_cannot_be_are_refused() {
        for boxes in [
            ["31", "2", "1988"],
            ["4", "", "1988"],
            ["x", "3", "1988"],
            ["4", "13", "1988"],
            ["4", "3", "88"],
            ["", "", ""],
        ] {
            assert!(Birth::parse(boxes[0], boxes[1], boxes[2]).is_err(), "{boxes:?}");
        }
        let now: Time = "2026-11-21T12:00:00Z".parse().unwrap();
        for (text, right) in
            [("2026-11-21", true), ("2026-11-22", false), ("2026", true), ("2027", false), ("1890-01-01", false)]
        {
            assert_eq!(Birth::read(text).unwrap().check(now).is_ok(), right, "{text}");
        }
    }
}
