use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Cost, PasswordError};

/// The most bytes of a verifier's text.
pub const VERIFIER_BYTES_MAX: usize = 512;

const SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
const HASH_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// What is kept instead of a password. Its text is a PHC string, such as
/// `$argon2id$v=19$m=19456,t=2,p=1$` + salt + `$` + hash, both in base64 without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Verifier {
    pub(super) const fn new(cost: Cost, salt: Vec<u8>, hash: Vec<u8>) -> Self {
        Self { cost, salt, hash }
    }

    /// Reads a stored PHC string. Only Argon2id version 19, in the one canonical spelling, within bounds.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let unreadable = PasswordError::Unreadable;
        if text.len() > VERIFIER_BYTES_MAX {
            return Err(unreadable("it is longer than 512 bytes"));
        }
        let mut parts = text.split('$');
        let mut next = || parts.next().ok_or(unreadable("five parts after `$` are expected"));
        if !next()?.is_empty() {
            return Err(unreadable("it does not begin with `$`"));
        }
        if next()? != "argon2id" {
            return Err(unreadable("the algorithm is not argon2id"));
        }
        if next()? != "v=19" {
            return Err(unreadable("the version is not v=19"));
        }
        let cost = parse_cost(next()?)?;
        let salt = decode(next()?, &SALT_BYTES, "the salt is not 8 to 64 bytes of base64")?;
        let hash = decode(next()?, &HASH_BYTES, "the hash is not 16 to 64 bytes of base64")?;
        match parts.next() {
            None => Ok(Self { cost, salt, hash }),
            Some(_) => Err(unreadable("something follows the hash")),
        }
    }

    /// The PHC string to store.
    pub fn to_phc(&self) -> String {
        let Self { cost, salt, hash } = self;
        format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            cost.memory_kib(),
            cost.passes(),
            cost.lanes(),
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(hash)
        )
    }

    /// What it costs to compare with it.
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(super) fn hash(&self) -> &[u8] {
        &self.hash
    }
}

fn parse_cost(text: &str) -> Result<Cost, PasswordError> {
    let wrong = PasswordError::Unreadable("the parameters are not m=…,t=…,p=… in plain decimals");
    let mut parts = text.split(',');
    let mut number = |prefix: &str| parts.next().and_then(|part| part.strip_prefix(prefix)).and_then(decimal);
    let (Some(memory_kib), Some(passes), Some(lanes)) = (number("m="), number("t="), number("p=")) else {
        return Err(wrong);
    };
    if parts.next().is_some() {
        return Err(wrong);
    }
    Cost::new(memory_kib, passes, lanes)
}

/// A decimal as the format spells it: digits only, no leading zero.
fn decimal(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

fn decode(
    text: &str,
    lengths: &std::ops::RangeInclusive<usize>,
    words: &'static str,
) -> Result<Vec<u8>, PasswordError> {
    let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| PasswordError::Unreadable(words))?;
    if lengths.contains(&bytes.len()) { Ok(bytes) } else { Err(PasswordError::Unreadable(words)) }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({:?}, hidden)", self.cost)
    }
}
