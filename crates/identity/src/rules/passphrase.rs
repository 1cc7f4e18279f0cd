use std::collections::HashSet;
use std::sync::LazyLock;

use model::Time;
use seal::Secret;
use serde::{Deserialize, Serialize};

/// Fewest characters of a password under any policy (NIST SP 800-63B-4 §3.1.1.2: 15 where it is the only factor, 8
/// beside another; here it is never the only one).
pub const CHARS_MIN: usize = 10;
/// Most characters of a password.
pub const CHARS_MAX: usize = 256;
/// Most earlier passwords that a policy may ask about: each costs a hash at every change.
pub const HISTORY_MAX: u8 = 24;

/// What an organisation asks of a password. Data, not code; and none of it can ask for less than every password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub chars_min: u16,
    /// How many of the four classes it must hold: small letters, capitals, digits, others.
    pub classes_min: u8,
    /// How many earlier passwords cannot come back.
    pub history: u8,
    /// After how many days it must be changed; none for never.
    pub age_days_max: Option<u16>,
}

impl PasswordPolicy {
    /// NIST SP 800-63B-4: length and the list of leaked ones, no composition, no age.
    pub const LENGTH: Self = Self { chars_min: 10, classes_min: 0, history: 0, age_days_max: None };
    /// The same with the length for passwords that stand alone.
    pub const LONG: Self = Self { chars_min: 15, classes_min: 0, history: 0, age_days_max: None };
    /// PCI DSS 4.0 (8.3.6, 8.3.7, 8.3.9): twelve characters, letters and digits, the last four, ninety days.
    pub const REGULATED: Self = Self { chars_min: 12, classes_min: 3, history: 4, age_days_max: Some(90) };

    /// The presets by name, with what they are for.
    pub const PRESETS: [(&'static str, Self, &'static str); 3] = [
        ("length", Self::LENGTH, "Length and leaked passwords (NIST SP 800-63B)"),
        ("long", Self::LONG, "The same, at least 15 characters"),
        ("regulated", Self::REGULATED, "Composition, history and age (PCI DSS, ISO 27001)"),
    ];

    /// Whether a password of this age must be changed.
    pub fn is_too_old(&self, since: Time, now: Time) -> bool {
        self.age_days_max.is_some_and(|days| since.plus_seconds(i64::from(days) * 24 * 60 * 60) <= now)
    }

    /// What it asks, in words.
    pub fn words(&self) -> String {
        let mut words = format!("At least {} characters", self.chars());
        if self.classes_min > 0 {
            let classes = self.classes_min.min(4);
            words.push_str(&format!(", with {classes} of small letters, capitals, digits and other signs"));
        }
        words.push('.');
        match self.history {
            0 => {}
            1 => words.push_str(" Not the one you had before."),
            many => words.push_str(&format!(" None of your last {many}.")),
        }
        if let Some(days) = self.age_days_max {
            words.push_str(&format!(" To be changed after {days} days."));
        }
        words
    }

    fn chars(&self) -> usize {
        usize::from(self.chars_min).clamp(CHARS_MIN, CHARS_MAX)
    }

    /// Reads a new password: long and varied enough, and not a common one.
    pub fn read(&self, text: &str) -> Result<Secret, String> {
        let chars = text.chars().count();
        if chars < self.chars() {
            let min = self.chars();
            return Err(format!("Use at least {min} characters. Three or four unrelated words are easy to remember."));
        }
        if chars > CHARS_MAX {
            return Err(format!("Use at most {CHARS_MAX} characters."));
        }
        if classes(text) < self.classes_min.min(4) {
            return Err(self.words());
        }
        if is_common(text) {
            return Err("This password is among the first that anybody would try. Choose another.".to_owned());
        }
        Ok(Secret::new(text.as_bytes()))
    }
}

/// How many of small letters, capitals, digits and other signs there are.
fn classes(text: &str) -> u8 {
    let has = |is: fn(char) -> bool| u8::from(text.chars().any(is));
    has(char::is_lowercase) + has(char::is_uppercase) + has(char::is_numeric) + has(|letter| !letter.is_alphanumeric())
}

/// Reads a new password by what holds under every policy.
pub fn parse_new(text: &str) -> Result<Secret, String> {
    PasswordPolicy::LENGTH.read(text)
}

/// Words that are tried first with digits and signs around them.
const COMMON: &[&str] =
    &["password", "passwort", "qwerty", "letmein", "welcome", "iloveyou", "admin", "candor", "dentist"];

/// The most frequent passwords, see `standards/passwords/README.md`.
static LIST: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../../../standards/passwords/common.txt").lines().collect());

fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let core: String = lower.chars().filter(|letter| letter.is_alphabetic()).collect();
    let varied = text.chars().collect::<HashSet<_>>().len() >= 5;
    // `baseball1!` is no better than `baseball`.
    let bare = lower.trim_matches(|letter: char| !letter.is_alphabetic());
    !varied || COMMON.contains(&core.as_str()) || LIST.contains(lower.as_str()) || LIST.contains(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_monotonous_passwords_are_refused() {
        for bad in [
            "short",
            "password123!",
            "aaaaaaaaaaaa",
            "1212121212",
            "Admin2026!!",
            "1234567890",
            "baseball2026!",
            "Qwertyuiop",
        ] {
            assert!(parse_new(bad).is_err(), "{bad}");
        }
        assert!(parse_new("copper lantern Tuesday").is_ok());
    }

    #[test]
    fn a_policy_asks_what_it_says_and_never_less_than_every_password_must_be() {
        let weak = PasswordPolicy { chars_min: 0, classes_min: 0, history: 0, age_days_max: None };
        assert!(weak.read("abcdefghi").is_err());
        let regulated = PasswordPolicy::REGULATED;
        assert!(regulated.read("copper lantern tuesday").is_err(), "two classes");
        assert!(regulated.read("Copper lantern tuesday").is_ok());
        assert!(PasswordPolicy::LONG.read("copper lanter").is_err());
    }

    #[test]
    fn a_password_is_too_old_from_the_moment_on_whatever_the_calendar_does() {
        let policy = PasswordPolicy::REGULATED;
        // Leap day, both changes of the clock in Europe, and the turn of the year lie in these spans.
        for since in [1_709_164_799, 1_711_846_800, 1_729_990_800, 1_735_689_599] {
            let since = Time::from_seconds(since);
            let end = since.plus_seconds(90 * 86_400);
            assert!(!policy.is_too_old(since, Time::from_micros(end.micros() - 1)));
            assert!(policy.is_too_old(since, end));
        }
        assert!(!PasswordPolicy::LENGTH.is_too_old(Time::from_seconds(0), Time::from_seconds(i64::from(u32::MAX))));
        assert!(policy.is_too_old(Time::from_micros(0), Time::from_seconds(1_795_000_000)), "unknown counts as old");
    }
}
