//! Public keys of programs (RFC 7517, RFC 7518), and assertions signed with them (RFC 7515, RFC 7523).
//!
//! Only the two algorithms that SMART asks for are known: RS384 and ES384. There is no table of algorithms in which
//! `none` could be looked up: the key says how a signature is checked, and the header must agree.

use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA384, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Keys that one program may register.
pub const KEYS_MAX: usize = 8;
/// Bytes of an assertion.
pub const ASSERTION_BYTES_MAX: usize = 8 * 1024;
/// How far ahead an assertion may end, in seconds (SMART Backend Services: five minutes).
pub const ASSERTION_SECONDS_MAX: i64 = 5 * 60;
/// How far two clocks may differ, in seconds.
const SKEW_SECONDS: i64 = 30;
/// Characters of an assertion's id.
const ID_CHARS_MAX: usize = 256;

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its name, `kid`.
    pub name: String,
    /// The key.
    pub key: Material,
}

/// What a signature is checked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Material {
    /// RS384: modulus and exponent, base64url.
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// ES384: the point on P-384, base64url.
    P384 {
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
}

/// What a good assertion says that is not known already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its own id, which is good once.
    pub id: String,
    /// When it ends.
    pub ends: Time,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: f64,
    nbf: Option<f64>,
    jti: String,
}

/// Reads a set of public keys as its owner publishes it.
pub fn parse_set(text: &str) -> Result<Vec<PublicKey>, String> {
    let set: Value =
        serde_json::from_str(text).map_err(|_| "This is not JSON. Paste the whole key set, from { to }.")?;
    let list = set.get("keys").and_then(Value::as_array).ok_or("A key set has a list named keys.")?;
    if list.is_empty() || list.len() > KEYS_MAX {
        return Err(format!("Register from 1 to {KEYS_MAX} keys."));
    }
    let mut keys: Vec<PublicKey> = Vec::new();
    for value in list {
        let key = parse_one(value)?;
        if keys.iter().any(|other| other.name == key.name) {
            return Err(format!("Two keys have the kid {}. Each needs its own.", key.name));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn parse_one(value: &Value) -> Result<PublicKey, String> {
    if ["d", "p", "q", "dp", "dq", "qi", "k", "oth"].iter().any(|part| value.get(part).is_some()) {
        return Err(
            "This holds a private key. It is not kept here, but it has left your program: make a new pair, and \
                    paste only the public one."
                .to_owned(),
        );
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("kid");
    if name.is_empty() || name.chars().count() > 128 {
        return Err("Each key needs a kid of up to 128 characters.".to_owned());
    }
    if value.get("use").is_some_and(|it| it != "sig") {
        return Err(format!("The key {name} is not for signatures."));
    }
    let (key, algorithm) = match text("kty").as_str() {
        "RSA" => (Material::Rsa { n: text("n"), e: text("e") }, "RS384"),
        "EC" if text("crv") == "P-384" => (Material::P384 { x: text("x"), y: text("y") }, "ES384"),
        _ => return Err(format!("The key {name} must be RSA (for RS384) or EC on P-384 (for ES384).")),
    };
    if value.get("alg").is_some_and(|it| it != algorithm) {
        return Err(format!("The key {name} must be for {algorithm}."));
    }
    match sizes_are_good(&key) {
        true => Ok(PublicKey { name, key }),
        false => Err(format!("The key {name} is too short, too long or not whole. RSA keys have 2048 to 8192 bits.")),
    }
}

fn sizes_are_good(key: &Material) -> bool {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    match key {
        Material::Rsa { n, e } => {
            let (n, e) = (bytes(n), bytes(e));
            (256..=1024).contains(&n.len())
                && n.first() != Some(&0)
                && (1..=8).contains(&e.len())
                && e.last().is_some_and(|last| last % 2 == 1)
        }
        Material::P384 { x, y } => bytes(x).len() == 48 && bytes(y).len() == 48,
    }
}

/// Whom an assertion says it is from, before anything is known about it. Good for finding whose keys to check it with,
/// and for nothing else.
pub fn claimed_issuer(assertion: &str) -> Option<String> {
    if assertion.len() > ASSERTION_BYTES_MAX {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Some(claims.iss)
}

/// Checks an assertion of a client with its keys. What is wrong is said in words for the program's maker.
pub fn verify(
    assertion: &str,
    keys: &[PublicKey],
    client: &str,
    audience: &str,
    now: Time,
) -> Result<Assertion, &'static str> {
    if assertion.len() > ASSERTION_BYTES_MAX {
        return Err("the assertion is too long");
    }
    let mut parts = assertion.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("the assertion is not a signed JWT");
    };
    let header: Header = part(head)?;
    let key =
        keys.iter().find(|key| header.kid.as_deref() == Some(&key.name)).ok_or("the kid names no registered key")?;
    let typed = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if header.alg != key.algorithm() || header.crit.is_some() || !typed {
        return Err("the header does not fit the registered key");
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the signature is not base64url")?;
    let signed = assertion.get(..head.len() + 1 + body.len()).ok_or("the assertion is not a signed JWT")?;
    if !key.signed(signed.as_bytes(), &signature) {
        return Err("the signature does not hold");
    }
    let claims: Claims = part(body)?;
    if claims.iss != client || claims.sub != client {
        return Err("iss and sub must both be the client's id");
    }
    let for_us = match &claims.aud {
        Value::String(one) => one == audience,
        Value::Array(several) => several.iter().any(|one| one == audience),
        _ => false,
    };
    if !for_us {
        return Err("aud must be the address of this token endpoint");
    }
    let ends = seconds(claims.exp).ok_or("exp is no moment")?;
    if ends <= now {
        return Err("the assertion has ended");
    }
    if ends > now.plus_seconds(ASSERTION_SECONDS_MAX + SKEW_SECONDS) {
        return Err("exp may be five minutes ahead at most");
    }
    if claims.nbf.is_some_and(|nbf| seconds(nbf).is_none_or(|from| from > now.plus_seconds(SKEW_SECONDS))) {
        return Err("the assertion is not good yet");
    }
    if claims.jti.is_empty() || claims.jti.chars().count() > ID_CHARS_MAX {
        return Err("jti must have from 1 to 256 characters");
    }
    Ok(Assertion { id: claims.jti, ends })
}

impl PublicKey {
    /// The one algorithm that goes with the key (RFC 7518 §3.1).
    pub const fn algorithm(&self) -> &'static str {
        match self.key {
            Material::Rsa { .. } => "RS384",
            Material::P384 { .. } => "ES384",
        }
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        match &self.key {
            Material::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n: bytes(n), e: bytes(e) };
                key.verify(&RSA_PKCS1_2048_8192_SHA384, message, signature).is_ok()
            }
            Material::P384 { x, y } => {
                let point = [vec![4u8], bytes(x), bytes(y)].concat();
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, &'static str> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "a part of the assertion is not base64url")?;
    serde_json::from_slice(&bytes).map_err(|_| "a part of the assertion lacks what it must say")
}

/// A NumericDate (RFC 7519 §2), which may have a fraction.
fn seconds(number: f64) -> Option<Time> {
    let good = number.is_finite() && (0.0..1e11).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "checked to be far within range")]
    good.then(|| Time::from_seconds(number.floor() as i64))
}
