//! Programs' keys of the made-up house.

use crate::fake::{Asked, Broken, Fake, Inner, page, status};
use trust::house::Reply;

/// A key that somebody made.
pub struct FakeKey {
    pub token: String,
    pub tenant: usize,
    pub revoked: bool,
}

impl Fake {
    /// Pages about keys, for whoever is signed in.
    pub fn keys(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        let Some((tenant, _)) = self.by_session(inner, asked) else { return status(303) };
        match (asked.call.method.as_str(), asked.path) {
            ("GET", "/step-up") => page(r#"<form><input type="hidden" name="form-token" value="t">"#),
            ("POST", "/step-up") => status(303),
            ("GET", "/keys/new") => page(
                r#"<form><input type="hidden" name="form-token" value="t"><input type="hidden" name="attempt" value="a">"#,
            ),
            ("POST", "/keys/new") => self.new_key(inner, tenant, &String::from_utf8_lossy(&asked.call.body)),
            ("GET", "/keys") => {
                let link = |(number, key): (usize, &FakeKey)| {
                    format!(r#"<a href="/keys/{number}">probe</a>{}"#, self.again(key))
                };
                let live = inner.keys.iter().enumerate().filter(|(_, key)| !key.revoked && key.tenant == tenant);
                page(&live.map(link).collect::<String>())
            }
            ("POST", path) => {
                let number: usize = path.split('/').nth(2).unwrap().parse().unwrap();
                inner.keys[number].revoked = self.broken != Broken::RevokedKeysWork;
                status(303)
            }
            _ => page(r#"<form><input type="hidden" name="form-token" value="t">"#),
        }
    }

    fn new_key(&self, inner: &mut Inner, tenant: usize, body: &str) -> Reply {
        let days = body.split('&').find_map(|pair| pair.strip_prefix("days="));
        let days: Option<u32> = days.and_then(|days| days.parse().ok());
        let good_end = days.is_some_and(|days| days <= 365) || self.broken == Broken::KeysNeedNoEnd;
        let foreign = body.contains("figures.read") || body.contains("duty.");
        if !good_end || (foreign && self.broken != Broken::KeysExceedTheirMaker) {
            return status(422);
        }
        let token = format!("candor_key_{}{}", inner.number_of_request(), "Hj3Kl5Mn7Pq9".repeat(6));
        if self.broken == Broken::KeepsKeys {
            std::fs::write(self.dir.join("keys.txt"), &token).unwrap();
        }
        let shown = page(&format!("<code>{token}</code>"));
        inner.keys.push(FakeKey { token, tenant, revoked: false });
        shown
    }

    fn again(&self, key: &FakeKey) -> String {
        if self.broken == Broken::ShowsKeysAgain { key.token.clone() } else { String::new() }
    }
}
