//! The canonical bytes of an audit entry.
//!
//! One JSON object on one line, fields in this fixed order, no spaces: `index`, `time` (RFC 3339, microseconds),
//! `actor` (`person:…`, `key:…`, `duty:…`), `session`, `action`, `kind`, `id`, `version`, `subject` (keyed digest),
//! `purpose`, `decision` (`granted` or `denied:…`), `old` and `new` (keyed content digests), `request`, `outcome`, and
//! for a search `shown` (keyed digests of those whose records were shown). Absent values are `null`.
//!
//! INVARIANT: an entry holds ids and keyed digests, never content, so erasure never has to touch the log.

use std::fmt::Write as _;

use access::{Actor, Ctx, Reason};
use model::{KindDecl, RecordId, SubjectId};

/// One deed, allowed or not.
#[derive(Debug, Clone)]
pub(crate) struct Deed<'a> {
    pub action: &'static str,
    pub kind: &'a str,
    pub id: Option<RecordId>,
    pub version: Option<u64>,
    pub subject: Option<[u8; 16]>,
    pub denied: Option<Reason>,
    pub old: Option<[u8; 16]>,
    pub new: Option<[u8; 16]>,
    pub outcome: &'static str,
    pub shown: Option<Vec<[u8; 16]>>,
}

/// Something worth evidence that is not a read or a change of a record: a refused form, a failed sign-in.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// What was attempted, in the evidence's vocabulary (lower case and hyphens).
    pub action: &'static str,
    /// The kind it was about, if any.
    pub kind: Option<&'static KindDecl>,
    /// The record it was about, if any.
    pub id: Option<RecordId>,
    /// The person it was about, if any.
    pub subject: Option<SubjectId>,
    /// How it ended.
    pub outcome: &'static str,
}

impl<'a> Deed<'a> {
    pub const fn new(action: &'static str, kind: &'a str, outcome: &'static str) -> Self {
        Self {
            action,
            kind,
            id: None,
            version: None,
            subject: None,
            denied: None,
            old: None,
            new: None,
            outcome,
            shown: None,
        }
    }
}

/// Who asks, as written in evidence.
pub(crate) struct Name(pub Actor);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Actor::Person(id) => write!(f, "person:{id}"),
            Actor::Key(id) => write!(f, "key:{id}"),
            Actor::Duty(name) => write!(f, "duty:{name}"),
        }
    }
}

/// The entry without its index, which the engine assigns: everything after `{"index":N,`.
pub(crate) fn entry(ctx: &Ctx, deed: &Deed) -> Vec<u8> {
    let mut text = String::with_capacity(480);
    // Writing to a String cannot fail.
    _ = write!(text, r#""time":"{}","actor":""#, ctx.now);
    _ = write!(text, r#"{}""#, Name(ctx.actor));
    quoted(&mut text, "session", ctx.session);
    _ = write!(text, r#","action":"{}","kind":"{}""#, deed.action, deed.kind);
    quoted(&mut text, "id", deed.id);
    match deed.version {
        Some(version) => _ = write!(text, r#","version":{version}"#),
        None => text.push_str(r#","version":null"#),
    }
    digest(&mut text, "subject", deed.subject);
    _ = write!(text, r#","purpose":"{}","decision":""#, ctx.purpose.name());
    match deed.denied {
        Some(reason) => _ = write!(text, "denied:{}", reason.name()),
        None => text.push_str("granted"),
    }
    text.push('"');
    digest(&mut text, "old", deed.old);
    digest(&mut text, "new", deed.new);
    _ = write!(text, r#","request":"{}","outcome":"{}""#, ctx.request, deed.outcome);
    if let Some(shown) = &deed.shown {
        text.push_str(r#","shown":["#);
        for (number, one) in shown.iter().enumerate() {
            text.push_str(if number == 0 { "\"" } else { ",\"" });
            hex(&mut text, one);
            text.push('"');
        }
        text.push(']');
    }
    text.push('}');
    text.into_bytes()
}

/// The bytes of a whole entry, as they are hashed into the log: its index and what the engine stored.
pub fn leaf_bytes(index: u64, stored: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(stored.len() + 24);
    bytes.extend(br#"{"index":"#);
    bytes.extend(index.to_string().as_bytes());
    bytes.push(b',');
    bytes.extend(stored);
    bytes
}

fn quoted(text: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    match value {
        Some(value) => _ = write!(text, r#","{name}":"{value}""#),
        None => _ = write!(text, r#","{name}":null"#),
    }
}

fn digest(text: &mut String, name: &str, value: Option<[u8; 16]>) {
    match value {
        Some(value) => {
            _ = write!(text, r#","{name}":""#);
            hex(text, &value);
            text.push('"');
        }
        None => _ = write!(text, r#","{name}":null"#),
    }
}

fn hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(DIGITS.get(usize::from(nibble)));
        }
    }
}
