//! What a cookie or a token holds: the organisation, and a secret of 256 bits. Base64url, 64 characters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Outside, RecordId, TenantId};

/// Before an API key's token, so that scanners of leaked secrets recognise it.
const KEY_PREFIX: &str = "candor_key_";

/// A credential that came in.
pub(crate) struct Presented {
    pub tenant: TenantId,
    /// The record that stands for it: made of the secret's digest.
    pub record: RecordId,
}

/// A credential to be handed out, once.
pub(crate) struct Issued {
    pub text: String,
    pub record: RecordId,
}

pub(crate) fn issue(tenant: TenantId, outside: &dyn Outside) -> Issued {
    let mut bytes = [0u8; 48];
    let (left, right) = bytes.split_at_mut(16);
    left.copy_from_slice(tenant.as_bytes());
    outside.fill(right);
    Issued { text: URL_SAFE_NO_PAD.encode(bytes), record: record_of(&bytes) }
}

/// A key's token: the prefix, the secret, and a checksum of both. It matches
/// `candor_key_[A-Za-z0-9_-]{64}[0-9A-Za-z]{6}`, which is what to tell a scanner of leaked secrets.
pub(crate) fn issue_key(tenant: TenantId, outside: &dyn Outside) -> Issued {
    issue_marked(KEY_PREFIX, tenant, outside)
}

/// A token with a prefix and a checksum.
pub(crate) fn issue_marked(prefix: &str, tenant: TenantId, outside: &dyn Outside) -> Issued {
    let issued = issue(tenant, outside);
    let text = format!("{prefix}{}", issued.text);
    Issued { text: format!("{text}{}", checksum(&text)), record: issued.record }
}

pub(crate) fn read(text: &str) -> Option<Presented> {
    if text.len() != 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (tenant, _) = bytes.split_first_chunk::<16>()?;
    Some(Presented { tenant: TenantId::from_bytes(*tenant), record: record_of(&bytes) })
}

/// A key as presented; none, without any lookup, if it was mistyped.
pub(crate) fn read_key(text: &str) -> Option<Presented> {
    read_marked(KEY_PREFIX, text)
}

/// A token with a prefix and a checksum, as presented.
pub(crate) fn read_marked(prefix: &str, text: &str) -> Option<Presented> {
    let (body, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM_CHARS)?)?;
    let secret = body.strip_prefix(prefix)?;
    (checksum(body) == sum).then(|| read(secret))?
}

/// The last characters of a key's token.
pub(crate) fn hint_of(text: &str) -> String {
    text.get(text.len().saturating_sub(CHECKSUM_CHARS)..).unwrap_or_default().to_owned()
}

const CHECKSUM_CHARS: usize = 6;

/// CRC-32 (ISO/IEC 3309, as in ZIP) in base 62: whether a token was copied whole, known without asking anybody.
fn checksum(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32(text.as_bytes());
    let mut digits = ['0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get((rest % 62) as usize).map_or('0', |byte| char::from(*byte));
        rest /= 62;
    }
    digits.iter().collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(u32::MAX, step)
}

fn record_of(bytes: &[u8]) -> RecordId {
    RecordId::from_foreign("", || seal::sha256(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_everybody_knows() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_token_that_was_not_copied_whole_is_not_looked_up() {
        let whole = format!("{KEY_PREFIX}{}", "A".repeat(64));
        let whole = format!("{whole}{}", checksum(&whole));
        assert!(read_key(&whole).is_some());
        assert_eq!(whole.len(), 11 + 64 + 6);
        for at in 0..whole.len() {
            for other in ["B", "-", "\u{e9}"] {
                let mut changed = whole.clone();
                changed.replace_range(at..=at, if &whole[at..=at] == other { "C" } else { other });
                assert!(read_key(&changed).is_none(), "{changed}");
            }
            assert!(read_key(&whole[..at]).is_none() && read_key(&whole[at + 1..]).is_none());
        }
        assert!(read(&whole).is_none() && read_marked("candor_token_", &whole).is_none());
    }
}
