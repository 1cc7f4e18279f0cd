//! Time-based one-time codes: RFC 6238 with SHA-1, six digits, 30 seconds, one step of tolerance either way.

use model::{Outside, Time};
use totp_rs::{Builder, Totp};

/// A fresh 160-bit secret in base32.
pub fn new_secret(outside: &dyn Outside) -> String {
    let mut bytes = [0u8; 20];
    outside.fill(&mut bytes);
    totp_rs::Secret::from(bytes).to_base32()
}

/// The time step whose code this is, if it is right and newer than `used`, the last step that was accepted.
pub fn check(secret: &str, code: &str, now: Time, used: u64) -> Option<u64> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let step = generator(secret)?.check(&digits, u64::try_from(now.seconds()).ok()?)?;
    (step > used).then_some(step)
}

/// The code for a moment. For programs that sign in as people do: the probe runner and the demo.
pub fn at(secret: &str, now: Time) -> Option<String> {
    let token = generator(secret)?.generate(u64::try_from(now.seconds()).ok()?);
    Some(token.to_string())
}

/// The address that authenticator programs read (Key URI format).
pub fn uri(secret: &str, account: &str) -> String {
    let label: String = account.bytes().map(escaped).collect();
    format!("otpauth://totp/Candor:{label}?secret={secret}&issuer=Candor&algorithm=SHA1&digits=6&period=30")
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn generator(secret: &str) -> Option<Totp> {
    let secret = totp_rs::Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).with_skew(1).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, last six of eight digits.
    #[test]
    fn the_published_codes_are_right() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(at(secret, Time::from_seconds(seconds)).as_deref(), Some(code));
            assert!(check(secret, code, Time::from_seconds(seconds), 0).is_some());
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let now = Time::from_seconds(1_111_111_109);
        let step = check(secret, "081 804", now, 0).unwrap();
        assert_eq!(check(secret, "081804", now, step), None);
        assert_eq!(check(secret, "081804", now.plus_seconds(120), 0), None);
        assert_eq!(check(secret, "081805", now, 0), None);
        assert_eq!(check(secret, "", now, 0), None);
    }
}
