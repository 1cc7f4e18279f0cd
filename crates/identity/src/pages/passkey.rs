//! The form that asks the browser for a passkey, and what it sends.

use askama::Template;
use askama::filters::HtmlSafe;
use web::parts::{Button, Field};
use web::{FormToken, Reader, Room};

use crate::rules::passkey::bytes;
use crate::{Answered, PasskeyAsk, Proof};

/// A form that stays hidden until the script of passkeys shows it.
#[derive(Template)]
#[template(path = "passkey.html")]
pub(super) struct PasskeyForm {
    ask: PasskeyAsk,
    action: &'static str,
    verb: &'static str,
    parts: &'static [&'static str],
    name: String,
    token: FormToken,
    field: Option<Field>,
    carried: Vec<(&'static str, String)>,
    go: Button,
}

impl PasskeyForm {
    /// Signs with a passkey that the browser has.
    pub fn sign(room: &Room, ask: PasskeyAsk, action: &'static str, carried: &[(&'static str, &str)]) -> Self {
        Self {
            ask,
            action,
            verb: "sign",
            parts: &["id", "user", "client", "data", "signature"],
            name: String::new(),
            token: room.form_token(),
            field: None,
            carried: carried.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            go: Button::quiet("Use a passkey"),
        }
    }

    /// Makes a new passkey for somebody of this address.
    pub fn make(room: &Room, ask: PasskeyAsk, action: &'static str, name: String, field: Field) -> Self {
        Self {
            ask,
            action,
            verb: "make",
            parts: &["client", "data"],
            name,
            token: room.form_token(),
            field: Some(field),
            carried: Vec::new(),
            go: Button::primary("Make the passkey"),
        }
    }
}

// Rendered by askama, which escapes every value.
impl HtmlSafe for PasskeyForm {}

/// One part as the script sends it.
pub(super) fn part(read: &mut Reader<'_>, name: &str) -> Option<Vec<u8>> {
    let words = "The browser did not send a passkey. Try again.";
    read.required(name, words, |text| bytes(text).ok_or_else(|| words.to_owned()))
}

/// A passkey's answer, or nothing if none was sent.
pub(super) fn answered(read: &mut Reader<'_>) -> Option<Answered> {
    let id = read.required("passkey-id", "Use a passkey that this browser has.", |text| Ok(text.to_owned()));
    let user = read.optional("passkey-user", |text| bytes(text).ok_or_else(|| "This cannot be read.".to_owned()));
    let (client, data) = (part(read, "passkey-client"), part(read, "passkey-data"));
    let signature = part(read, "passkey-signature");
    Some(Answered { id: id?, user: user?.unwrap_or_default(), client: client?, data: data?, signature: signature? })
}

/// A second factor of either kind.
pub(super) fn proof(read: &mut Reader<'_>) -> Option<Proof> {
    let sent = read.optional("passkey-client", |text| Ok(text.to_owned()))?;
    match sent {
        Some(_) => answered(read).map(Proof::Passkey),
        None => {
            let words = "Enter the code that your authenticator shows, or a recovery code.";
            read.required("code", words, |text| Ok(text.to_owned())).map(Proof::Code)
        }
    }
}
