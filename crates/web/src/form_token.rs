use std::fmt;

use askama::filters::HtmlSafe;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Outside;

const NONCE_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// The name of the hidden field.
pub(crate) const FIELD: &str = "form-token";

/// Makes and checks form tokens: `nonce ‖ HMAC-SHA-256(key, nonce ‖ cookie)`.
///
/// A token holds only together with the cookie it was made for. The nonce makes every token differ, so nothing about it
/// can be learnt from the sizes of answers.
pub(crate) struct FormSeal(hmac::Key);

impl FormSeal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    pub(crate) fn mint(&self, cookie: &str, outside: &dyn Outside) -> FormToken {
        let mut nonce = [0u8; NONCE_BYTES];
        outside.fill(&mut nonce);
        let mac = self.mac(&nonce, cookie);
        let mut whole = Vec::with_capacity(NONCE_BYTES + MAC_BYTES);
        whole.extend_from_slice(&nonce);
        whole.extend_from_slice(mac.as_ref());
        FormToken(URL_SAFE_NO_PAD.encode(whole))
    }

    pub(crate) fn holds(&self, token: &str, cookie: &str) -> bool {
        let Ok(whole) = URL_SAFE_NO_PAD.decode(token) else { return false };
        if whole.len() != NONCE_BYTES + MAC_BYTES {
            return false;
        }
        let (nonce, mac) = whole.split_at(NONCE_BYTES);
        let mut message = nonce.to_vec();
        message.extend_from_slice(cookie.as_bytes());
        hmac::verify(&self.0, &message, mac).is_ok()
    }

    fn mac(&self, nonce: &[u8], cookie: &str) -> hmac::Tag {
        let mut message = nonce.to_vec();
        message.extend_from_slice(cookie.as_bytes());
        hmac::sign(&self.0, &message)
    }
}

/// The hidden field that every form carries: `{{ token }}` inside `<form method="post">`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The token alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Base64url holds nothing that HTML would read.
        write!(f, r#"<input type="hidden" name="{FIELD}" value="{}">"#, self.0)
    }
}

impl HtmlSafe for FormToken {}
