//! Signed notes: text under Ed25519 signatures (C2SP signed-note).

use crate::hash::sha256;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// Longer notes are refused unread.
pub const NOTE_BYTES_MAX: usize = 1 << 20;

/// Notes with more signatures are refused (the format asks for at least 16).
pub const SIGNATURES_MAX: usize = 64;

/// The signature type byte for Ed25519.
const ED25519_TYPE: u8 = 1;

/// Signature lines begin with an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

const SECRET_MARK: &str = "PRIVATE+KEY+";

/// A public key with its name, as a verifier is given it.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    id: u32,
    public: [u8; 32],
}

/// A private key with its name.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifying: VerifyingKey,
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name is empty or has a space, a plus sign or a control character.
    #[error("a key name must not be empty nor contain spaces, plus signs or control characters")]
    Name,
    /// It is not of the form name, id, key.
    #[error("this is not a key: expected name+id+base64")]
    Malformed,
    /// Not Ed25519.
    #[error("this key is not an Ed25519 key")]
    OtherAlgorithm,
    /// The id is not the one of this name and key.
    #[error("the key id does not belong to this name and key")]
    WrongId,
    /// The library refused the key.
    #[error("the private key is unusable")]
    Unusable,
}

/// Why a note was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not of the form text, blank line, signature lines.
    #[error("this is not a signed note: {0}")]
    Malformed(&'static str),
    /// A signature claims to be by a known key and is not.
    #[error("the signature is not by the key {0}")]
    WrongSignature(String),
    /// No signature is by a known key.
    #[error("no signature is by a known key; signed by: {}", .signers.join(", "))]
    NoKnownKey {
        /// The names on the signature lines.
        signers: Vec<String>,
    },
    /// The text cannot be signed.
    #[error("a note's text must end in a newline and have no other control characters")]
    Unsignable,
}

/// A note whose signatures have been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The text, with its final newline.
    pub text: &'a str,
    /// The known keys that signed it.
    pub signers: Vec<VerifyingKey>,
}

impl VerifyingKey {
    /// The key with this name and these 32 bytes (RFC 8032).
    pub fn new(name: &str, public: [u8; 32]) -> Result<VerifyingKey, KeyError> {
        let name = checked_name(name)?;
        let mut named = Vec::with_capacity(name.len() + 34);
        named.extend_from_slice(name.as_bytes());
        named.extend_from_slice(&[b'\n', ED25519_TYPE]);
        named.extend_from_slice(&public);
        let [a, b, c, d, ..] = sha256(&named);
        Ok(VerifyingKey { name: name.to_owned(), id: u32::from_be_bytes([a, b, c, d]), public })
    }

    /// Reads the text form, `name+id+base64`.
    pub fn from_text(text: &str) -> Result<VerifyingKey, KeyError> {
        let (name, id, public) = read_key(text)?;
        let key = VerifyingKey::new(name, public)?;
        if key.id == id { Ok(key) } else { Err(KeyError::WrongId) }
    }

    /// The text form, `name+id+base64`.
    pub fn to_text(&self) -> String {
        write_key(&self.name, self.id, &self.public)
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's short id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    fn verify(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl SigningKey {
    /// The key with this name whose secret is `seed` (RFC 8032); the caller makes it from true randomness.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<SigningKey, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Unusable)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Unusable)?;
        Ok(SigningKey { verifying: VerifyingKey::new(name, public)?, pair })
    }

    /// Reads the secret text form, `PRIVATE+KEY+name+id+base64`.
    pub fn from_secret_text(text: &str) -> Result<SigningKey, KeyError> {
        let (name, id, seed) = read_key(text.strip_prefix(SECRET_MARK).ok_or(KeyError::Malformed)?)?;
        let key = SigningKey::from_seed(name, &seed)?;
        if key.verifying.id == id { Ok(key) } else { Err(KeyError::WrongId) }
    }

    /// The secret text form, which Go's `note.NewSigner` reads. It is the key: keep it as one.
    pub fn secret_text(&self) -> Result<String, KeyError> {
        let seed = self.pair.seed().and_then(|seed| {
            use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
            AsBigEndian::<Curve25519SeedBin<'_>>::as_be_bytes(&seed)
        });
        let seed = seed.map_err(|_| KeyError::Unusable)?;
        let seed: &[u8; 32] = seed.as_ref().try_into().map_err(|_| KeyError::Unusable)?;
        Ok(format!("{SECRET_MARK}{}", write_key(&self.verifying.name, self.verifying.id, seed)))
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Signs `text`, which must end in a newline, and yields the note.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        if !text.ends_with('\n') || has_control_characters(text) {
            return Err(NoteError::Unsignable);
        }
        Ok(format!("{text}\n{}", self.signature_line(text)))
    }

    /// Adds this key's signature to a note that others have signed.
    pub fn cosign(&self, note: &str) -> Result<String, NoteError> {
        let (text, _) = split(note)?;
        Ok(format!("{note}{}", self.signature_line(text)))
    }

    fn signature_line(&self, text: &str) -> String {
        let mut signature = self.verifying.id.to_be_bytes().to_vec();
        signature.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{SIGNATURE_MARK}{} {}\n", self.verifying.name, STANDARD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret withheld)", self.verifying.to_text())
    }
}

/// Opens a note signed by at least one of `keys`; signatures by others are passed over, a wrong one by these refuses the note.
pub fn open<'a>(note: &'a str, keys: &[VerifyingKey]) -> Result<Opened<'a>, NoteError> {
    let (text, lines) = split(note)?;
    let mut signers: Vec<VerifyingKey> = Vec::new();
    let mut names = Vec::new();
    for line in lines {
        let line = line.strip_prefix(SIGNATURE_MARK).ok_or(NoteError::Malformed("a signature line has no dash"))?;
        let (name, signature) =
            line.split_once(' ').ok_or(NoteError::Malformed("a signature line has no signature"))?;
        checked_name(name).map_err(|_| NoteError::Malformed("a signature line has no name"))?;
        let signature = STANDARD.decode(signature).map_err(|_| NoteError::Malformed("a signature is not base64"))?;
        let Some((id, signature)) = signature.split_first_chunk::<4>().filter(|(_, rest)| !rest.is_empty()) else {
            return Err(NoteError::Malformed("a signature is too short"));
        };
        let Some(key) = keys.iter().find(|key| key.name == name && key.id == u32::from_be_bytes(*id)) else {
            names.push(name.to_owned());
            continue;
        };
        if !key.verify(text, signature) {
            return Err(NoteError::WrongSignature(name.to_owned()));
        }
        if !signers.contains(key) {
            signers.push(key.clone());
        }
    }
    if signers.is_empty() { Err(NoteError::NoKnownKey { signers: names }) } else { Ok(Opened { text, signers }) }
}

/// Splits a note at its last blank line into the text and the signature lines.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::Malformed("it is too long"));
    }
    if has_control_characters(note) {
        return Err(NoteError::Malformed("it has control characters"));
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::Malformed("no blank line before the signatures"))?;
    let (text, signatures) = note.split_at(blank + 1);
    let signatures = signatures
        .strip_prefix('\n')
        .and_then(|lines| lines.strip_suffix('\n'))
        .ok_or(NoteError::Malformed("the last line does not end"))?;
    let lines: Vec<&str> = signatures.split('\n').take(SIGNATURES_MAX + 1).collect();
    if lines.len() > SIGNATURES_MAX {
        return Err(NoteError::Malformed("too many signatures"));
    }
    Ok((text, lines))
}

fn has_control_characters(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}

fn checked_name(name: &str) -> Result<&str, KeyError> {
    let bad = |c: char| c.is_whitespace() || c == '+' || c < ' ';
    if name.is_empty() || name.contains(bad) { Err(KeyError::Name) } else { Ok(name) }
}

fn read_key(text: &str) -> Result<(&str, u32, [u8; 32]), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Malformed)?;
    // The base64 may have plus signs of its own.
    let (id, key) = rest.split_once('+').ok_or(KeyError::Malformed)?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 8 || !id.bytes().all(hex) {
        return Err(KeyError::Malformed);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Malformed)?;
    let key = STANDARD.decode(key).map_err(|_| KeyError::Malformed)?;
    let (&kind, key) = key.split_first().ok_or(KeyError::Malformed)?;
    if kind != ED25519_TYPE {
        return Err(KeyError::OtherAlgorithm);
    }
    Ok((name, id, key.try_into().map_err(|_| KeyError::Malformed)?))
}

fn write_key(name: &str, id: u32, key: &[u8; 32]) -> String {
    let mut typed = vec![ED25519_TYPE];
    typed.extend_from_slice(key);
    format!("{name}+{id:08x}+{}", STANDARD.encode(typed))
}
