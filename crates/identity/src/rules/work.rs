//! A proof of work that a browser does and a person does not notice: the ALTCHA protocol, version 1, with SHA-256.
//!
//! The house picks a number, and shows `salt` and the hash of `salt ‖ number`. Finding the number takes some ten thousand
//! hashes; checking it takes one. The answer is base64 of JSON with `algorithm`, `challenge`, `number`, `salt` and
//! `signature`. The salt ends with `&`, so that digits cannot be moved from its `expires` to the number or back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Outside, Time};
use serde::{Deserialize, Serialize};

/// The largest number that is picked: half as many hashes on average.
pub const NUMBER_MAX: u32 = 60_000;
/// How long a challenge is good, in seconds.
pub const GOOD_SECONDS: i64 = 20 * 60;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 2048;

const ALGORITHM: &str = "SHA-256";

/// A challenge as the page gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Always `SHA-256`.
    pub algorithm: String,
    /// The hash to be found, in hex.
    pub challenge: String,
    /// The largest number worth trying.
    pub maxnumber: u32,
    /// What stands before the number.
    pub salt: String,
    /// Shows that this house made it, for this route.
    pub signature: String,
}

/// An answer as it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Always `SHA-256`.
    pub algorithm: String,
    /// The challenge's hash.
    pub challenge: String,
    /// The number that was found.
    pub number: u32,
    /// The challenge's salt.
    pub salt: String,
    /// The challenge's signature.
    pub signature: String,
}

/// A fresh challenge, not signed yet.
pub fn fresh(outside: &dyn Outside, now: Time) -> Challenge {
    let mut random = [0u8; 16];
    outside.fill(&mut random);
    let (salt, number) = random.split_at(12);
    let number = number.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) % NUMBER_MAX;
    let salt = format!("{}?expires={}&", hex(salt), now.plus_seconds(GOOD_SECONDS).seconds());
    Challenge {
        algorithm: ALGORITHM.to_owned(),
        challenge: hash(&salt, number),
        maxnumber: NUMBER_MAX,
        salt,
        signature: String::new(),
    }
}

/// Reads an answer.
pub fn read(text: &str) -> Option<Answered> {
    if text.len() > ANSWER_BYTES_MAX {
        return None;
    }
    serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
}

/// Whether the work was done and the challenge is not over. Whose challenge it was, the signature tells.
pub fn holds(answered: &Answered, now: Time) -> bool {
    let right = hash(&answered.salt, answered.number) == answered.challenge;
    answered.algorithm == ALGORITHM && right && ends(&answered.salt).is_some_and(|ends| now < ends)
}

/// When a challenge ends.
pub fn ends(salt: &str) -> Option<Time> {
    let (_, params) = salt.split_once('?')?;
    let ends = params.split('&').find_map(|param| param.strip_prefix("expires="))?;
    salt.ends_with('&').then_some(Time::from_seconds(ends.parse().ok()?))
}

/// Does the work, as a browser does. For programs that come through the front door: the probe runner and tests.
pub fn solve(challenge: &Challenge) -> Option<String> {
    let number = (0..=challenge.maxnumber).find(|number| hash(&challenge.salt, *number) == challenge.challenge)?;
    let answered = Answered {
        algorithm: challenge.algorithm.clone(),
        challenge: challenge.challenge.clone(),
        number,
        salt: challenge.salt.clone(),
        signature: challenge.signature.clone(),
    };
    Some(STANDARD.encode(serde_json::to_vec(&answered).ok()?))
}

fn hash(salt: &str, number: u32) -> String {
    hex(&seal::sha256(format!("{salt}{number}").as_bytes()))
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Outside for Fixed {
        fn now(&self) -> Time {
            Time::from_seconds(1_795_000_000)
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(9);
        }
    }

    /// SHA-256 of `0123?expires=1&` and `42`, made with coreutils.
    #[test]
    fn the_hash_is_the_plain_one_of_salt_and_number() {
        assert_eq!(hash("0123?expires=1&", 42), "49145f1b6f07a75eb15721c2c67563d86dcc66963ad6be3b0349a1eb9c837afd");
    }

    #[test]
    fn work_done_holds_until_its_end_and_no_longer() {
        let challenge = fresh(&Fixed, Fixed.now());
        let answered = read(&solve(&challenge).unwrap()).unwrap();
        let end = Fixed.now().plus_seconds(GOOD_SECONDS);
        assert!(holds(&answered, Fixed.now()) && holds(&answered, end.plus_seconds(-1)));
        assert!(!holds(&answered, end));
        for wrong in [
            Answered { number: answered.number + 1, ..answered.clone() },
            Answered { algorithm: "SHA-1".into(), ..answered.clone() },
            Answered { salt: answered.salt.replace("expires=1", "expires=2"), ..answered.clone() },
            // Digits moved from the number to the end of the salt.
            Answered {
                salt: format!("{}{}", answered.salt, answered.number / 10),
                number: answered.number % 10,
                ..answered.clone()
            },
        ] {
            assert!(!holds(&wrong, Fixed.now()), "{wrong:?}");
        }
        for junk in ["", "e30=", "%%%", &"A".repeat(4000)] {
            assert_eq!(read(junk), None);
        }
    }
}
