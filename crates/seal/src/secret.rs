use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Outside;
use zeroize::Zeroizing;

/// A text or bytes that must not be seen: wiped when dropped, never printed (there is no `Debug`).
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over the text or bytes. An owned buffer itself becomes the secret; borrowed ones are copied.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The bytes, for whoever truly needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is one.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are equal, in time that depends on the lengths only.
    pub fn is_same_as(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

/// The 32 bytes of a key: wiped when dropped, and `Debug` never shows them.
#[derive(Clone)]
pub struct KeyBytes(Zeroizing<[u8; 32]>);

impl KeyBytes {
    /// A fresh random key.
    pub fn generate(outside: &dyn Outside) -> Self {
        let mut key = Self::from_bytes([0; 32]);
        outside.fill(key.expose_mut());
        key
    }

    /// Takes over existing bytes. The caller wipes its own copy.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Takes over existing bytes, if there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }

    /// The bytes, for a [`KeyService`](crate::KeyService) that wraps them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl std::fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyBytes(hidden)")
    }
}

/// A fresh opaque token of 256 bits for a session or an API key, and what to keep of it.
///
/// The text is base64url without padding (43 characters) and goes to the holder; only the digest
/// ([`token_digest`] of the text) is stored, so the store does not let anyone in.
pub fn token(outside: &dyn Outside) -> (Secret, [u8; 32]) {
    let mut random = Zeroizing::new([0u8; 32]);
    outside.fill(random.as_mut());
    let text = Secret::from(URL_SAFE_NO_PAD.encode(random.as_ref()));
    let digest = token_digest(text.expose());
    (text, digest)
}

/// The SHA-256 digest under which a presented token's text is looked up.
///
/// An unkeyed digest suffices because a token has 256 bits of its own; never use it for anything guessable.
pub fn token_digest(text: &[u8]) -> [u8; 32] {
    sha256(text)
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    for (to, from) in out.iter_mut().zip(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    out
}

/// Whether both are equal, in time that depends on the lengths only.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}
