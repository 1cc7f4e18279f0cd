use model::Time;
use serde::{Deserialize, Serialize};

/// Something a person has, beside the password they know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Factor {
    /// A generator of one-time codes.
    Totp(Totp),
    /// A key in a device or a security key.
    Passkey(Passkey),
}

/// A time-based one-time code generator (RFC 6238).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// How its owner calls it.
    pub name: String,
    /// The shared secret in base32.
    pub secret: String,
    /// When it was enrolled.
    pub since: Time,
}

/// A WebAuthn credential (W3C Web Authentication Level 2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// How its owner calls it.
    pub name: String,
    /// The credential's id, base64url.
    pub id: String,
    /// The public key as the authenticator gave it (COSE), base64url.
    pub key: String,
    /// The authenticator's count of signatures, where it keeps one.
    pub count: u32,
    /// When it was enrolled.
    pub since: Time,
    /// When it was last used.
    pub used: Option<Time>,
}

impl Totp {
    /// The generator that comes with an account, named as nobody has named it yet.
    pub fn enrolled(secret: String, since: Time) -> Self {
        Self { name: "Authenticator".to_owned(), secret, since }
    }
}

impl Factor {
    /// How its owner calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Totp(totp) => &totp.name,
            Self::Passkey(passkey) => &passkey.name,
        }
    }

    /// When it was enrolled.
    pub const fn since(&self) -> Time {
        match self {
            Self::Totp(totp) => totp.since,
            Self::Passkey(passkey) => passkey.since,
        }
    }

    /// What names it among the factors of one account. Not secret.
    pub fn id(&self) -> String {
        match self {
            Self::Totp(totp) => format!("totp-{}", totp.since.micros()),
            Self::Passkey(passkey) => passkey.id.clone(),
        }
    }
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Totp(…)")
    }
}

impl std::fmt::Debug for Passkey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passkey(…)")
    }
}
