use std::fmt;

/// The system of NHS numbers in FHIR (UK Core, "Identifier: NHS number").
pub const SYSTEM: &str = "https://fhir.nhs.uk/Id/nhs-number";

/// An NHS number: nine digits and a check digit (NHS Data Model and Dictionary, "NHS NUMBER", modulus 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NhsNumber(String);

impl NhsNumber {
    /// Reads a number as people write it, with spaces or hyphens.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        if digits.len() != 10 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("An NHS number has 10 digits, such as 999 012 3457. Check it and enter it again.".to_owned());
        }
        if !checks(&digits) {
            return Err("This NHS number has a mistake in it: its last digit does not fit the others. Check it and enter it again.".to_owned());
        }
        Ok(Self(digits))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the tenth digit is that of the other nine.
fn checks(digits: &str) -> bool {
    let number = |letter: char| letter.to_digit(10).unwrap_or(0);
    let sum: u32 = digits.chars().take(9).zip((2..=10).rev()).map(|(digit, weight)| number(digit) * weight).sum();
    let check = (11 - sum % 11) % 11;
    digits.chars().last().map(number) == Some(check)
}

/// In 3-3-4, as it is read out.
impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spaced(&self.0))
    }
}

/// A number in 3-3-4; anything that is not ten characters long as it is.
pub fn spaced(number: &str) -> String {
    match (number.get(..3), number.get(3..6), number.get(6..)) {
        (Some(first), Some(second), Some(third)) if number.len() == 10 => format!("{first} {second} {third}"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        // NHS Data Model and Dictionary: 943 476 5919 is the example number.
        for text in ["9434765919", "943 476 5919", "943-476-5919", " 943 4765919 "] {
            assert_eq!(NhsNumber::parse(text).unwrap().to_string(), "943 476 5919", "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_are_noticed() {
        for text in ["9434765918", "9434756919", "943476591", "94347659190", "943476591X", ""] {
            assert!(NhsNumber::parse(text).is_err(), "{text}");
        }
        let right = "9434765919";
        for at in 0..9 {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = right.chars().collect();
                wrong[at] = digit;
                let wrong: String = wrong.iter().collect();
                assert_eq!(NhsNumber::parse(&wrong).is_ok(), wrong == right, "{wrong}");
            }
        }
    }
}
