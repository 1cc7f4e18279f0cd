//! JSON (RFC 8259), read leaf by leaf; several documents may follow each other, one a line.

use super::{Collector, Stop};
use crate::variable::Variable;
use std::borrow::Cow;

struct Reader<'r, 'c> {
    rest: &'r [u8],
    path: Vec<u8>,
    into: &'c mut Collector<'r>,
}

/// Reads a body. What follows a mistake is kept as one value, so that it is inspected all the same.
pub(crate) fn read<'r>(source: &'r [u8], into: &mut Collector<'r>) -> Result<(), Stop> {
    let mut reader = Reader { rest: source, path: b"json".to_vec(), into };
    reader.space();
    while !reader.rest.is_empty() {
        if let Err(stop) = reader.value(0) {
            let rest = reader.rest;
            if into.malformed.is_some() {
                into.argument(Variable::ArgsPost, b"json.unread".as_slice(), rest)?;
            }
            return Err(stop);
        }
        reader.space();
    }
    Ok(())
}

impl<'r> Reader<'r, '_> {
    fn space(&mut self) {
        let start = self.rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.rest = self.rest.get(start.unwrap_or(self.rest.len())..).unwrap_or_default();
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Stop> {
        self.into.depth(depth)?;
        match self.rest.first() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let text = self.string()?;
                self.leaf(text)
            }
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                let end = self.rest.iter().position(|byte| !is_plain(byte)).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                if !is_number_or_name(word) {
                    return Err(self.into.malformed("a JSON word that is neither number nor name"));
                }
                self.rest = rest;
                self.leaf(Cow::Borrowed(word))
            }
            _ => Err(self.into.malformed("JSON without a value")),
        }
    }

    fn leaf(&mut self, value: Cow<'r, [u8]>) -> Result<(), Stop> {
        self.into.argument(Variable::ArgsPost, self.path.clone(), value)
    }

    fn object(&mut self, depth: usize) -> Result<(), Stop> {
        self.take(b'{');
        self.space();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.rest.first() != Some(&b'"') {
                return Err(self.into.malformed("a JSON object without a name"));
            }
            let name = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.into.malformed("a JSON name without a value"));
            }
            self.space();
            let length = self.path.len();
            self.path.push(b'.');
            self.path.extend_from_slice(&name);
            self.value(depth + 1)?;
            self.path.truncate(length);
            self.space();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.into.malformed("a JSON object without an end"));
            }
            self.space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Stop> {
        self.take(b'[');
        self.space();
        if self.take(b']') {
            return Ok(());
        }
        for index in 0usize.. {
            let length = self.path.len();
            self.path.push(b'.');
            self.path.extend_from_slice(index.to_string().as_bytes());
            self.value(depth + 1)?;
            self.path.truncate(length);
            self.space();
            if self.take(b']') {
                break;
            }
            if !self.take(b',') {
                return Err(self.into.malformed("a JSON array without an end"));
            }
            self.space();
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'r, [u8]>, Stop> {
        let body = self.rest.get(1..).unwrap_or_default();
        let plain = body.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let Some(plain) = plain else {
            return Err(self.into.malformed("a JSON string without an end"));
        };
        let (start, mut rest) = body.split_at(plain);
        if let Some(after) = rest.strip_prefix(b"\"") {
            self.rest = after;
            return Ok(Cow::Borrowed(start));
        }
        let mut out = start.to_vec();
        loop {
            rest = match rest {
                [b'"', after @ ..] => {
                    self.rest = after;
                    return Ok(Cow::Owned(out));
                }
                [b'\\', b'u', after @ ..] => match unicode(after, &mut out) {
                    Some(after) => after,
                    None => return Err(self.into.malformed("a JSON escape that is not one")),
                },
                [b'\\', letter, after @ ..] => match escape(*letter) {
                    Some(byte) => {
                        out.push(byte);
                        after
                    }
                    None => return Err(self.into.malformed("a JSON escape that is not one")),
                },
                [byte, after @ ..] => {
                    out.push(*byte);
                    after
                }
                [] => return Err(self.into.malformed("a JSON string without an end")),
            };
        }
    }
}

fn is_number_or_name(word: &[u8]) -> bool {
    matches!(word, b"true" | b"false" | b"null")
        || (!word.is_empty()
            && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')))
}

fn escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

fn four(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits.get(..4)?).ok()?;
    if text.starts_with('+') { None } else { u32::from_str_radix(text, 16).ok() }
}

// A lone surrogate becomes U+FFFD, as lenient readers do.
fn unicode<'r>(after: &'r [u8], out: &mut Vec<u8>) -> Option<&'r [u8]> {
    let first = four(after)?;
    let mut rest = after.get(4..)?;
    let mut code = first;
    if (0xd800..0xdc00).contains(&first)
        && let Some(low) = rest.strip_prefix(b"\\u").and_then(four)
        && (0xdc00..0xe000).contains(&low)
    {
        code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        rest = rest.get(6..)?;
    }
    let char = char::from_u32(code).unwrap_or('\u{fffd}');
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}
