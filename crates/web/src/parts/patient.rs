use std::fmt;

use askama::Template;

use super::{Day, embeds};

/// Whose record this is, across the top of every page about one patient, with what must never be out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/patient.html")]
pub struct PatientBanner {
    /// `SURNAME, Forename (Title)`.
    pub name: String,
    /// `04-Mar-1988 (38y)`.
    pub born: String,
    /// `999 012 3457`.
    pub nhs_number: Option<String>,
    /// More label and value pairs, such as when they were last seen.
    pub facts: Vec<(&'static str, String)>,
    /// Allergies and alerts. Empty says that none were entered, which is not the same as that there are none.
    pub alerts: Vec<String>,
}

impl PatientBanner {
    /// A banner in the form that UK systems share: `SURNAME, Forename (Title)`, `dd-Mmm-yyyy (age)`, number in 3-3-4.
    pub fn new(name: &PatientName, born: Option<Day>, today: Day, nhs_number: Option<&str>) -> Self {
        let born = born.map(|born| format!("{} ({}y)", born.dashed(), born.years_until(today)));
        Self {
            name: name.to_string(),
            born: born.unwrap_or_else(|| "not known".to_owned()),
            nhs_number: nhs_number.map(spaced),
            facts: Vec::new(),
            alerts: Vec::new(),
        }
    }
}

/// A name as the banner and lists set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientName {
    /// The family name.
    pub family: String,
    /// All given names.
    pub given: String,
    /// The title, or nothing.
    pub title: String,
}

impl fmt::Display for PatientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.family.to_uppercase())?;
        if !self.given.is_empty() {
            write!(f, ", {}", self.given)?;
        }
        if !self.title.is_empty() {
            write!(f, " ({})", self.title)?;
        }
        Ok(())
    }
}

/// An NHS number in 3-3-4; anything else as it is.
fn spaced(number: &str) -> String {
    let parts = (number.get(..3), number.get(3..6), number.get(6..));
    match parts {
        (Some(first), Some(second), Some(third)) if number.len() == 10 => format!("{first} {second} {third}"),
        _ => number.to_owned(),
    }
}

embeds!(PatientBanner);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_reads_as_people_know_it() {
        let name = PatientName { family: "Okonkwo".into(), given: "Adaeze".into(), title: "Ms".into() };
        let (born, today) = (Day::parse("1988-03-04"), Day::parse("2026-11-21").unwrap());
        let banner = PatientBanner::new(&name, born, today, Some("9990123457"));
        assert_eq!(banner.name, "OKONKWO, Adaeze (Ms)");
        assert_eq!(banner.born, "04-Mar-1988 (38y)");
        assert_eq!(banner.nhs_number.as_deref(), Some("999 012 3457"));
    }

    #[test]
    fn nobody_is_a_year_older_before_the_birthday() {
        let age = |born: &str, today: &str| Day::parse(born).unwrap().years_until(Day::parse(today).unwrap());
        assert_eq!(age("1988-03-04", "2026-03-03"), 37);
        assert_eq!(age("1988-03-04", "2026-03-04"), 38);
        assert_eq!(age("1988-02-29", "2027-02-28"), 38);
        assert_eq!(age("1988-02-29", "2027-03-01"), 39);
    }
}
