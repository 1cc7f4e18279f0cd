//! Public keys of passkeys (COSE, RFC 9053), and what they signed.
//!
//! An authenticator writes its key in the canonical form of CTAP2 (W3C Web Authentication Level 2 §6.5.1.1), which
//! leaves one way to write each key. So a key is compared with that form byte by byte, and no reader of CBOR is needed.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// `{1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x of 32 bytes`
const ES256: &[u8] = &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
/// `-3: y of 32 bytes}`
const ES256_Y: &[u8] = &[0x22, 0x58, 0x20];
/// `{1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: x of 32 bytes}`
const EDDSA: &[u8] = &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
/// `{1: 3 (RSA), 3: -257 (RS256), -1: n of two bytes' length`
const RS256: &[u8] = &[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59];
/// `-2: e of three bytes}`
const RS256_E: &[u8] = &[0x21, 0x43];

/// A key that signs; only its public half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Sort);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sort {
    /// ECDSA on P-256 with SHA-256, the point uncompressed.
    Es256(Vec<u8>),
    Ed25519(Vec<u8>),
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a key from the beginning of `bytes`; also how many bytes it takes. None for every other key or form.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut rest = Rest(bytes);
        let sort = if rest.is_next(ES256) {
            let mut point = vec![4];
            point.extend_from_slice(rest.take(32)?);
            rest.is_next(ES256_Y).then_some(())?;
            point.extend_from_slice(rest.take(32)?);
            Sort::Es256(point)
        } else if rest.is_next(EDDSA) {
            Sort::Ed25519(rest.take(32)?.to_vec())
        } else if rest.is_next(RS256) {
            let len = <[u8; 2]>::try_from(rest.take(2)?).ok()?;
            let n = rest.take(usize::from(u16::from_be_bytes(len)))?.to_vec();
            rest.is_next(RS256_E).then_some(())?;
            Sort::Rs256 { n, e: rest.take(3)?.to_vec() }
        } else {
            return None;
        };
        Some((Self(sort), bytes.len() - rest.0.len()))
    }

    /// Whether this key signed the message.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Sort::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            Sort::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Sort::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes these bytes if they come next.
    fn is_next(&mut self, bytes: &[u8]) -> bool {
        let Some(rest) = self.0.strip_prefix(bytes) else { return false };
        self.0 = rest;
        true
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    };

    use super::*;

    fn check(cose: &[u8], message: &[u8], signature: &[u8]) {
        let mut longer = cose.to_vec();
        longer.extend_from_slice(b"an extension");
        let (key, len) = PublicKey::read(&longer).unwrap();
        assert_eq!(len, cose.len());
        assert!(key.signed(message, signature));
        assert!(!key.signed(b"another message", signature));
        let mut bent = signature.to_vec();
        bent[5] ^= 1;
        assert!(!key.signed(message, &bent));
        for cut in 0..cose.len() {
            assert!(PublicKey::read(&cose[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn each_kind_of_key_says_what_it_signed_and_nothing_else() {
        let random = SystemRandom::new();
        let es = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let point = es.public_key().as_ref();
        let cose = [ES256, &point[1..33], ES256_Y, &point[33..]].concat();
        check(&cose, b"a message", es.sign(&random, b"a message").unwrap().as_ref());
        let ed = Ed25519KeyPair::generate().unwrap();
        let cose = [EDDSA, ed.public_key().as_ref()].concat();
        check(&cose, b"a message", ed.sign(b"a message").as_ref());
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        // RSAPublicKey in DER (RFC 8017 A.1.1): n stands after nine bytes of heads.
        let n = &rsa.public_key().as_ref()[9..265];
        let cose = [RS256, &[1, 0], n, RS256_E, &[1, 0, 1]].concat();
        let mut signature = vec![0; 256];
        rsa.sign(&RSA_PKCS1_SHA256, &random, b"a message", &mut signature).unwrap();
        check(&cose, b"a message", &signature);
    }

    #[test]
    fn other_keys_are_not_read() {
        // ES384, ES256 under another name, and nothing.
        for bad in [&[0xa5, 0x01, 0x02, 0x03, 0x38, 0x22, 0x20, 0x02][..], &[0xa5, 0x01, 0x02, 0x20, 0x01], &[]] {
            assert!(PublicKey::read(bad).is_none());
        }
    }
}
