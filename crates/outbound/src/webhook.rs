//! Messages that prove who sent them, in the way of Standard Webhooks 1.0: the headers `webhook-id`,
//! `webhook-timestamp` and `webhook-signature`, over `id.timestamp.body`.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::Time;

/// How far the clocks of sender and receiver may be apart, in seconds.
pub const SKEW_SECONDS_MAX: i64 = 5 * 60;

/// A secret of at least this many bytes (RFC 2104 §3: not shorter than a sensible fraction of the digest).
const SECRET_BYTES_MIN: usize = 24;
/// And at most this many.
const SECRET_BYTES_MAX: usize = 64;

/// Signs messages.
pub struct Signer(Key);

enum Key {
    Shared(Box<hmac::Key>),
    Pair(Box<Ed25519KeyPair>),
}

/// Checks messages.
pub struct Verifier(Proof);

enum Proof {
    Shared(Box<hmac::Key>),
    Public(Vec<u8>),
}

/// Why a key or a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The key is not one, or too short.
    #[error("the key of signed messages is not one")]
    Key,
    /// A message's id or a header has a form that cannot be signed.
    #[error("the message has no usable id, time or signature")]
    Form,
    /// The message is from too far in the past or the future.
    #[error("the message is too old or from the future")]
    Time,
    /// No signature fits.
    #[error("the message was not signed with this key")]
    Signature,
}

impl Signer {
    /// Signs with a secret that both sides share: 24 to 64 bytes, in base64 after `whsec_`.
    pub fn shared(secret: &str) -> Result<Self, WebhookError> {
        Ok(Self(Key::Shared(shared(secret)?)))
    }

    /// Signs with an Ed25519 key: the seed of 32 bytes.
    pub fn ed25519(seed: &[u8]) -> Result<Self, WebhookError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| WebhookError::Key)?;
        Ok(Self(Key::Pair(Box::new(pair))))
    }

    /// The public half of an Ed25519 key, as receivers write it: base64 after `whpk_`.
    pub fn public(&self) -> Option<String> {
        match &self.0 {
            Key::Shared(_) => None,
            Key::Pair(pair) => Some(format!("whpk_{}", BASE64.encode(pair.public_key().as_ref()))),
        }
    }

    /// The three headers of a message. The id is the same for every try of one message, so receivers can tell.
    pub fn sign(&self, id: &str, at: Time, body: &[u8]) -> Result<Vec<(String, String)>, WebhookError> {
        let usable =
            !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
        if !usable {
            return Err(WebhookError::Form);
        }
        let signed = signed(id, at.seconds(), body);
        let signature = match &self.0 {
            Key::Shared(key) => format!("v1,{}", BASE64.encode(hmac::sign(key, &signed).as_ref())),
            Key::Pair(pair) => format!("v1a,{}", BASE64.encode(pair.sign(&signed).as_ref())),
        };
        let header = |name: &str, value: String| (name.to_owned(), value);
        Ok(vec![
            header("webhook-id", id.to_owned()),
            header("webhook-timestamp", at.seconds().to_string()),
            header("webhook-signature", signature),
        ])
    }
}

impl Verifier {
    /// Checks with a shared secret, `whsec_…`.
    pub fn shared(secret: &str) -> Result<Self, WebhookError> {
        Ok(Self(Proof::Shared(shared(secret)?)))
    }

    /// Checks with the public half of an Ed25519 key, `whpk_…`.
    pub fn ed25519(public: &str) -> Result<Self, WebhookError> {
        let encoded = public.strip_prefix("whpk_").unwrap_or(public);
        let bytes = BASE64.decode(encoded).map_err(|_| WebhookError::Key)?;
        if bytes.len() == 32 { Ok(Self(Proof::Public(bytes))) } else { Err(WebhookError::Key) }
    }

    /// Whether a message is from who holds the key and about as old as now. Its id is the receiver's to remember.
    pub fn check(&self, headers: &[(String, String)], body: &[u8], now: Time) -> Result<(), WebhookError> {
        let header = |wanted: &str| {
            let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str()).ok_or(WebhookError::Form)
        };
        let (id, at, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        let seconds: i64 = at.parse().map_err(|_| WebhookError::Form)?;
        if now.seconds().abs_diff(seconds) > SKEW_SECONDS_MAX.unsigned_abs() {
            return Err(WebhookError::Time);
        }
        let signed = signed(id, seconds, body);
        let fits = signatures.split(' ').take(16).any(|one| self.fits(one, &signed));
        if fits { Ok(()) } else { Err(WebhookError::Signature) }
    }

    fn fits(&self, signature: &str, signed: &[u8]) -> bool {
        let Some((version, encoded)) = signature.split_once(',') else { return false };
        let Ok(bytes) = BASE64.decode(encoded) else { return false };
        match (&self.0, version) {
            (Proof::Shared(key), "v1") => hmac::verify(key, signed, &bytes).is_ok(),
            (Proof::Public(key), "v1a") => UnparsedPublicKey::new(&ED25519, key).verify(signed, &bytes).is_ok(),
            _ => false,
        }
    }
}

fn shared(secret: &str) -> Result<Box<hmac::Key>, WebhookError> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let bytes = BASE64.decode(encoded).map_err(|_| WebhookError::Key)?;
    let sound = (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len());
    if sound { Ok(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &bytes))) } else { Err(WebhookError::Key) }
}

fn signed(id: &str, seconds: i64, body: &[u8]) -> Vec<u8> {
    let mut signed = format!("{id}.{seconds}.").into_bytes();
    signed.extend_from_slice(body);
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: Time = Time::from_seconds(1_614_265_330);

    fn all(signer: &Signer) -> Vec<(String, String)> {
        signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY).unwrap()
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        let headers = all(&Signer::shared(SECRET).unwrap());
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_signed_message_is_known_and_a_changed_one_is_not() {
        let pair = Signer::ed25519(&[7; 32]).unwrap();
        let public = Verifier::ed25519(&pair.public().unwrap()).unwrap();
        for (signer, verifier) in [(Signer::shared(SECRET).unwrap(), Verifier::shared(SECRET).unwrap()), (pair, public)]
        {
            let headers = all(&signer);
            assert_eq!(verifier.check(&headers, BODY, AT), Ok(()));
            assert_eq!(verifier.check(&headers, b"{}", AT), Err(WebhookError::Signature));
            let mut other = headers.clone();
            other[0].1 = "msg_other".to_owned();
            assert_eq!(verifier.check(&other, BODY, AT), Err(WebhookError::Signature));
            let mut later = headers.clone();
            later[1].1 = (AT.seconds() + 1).to_string();
            assert_eq!(verifier.check(&later, BODY, AT), Err(WebhookError::Signature));
            assert_eq!(verifier.check(&headers, BODY, AT.plus_seconds(301)), Err(WebhookError::Time));
            assert_eq!(verifier.check(&headers, BODY, AT.plus_seconds(-301)), Err(WebhookError::Time));
            assert_eq!(verifier.check(&headers[..2], BODY, AT), Err(WebhookError::Form));
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough_while_keys_change() {
        let mut headers = all(&Signer::shared(SECRET).unwrap());
        headers[2].1 = format!("v1,AAAA v9,x {}", headers[2].1);
        assert_eq!(Verifier::shared(SECRET).unwrap().check(&headers, BODY, AT), Ok(()));
    }

    #[test]
    fn a_short_key_or_an_id_with_a_point_is_refused() {
        assert!(matches!(Signer::shared("whsec_AAAA"), Err(WebhookError::Key)));
        let signer = Signer::shared(SECRET).unwrap();
        for id in ["", "a.b", "a b", "a\nb"] {
            assert_eq!(signer.sign(id, AT, BODY), Err(WebhookError::Form));
        }
    }
}
