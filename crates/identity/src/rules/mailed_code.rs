//! One-time codes by mail: eight digits, a quarter of an hour, five tries, good once.

use model::{Outside, RecordId, Time};

use crate::kinds::MailedCode;

/// How long a code is good, in seconds.
pub const CODE_SECONDS: i64 = 15 * 60;
/// Wrong tries after which a code is void.
pub const TRIES_MAX: u32 = 5;
/// Wrong tries after which the next needs a challenge.
pub const RISKY_FROM: u32 = 2;
/// Codes that may be sent in one sign-up.
pub const SENDS_MAX: u32 = 4;
/// How long to wait before another is sent, in seconds.
pub const AGAIN_SECONDS: i64 = 60;
/// Letters to one address in an hour that strangers can cause.
pub const LETTERS_MAX: u32 = 6;

/// A fresh code, every one of the 100,000,000 as likely as any other.
pub fn fresh(outside: &dyn Outside) -> String {
    const CODES: u32 = 100_000_000;
    // Numbers from here on are thrown away, or the low codes would come a little more often.
    const EVEN: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let mut bytes = [0u8; 4];
        outside.fill(&mut bytes);
        let number = u32::from_be_bytes(bytes);
        if number < EVEN {
            return format!("{:08}", number % CODES);
        }
    }
}

/// A code as a letter shows it: in two fours.
pub fn shown(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((left, right)) => format!("{left} {right}"),
        None => code.to_owned(),
    }
}

/// What was typed, without spaces and hyphens.
pub fn typed(entered: &str) -> String {
    entered.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(32).collect()
}

/// What a try comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It is right, and used up by that.
    Right,
    /// It is wrong, and counts.
    Wrong,
    /// There is no code any more that could be right.
    Over,
}

/// Judges a try, given the digest of what was typed.
pub fn judge(code: &MailedCode, tried: RecordId, now: Time) -> Judged {
    if code.wrong >= TRIES_MAX || now >= code.ends {
        return Judged::Over;
    }
    match code.digest {
        Some(digest) if seal::same(digest.as_bytes(), tried.as_bytes()) => Judged::Right,
        _ => Judged::Wrong,
    }
}

/// The first code of a sign-up; `digest` is none where nobody is sent one.
pub fn first(digest: Option<RecordId>, now: Time) -> MailedCode {
    MailedCode { digest, ends: now.plus_seconds(CODE_SECONDS), wrong: 0, sends: 1, sent: now }
}

/// The next code, if one may be sent; otherwise how many seconds to wait, or none if no more are sent.
pub fn next(code: &MailedCode, digest: Option<RecordId>, now: Time) -> Result<MailedCode, Option<i64>> {
    let from = code.sent.plus_seconds(AGAIN_SECONDS);
    match () {
        () if code.sends >= SENDS_MAX => Err(None),
        () if now < from => Err(Some(from.seconds_since(now).max(0) + 1)),
        () => Ok(MailedCode { sends: code.sends + 1, ..first(digest, now) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fixed(std::sync::Mutex<Vec<u32>>);

    impl Outside for Fixed {
        fn now(&self) -> Time {
            Time::from_seconds(0)
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.lock().unwrap().remove(0).to_be_bytes());
        }
    }

    #[test]
    fn codes_have_eight_digits_and_none_is_likelier_than_another() {
        let fixed = Fixed(std::sync::Mutex::new(vec![u32::MAX, 4_200_000_000, 7, 4_199_999_999]));
        assert_eq!(fresh(&fixed), "00000007", "the uneven rest is thrown away");
        assert_eq!(fresh(&fixed), "99999999");
        assert_eq!(typed(&shown("12345678")), "12345678");
    }

    fn id(byte: u8) -> RecordId {
        RecordId::from_bytes([byte; 16])
    }

    proptest! {
        #[test]
        fn a_code_is_right_only_before_its_end_with_tries_left_and_while_it_is_there(
            after in -2i64..=2, wrong in 0u32..8, there in any::<bool>(), same in any::<bool>(),
        ) {
            let sent = Time::from_seconds(1_000_000);
            let code = MailedCode { wrong, ..first(there.then_some(id(1)), sent) };
            let now = sent.plus_seconds(CODE_SECONDS + after);
            let judged = judge(&code, id(if same { 1 } else { 2 }), now);
            let expected = match () {
                () if after >= 0 || wrong >= TRIES_MAX => Judged::Over,
                () if there && same => Judged::Right,
                () => Judged::Wrong,
            };
            prop_assert_eq!(judged, expected);
        }

        #[test]
        fn codes_are_sent_again_after_a_minute_and_not_without_end(sends in 1u32..8, after in 0i64..200) {
            let sent = Time::from_seconds(1_000_000);
            let code = MailedCode { sends, wrong: 5, ..first(Some(id(1)), sent) };
            match next(&code, Some(id(2)), sent.plus_seconds(after)) {
                Ok(next) => {
                    prop_assert!(sends < SENDS_MAX && after >= AGAIN_SECONDS);
                    prop_assert_eq!((next.sends, next.wrong, next.digest), (sends + 1, 0, Some(id(2))));
                }
                Err(None) => prop_assert!(sends >= SENDS_MAX),
                Err(Some(wait)) => {
                    prop_assert!(after < AGAIN_SECONDS && wait > 0);
                    prop_assert!(next(&code, None, sent.plus_seconds(after + wait)).is_ok());
                }
            }
        }
    }
}
