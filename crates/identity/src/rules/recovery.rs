//! Recovery codes: ten at a time, twenty digits each (66 bits), good once. Digits, because the field of one-time codes
//! brings up digits on a phone.

use model::{Outside, SubjectId, Time};

use crate::kinds::RecoveryCode;

/// How many are made at a time.
pub const CODES: usize = 10;
const LEN: usize = 20;

/// Fresh codes as they are shown, `0000-0000-0000-0000-0000`.
pub fn fresh(outside: &dyn Outside) -> Vec<String> {
    (0..CODES).map(|_| one(outside)).collect()
}

fn one(outside: &dyn Outside) -> String {
    let half = || {
        let mut bytes = [0u8; 8];
        outside.fill(&mut bytes);
        // 2^64 is so much more than 10^10 that no digit is likelier than another by more than one in 10^9.
        format!("{:010}", u64::from_be_bytes(bytes) % 10_000_000_000)
    };
    let digits: Vec<char> = [half(), half()].concat().chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// How a code is kept.
pub fn kept(whose: SubjectId, code: &str) -> Option<RecoveryCode> {
    Some(RecoveryCode { digest: digest(whose, &read(code)?), used: None })
}

/// The list with this code used, if it is one of them and was not used before.
pub fn used(whose: SubjectId, codes: &[RecoveryCode], entered: &str, now: Time) -> Option<Vec<RecoveryCode>> {
    let digest = digest(whose, &read(entered)?);
    let found = codes.iter().position(|code| seal::same(code.digest.as_bytes(), digest.as_bytes()))?;
    let mut codes = codes.to_vec();
    let code = codes.get_mut(found).filter(|code| code.used.is_none())?;
    code.used = Some(now);
    Some(codes)
}

/// A code as somebody types it: with or without dashes and spaces.
fn read(entered: &str) -> Option<String> {
    let code: String = entered.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').take(LEN + 1).collect();
    (code.len() == LEN && code.bytes().all(|sign| sign.is_ascii_digit())).then_some(code)
}

fn digest(whose: SubjectId, code: &str) -> String {
    let whole = [whose.as_bytes().as_slice(), code.as_bytes()].concat();
    seal::sha256(&whole).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: SubjectId = SubjectId::from_bytes([5; 16]);

    #[test]
    fn a_code_is_good_once_for_one_person_however_it_is_typed() {
        let code = "0123-4567-8901-2345-6789";
        let codes = vec![kept(ADA, code).unwrap()];
        let now = Time::from_seconds(1);
        for typed in [code, "01234567890123456789", " 0123 4567 8901 2345 6789 "] {
            let after = used(ADA, &codes, typed, now).unwrap();
            assert_eq!(after[0].used, Some(now));
            assert_eq!(used(ADA, &after, typed, now), None, "once");
        }
        assert_eq!(used(SubjectId::from_bytes([6; 16]), &codes, code, now), None);
        for wrong in ["", "123456", "0123-4567-8901-2345-6780", "0123-4567-8901-2345-67890", "0123-4567-8901-2345-678x"]
        {
            assert_eq!(used(ADA, &codes, wrong, now), None, "{wrong}");
        }
    }
}
