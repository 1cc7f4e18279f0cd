use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use model::{Outside, Refusal, Time};
use web::{Cache, Needs, Reply, RouteDecl, Site};

/// Days that the file is good for, counted anew each day. RFC 9116 §2.5.5 recommends less than a year.
const DAYS: i64 = 180;

/// Whom to tell, and what day it is.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(crate) contact: Option<Arc<str>>,
    pub(crate) outside: Arc<dyn Outside>,
}

/// `/.well-known/security.txt` (RFC 9116): whom to tell about a weakness.
pub(crate) fn site(notice: Notice) -> Site {
    let decl = RouteDecl::new(
        axum::http::Method::GET,
        "/.well-known/security.txt",
        Needs::Public,
        "Says whom to tell about a weakness (RFC 9116).",
    );
    Site::pages().add(decl.cache(Cache::Public { seconds: 3600 }), show).with_state(notice)
}

async fn show(State(notice): State<Notice>) -> Reply {
    // Without a contact the file would be void, so there is none.
    let contact = notice.contact.ok_or_else(Refusal::not_found)?;
    let text = text(&contact, notice.outside.now());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

fn text(contact: &str, now: Time) -> String {
    let expires = now.plus_seconds(DAYS * 24 * 3600).date();
    format!("Contact: {contact}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: en\n")
}

/// Why a contact cannot be used, if it cannot: RFC 9116 §2.5.3 wants an address with a scheme.
pub(crate) fn flaw(contact: &str) -> Option<&'static str> {
    let usable = ["mailto:", "https://", "tel:"]
        .iter()
        .any(|scheme| contact.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    let plain = contact.bytes().all(|byte| byte.is_ascii_graphic());
    (!usable || !plain).then_some("security_contact must begin with mailto:, https:// or tel: and have no spaces")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_expires_while_the_house_is_open() {
        let day = |text: &str| text.split("Expires: ").nth(1).unwrap()[..10].to_owned();
        let now = Time::from_seconds(1_780_000_000);
        assert_eq!(day(&text("mailto:a@b", now)), "2026-11-24");
        assert_eq!(day(&text("mailto:a@b", now.plus_seconds(400 * 24 * 3600))), "2027-12-29");
    }

    #[test]
    fn a_contact_without_a_scheme_is_refused() {
        assert_eq!(flaw("mailto:security@example.org"), None);
        for contact in ["security@example.org", "http://example.org", "mailto:", "https://a b", "mailto:a\nContact: b"]
        {
            assert!(flaw(contact).is_some(), "{contact}");
        }
    }
}
