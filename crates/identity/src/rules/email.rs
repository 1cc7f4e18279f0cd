use std::fmt;

/// An e-mail address in the form in which accounts are compared: trimmed, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address. Only what every mail system takes is accepted: `local@domain`, at most 254 characters
    /// (RFC 5321 §4.5.3.1), no spaces or control characters, a dot in the domain.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        let good = text.len() <= 254
            && text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control())
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && local.len() <= 64
                    && !domain.contains('@')
                    && domain.contains('.')
                    && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
            });
        if good { Ok(Self(text)) } else { Err("Enter an e-mail address in the form name@example.org.".to_owned()) }
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_nonsense_is_refused() {
        assert_eq!(EmailAddress::parse(" Ada@Example.ORG ").unwrap().as_str(), "ada@example.org");
        for bad in ["", "ada", "@x.org", "ada@", "ada@localhost", "a b@x.org", "a@x..org", "a@b@x.org"] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }
}
