//! The three cookies of the house.
//!
//! All carry the `__Host-` prefix, so a browser takes them only over TLS, from this host, for the whole host, and no
//! neighbouring subdomain can plant one. `SameSite=Lax` rather than `Strict`: under `Strict` a person who follows a
//! link from an e-mail or a calendar arrives as nobody and is asked to sign in again. What `Lax` lets through, top-level
//! `GET`, changes nothing here; every other method is checked by origin and by form token.

use axum::http::{HeaderMap, HeaderValue, header};

/// The session.
pub const SESSION: &str = "__Host-candor";

/// Binds the form tokens of somebody who is not signed in.
pub const FORM: &str = "__Host-candor-form";

/// Lets a browser be known again at the next sign-in. Opens nothing.
pub const DEVICE: &str = "__Host-candor-device";

/// How long a browser keeps it, in seconds: 180 days.
const DEVICE_SECONDS: u32 = 180 * 24 * 60 * 60;

const VALUE_BYTES_MAX: usize = 512;

/// Asks the browser to keep a session token until it is closed. The server ends the session itself.
pub fn set_session(headers: &mut HeaderMap, token: &str) {
    set(headers, SESSION, token);
}

/// Asks the browser to forget the session.
pub fn clear_session(headers: &mut HeaderMap) {
    let text = format!("{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    append(headers, &text);
}

/// Asks the browser to keep what it is known again by. It opens nothing and says nothing about the person.
pub fn set_device(headers: &mut HeaderMap, token: &str) {
    append(headers, &format!("{DEVICE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={DEVICE_SECONDS}"));
}

pub(crate) fn set_form(headers: &mut HeaderMap, value: &str) {
    set(headers, FORM, value);
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    append(headers, &format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"));
}

/// INVARIANT: cookie values are tokens of ours (hex or base64url), so they always fit a header.
fn append(headers: &mut HeaderMap, text: &str) {
    match HeaderValue::from_str(text) {
        Ok(mut value) => {
            value.set_sensitive(true);
            headers.append(header::SET_COOKIE, value);
        }
        Err(_) => tracing::error!("a cookie value did not fit a header; the cookie was not set"),
    }
}

/// The value of one cookie. A name that is sent twice counts as absent, because one of the two is planted.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    let good = values.next().is_none()
        && !value.is_empty()
        && value.len() <= VALUE_BYTES_MAX
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    good.then_some(value)
}
