//! Attacks and ordinary values, as data: what tests and probes send.
//!
//! They are kept with the rules, so that a figure of detection always says by which set it was measured.

/// The set, in figures about it. Raised when a line changes.
pub const VERSION: &str = "2026-11-22";

const ATTACKS: &str = include_str!("../corpus/attacks.txt");
const BENIGN: &str = include_str!("../corpus/benign.txt");

/// Attacks by family.
pub fn attacks() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    lines(ATTACKS).filter_map(|line| line.split_once('\t')).map(|(family, payload)| (family, plain(payload)))
}

/// Values that ordinary people enter.
pub fn benign() -> impl Iterator<Item = Vec<u8>> {
    lines(BENIGN).map(plain)
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn plain(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        let escaped = match (byte, rest.peek()) {
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'0')) => Some(0),
            (b'\\', Some(b'\\')) => Some(b'\\'),
            _ => None,
        };
        if escaped.is_some() {
            rest.next();
        }
        bytes.push(escaped.unwrap_or(byte));
    }
    bytes
}
