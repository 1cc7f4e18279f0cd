use super::birth::Birth;

/// Longest text in the search box.
const CHARS_MAX: usize = 120;

/// What somebody types into the one search box: parts of a name, a date of birth, an NHS number, or several of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seeking {
    /// Beginnings of words of the name.
    pub words: Vec<String>,
    /// The date of birth, as far as it is said.
    pub born: Option<String>,
    /// A number of ten digits.
    pub number: Option<String>,
}

impl Seeking {
    /// Reads the box. Dates may be `4/3/1988`, `04-03-1988`, `1988-03-04` or a year.
    pub fn read(text: &str) -> Self {
        let mut seeking = Self::default();
        let text: String = text.chars().take(CHARS_MAX).collect();
        let mut digits = String::new();
        for part in text.split_whitespace() {
            // Four digits alone are a year; after other digits they are the end of an NHS number.
            let number = part.bytes().all(|byte| byte.is_ascii_digit()) && (part.len() != 4 || !digits.is_empty());
            if number && digits.len() + part.len() <= 10 {
                digits.push_str(part);
                continue;
            }
            match date(part) {
                Some(born) => seeking.born = Some(born),
                None => seeking.words.push(part.to_owned()),
            }
        }
        match digits.len() {
            0 => {}
            10 => seeking.number = Some(digits),
            _ => seeking.words.push(digits),
        }
        seeking
    }

    /// Whether nothing is sought.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.born.is_none() && self.number.is_none()
    }

    /// The same as a FHIR search of patients.
    pub fn query(&self) -> String {
        let mut pairs = Vec::new();
        if !self.words.is_empty() {
            pairs.push(format!("name={}", encode(&self.words.join(" "))));
        }
        if let Some(born) = &self.born {
            pairs.push(format!("birthdate={born}"));
        }
        if let Some(number) = &self.number {
            pairs.push(format!("identifier={number}"));
        }
        pairs.join("&")
    }
}

/// A date as people write it, as FHIR does.
fn date(part: &str) -> Option<String> {
    if let Some(born) = Birth::read(part) {
        return Some(born.as_str().to_owned());
    }
    let parts: Vec<&str> = part.split(['/', '-', '.']).collect();
    match parts.as_slice() {
        [day, month, year] => Birth::parse(day, month, year).ok().map(|born| born.as_str().to_owned()),
        [month, year] => Birth::parse("", month, year).ok().map(|born| born.as_str().to_owned()),
        _ => None,
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3); commas too, which would mean "or".
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.replace([',', '|', '\\', '$'], " ").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_box_takes_names_dates_and_numbers() {
        for (text, query) in [
            ("okonkwo", "name=okonkwo"),
            ("ada okon", "name=ada%20okon"),
            ("okon 4/3/1988", "name=okon&birthdate=1988-03-04"),
            ("1988-03-04", "birthdate=1988-03-04"),
            ("04.03.1988", "birthdate=1988-03-04"),
            ("3/1988", "birthdate=1988-03"),
            ("smith 1988", "name=smith&birthdate=1988"),
            ("999 012 3457", "identifier=9990123457"),
            ("9990123457", "identifier=9990123457"),
            ("O'Brien, Siôn", "name=O%27Brien%20%20Si%C3%B4n"),
            ("31/2/1988", "name=31%2F2%2F1988"),
            ("", ""),
        ] {
            assert_eq!(Seeking::read(text).query(), query, "{text}");
        }
    }
}
