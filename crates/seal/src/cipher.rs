//! Suite 1: the one way in which this crate encrypts. Everything sealed is, after its own header,
//!
//! ```text
//! 32  salt         random
//! 32  commitment   to the key
//!  n  ciphertext   as long as the plain bytes
//! 16  tag          AES-256-GCM
//! ```
//!
//! HKDF-SHA-256 (salt, key, label) gives 76 bytes: 32 of AES key, 12 of nonce, 32 of commitment.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use model::Outside;
use zeroize::Zeroizing;

use crate::secret::{KeyBytes, same};
use crate::{PLAIN_BYTES_MAX, SealError};

pub(crate) const SUITE: u8 = 1;
pub(crate) const OVERHEAD: usize = SALT + COMMITMENT + TAG;

const SALT: usize = 32;
const COMMITMENT: usize = 32;
const TAG: usize = 16;
const DERIVED: usize = 32 + 12 + COMMITMENT;

/// The purpose a key is used for: keys derived under different labels are unrelated.
#[derive(Clone, Copy)]
pub(crate) struct Label(pub(crate) &'static str);

/// `header`, then `plain` sealed under `key` and bound to `aad`.
pub(crate) fn seal(
    key: &KeyBytes,
    label: Label,
    aad: &[u8],
    header: &[u8],
    plain: &[u8],
    outside: &dyn Outside,
) -> Result<Vec<u8>, SealError> {
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(SealError::TooLarge { len: plain.len(), max: PLAIN_BYTES_MAX });
    }
    let mut salt = [0u8; SALT];
    outside.fill(&mut salt);
    let derived = Derived::new(key, &salt, label)?;
    let mut out = Vec::with_capacity(header.len() + OVERHEAD + plain.len());
    out.extend_from_slice(header);
    out.extend_from_slice(&salt);
    out.extend_from_slice(&derived.commitment);
    let start = out.len();
    out.extend_from_slice(plain);
    let (_, body) = out.split_at_mut_checked(start).ok_or(SealError::Primitive)?;
    let tag = derived.cipher.seal_in_place_separate_tag(derived.nonce, Aad::from(aad), body)?;
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

/// The plain bytes of what [`seal`] put after its header.
pub(crate) fn open(
    key: &KeyBytes,
    label: Label,
    aad: &[u8],
    body: &[u8],
    expected: &'static str,
) -> Result<Vec<u8>, SealError> {
    let short = SealError::Malformed { expected, words: "too short" };
    let (salt, rest) = body.split_first_chunk::<SALT>().ok_or(short.clone())?;
    let (commitment, sealed) = rest.split_first_chunk::<COMMITMENT>().ok_or(short.clone())?;
    if sealed.len() < TAG {
        return Err(short);
    }
    if sealed.len() - TAG > PLAIN_BYTES_MAX {
        return Err(SealError::TooLarge { len: sealed.len() - TAG, max: PLAIN_BYTES_MAX });
    }
    let derived = Derived::new(key, salt, label)?;
    // ORDER: the commitment is checked before anything is decrypted, so one envelope cannot be
    // made to open to two texts under two keys.
    if !same(&derived.commitment, commitment) {
        return Err(SealError::WrongKey);
    }
    let mut plain = sealed.to_vec();
    let len =
        derived.cipher.open_in_place(derived.nonce, Aad::from(aad), &mut plain).map_err(|_| SealError::Broken)?.len();
    plain.truncate(len);
    Ok(plain)
}

/// A key for one purpose, derived from a key that is never used itself.
pub(crate) fn derive_key(root: &KeyBytes, label: Label) -> Result<KeyBytes, SealError> {
    let mut out = KeyBytes::from_bytes([0; 32]);
    expand(root, b"candor/derive/1", label, out.expose_mut())?;
    Ok(out)
}

struct Derived {
    cipher: LessSafeKey,
    nonce: Nonce,
    commitment: [u8; COMMITMENT],
}

impl Derived {
    fn new(key: &KeyBytes, salt: &[u8; SALT], label: Label) -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0u8; DERIVED]);
        expand(key, salt, label, bytes.as_mut())?;
        let (cipher, rest) = bytes.split_first_chunk::<32>().ok_or(SealError::Primitive)?;
        let (nonce, rest) = rest.split_first_chunk::<12>().ok_or(SealError::Primitive)?;
        let commitment = rest.first_chunk::<COMMITMENT>().ok_or(SealError::Primitive)?;
        Ok(Self {
            cipher: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, cipher)?),
            // Unique for the key, because the key is: salt and hence key and nonce are fresh for every seal.
            nonce: Nonce::assume_unique_for_key(*nonce),
            commitment: *commitment,
        })
    }
}

fn expand(key: &KeyBytes, salt: &[u8], label: Label, out: &mut [u8]) -> Result<(), SealError> {
    let info = [label.0.as_bytes()];
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key.expose());
    derived.expand(&info, Length(out.len()))?.fill(out)?;
    Ok(())
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
