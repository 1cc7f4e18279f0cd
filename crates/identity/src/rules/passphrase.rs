use seal::Secret;

/// Fewest characters of a password (NIST SP 800-63B-4 §3.1.1.2: 15 where it is the only factor, 8 beside another).
pub const CHARS_MIN: usize = 10;
/// Most characters of a password.
pub const CHARS_MAX: usize = 256;

/// Passwords that are tried first by everybody. The longer list comes with the breached-password file.
const COMMON: &[&str] =
    &["password", "passwort", "qwerty", "123456", "letmein", "welcome", "iloveyou", "admin", "candor", "dentist"];

/// Reads a new password: long enough, and not a common one with digits around it.
pub fn parse_new(text: &str) -> Result<Secret, String> {
    let chars = text.chars().count();
    if chars < CHARS_MIN {
        return Err(format!(
            "Use at least {CHARS_MIN} characters. Three or four unrelated words are easy to remember."
        ));
    }
    if chars > CHARS_MAX {
        return Err(format!("Use at most {CHARS_MAX} characters."));
    }
    let core: String = text.chars().filter(|letter| letter.is_alphabetic()).collect::<String>().to_lowercase();
    let varied = text.chars().collect::<std::collections::BTreeSet<_>>().len() >= 5;
    if COMMON.contains(&core.as_str()) || !varied {
        return Err("This password is among the first that anybody would try. Choose another.".to_owned());
    }
    Ok(Secret::new(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_monotonous_passwords_are_refused() {
        for bad in ["short", "password123!", "aaaaaaaaaaaa", "1212121212", "Admin2026!!"] {
            assert!(parse_new(bad).is_err(), "{bad}");
        }
        assert!(parse_new("copper lantern Tuesday").is_ok());
    }
}
