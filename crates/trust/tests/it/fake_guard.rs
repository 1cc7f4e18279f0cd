//! The guard at the made-up house's door, with real rules.

use std::sync::LazyLock;

use serde_json::json;
use shield::{Inspector, Settings};
use trust::house::Reply;

use crate::fake::{Asked, Broken, Fake, Inner, json_reply, status};

static RULES: LazyLock<Inspector> = LazyLock::new(|| Inspector::built_in(Settings::default()).unwrap());

impl Fake {
    /// What the guard says to a request that it does not let pass.
    pub fn guard(&self, inner: &mut Inner, asked: &Asked<'_>) -> Option<Reply> {
        let call = asked.call;
        let headers: Vec<(&[u8], &[u8])> =
            call.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let mut request = shield::Request::new(call.method.as_bytes(), call.path.as_bytes());
        request.headers = &headers;
        request.body = &call.body;
        let ordinary = self.broken == Broken::RefusesOrdinaryWords && call.path.contains("Brien");
        if !ordinary && (self.broken == Broken::LetsAttacksPass || !RULES.inspect(&request).blocks()) {
            return None;
        }
        if self.broken != Broken::ForgetsAttacks {
            inner.attempts.push(asked.request.clone());
        }
        let mut reply = status(403);
        reply.body = "This looks like an attack.".into();
        if self.broken == Broken::RepeatsWhatItRefuses {
            reply.body = call.body.clone();
            reply.body.extend(asked.query.values().flat_map(|value| value.bytes()));
        }
        Some(reply)
    }

    pub fn attempts(inner: &Inner, asked: &Asked<'_>) -> Reply {
        let wanted = asked.query.get("request").cloned().unwrap_or_default();
        let found = inner.attempts.iter().filter(|request| **request == wanted);
        let list: Vec<_> = found.map(|request| json!({ "request": request, "rules": [30_010] })).collect();
        json_reply(&json!({ "attempts": list }))
    }
}
