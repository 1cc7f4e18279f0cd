use askama::Template;

use super::embeds;

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
    /// Allergies and alerts. Empty says `No known allergies recorded`.
    pub alerts: Vec<String>,
}

embeds!(PatientBanner);
