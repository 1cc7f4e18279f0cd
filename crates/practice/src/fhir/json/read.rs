//! The strict reader: one pass, no recursion.

use std::borrow::Cow;

use model::RefusalKind;

use super::strings::unescape;
use super::{Document, Kind, Limits, Slot, Span, Unreadable, path_step};

/// Longest number taken, in characters.
const NUMBER_CHARS_MAX: usize = 256;

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    limits: &'t Limits,
    slots: Vec<Slot>,
    open: Vec<Open>,
}

/// An array or object that is being read.
struct Open {
    slot: usize,
    count: usize,
    /// The name of the member that is being read; the empty span in an array.
    name: Span,
}

enum Next {
    Value,
    End,
}

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Unreadable> {
    let text = utf8(bytes, limits)?;
    let mut reader =
        Reader { text, bytes, at: 0, limits, slots: Vec::with_capacity(bytes.len() / 24), open: Vec::new() };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(reader.no("The text begins with a byte order mark. Leave it out."));
    }
    loop {
        reader.value()?;
        if matches!(reader.after_value()?, Next::End) {
            break;
        }
    }
    let Reader { slots, .. } = reader;
    Ok(Document { text: text.to_owned(), slots })
}

fn utf8<'t>(bytes: &'t [u8], limits: &Limits) -> Result<&'t str, Unreadable> {
    // INVARIANT: a position fits u32, because a text is shorter than that.
    let bytes_max = limits.bytes_max.min(u32::MAX as usize - 1);
    if bytes.len() > bytes_max {
        let words = format!("There are {} bytes; {bytes_max} are taken.", bytes.len());
        return Err(Unreadable { kind: RefusalKind::TooLarge, path: "Resource".to_owned(), line: 1, column: 1, words });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let (line, column) = place(&String::from_utf8_lossy(good));
        let words = "The text is not UTF-8.".to_owned();
        Unreadable { kind: RefusalKind::Malformed, path: "Resource".to_owned(), line, column, words }
    })
}

fn place(before: &str) -> (usize, usize) {
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads a scalar, an empty container, or a container's beginning up to its first value.
    fn value(&mut self) -> Result<(), Unreadable> {
        loop {
            self.skip_space();
            let from = self.at;
            match self.peek() {
                Some(b'{') => {
                    self.begin(Kind::Object, from)?;
                    self.skip_space();
                    if self.peek() == Some(b'}') {
                        self.close();
                        return Ok(());
                    }
                    self.name()?;
                }
                Some(b'[') => {
                    self.begin(Kind::List, from)?;
                    self.skip_space();
                    if self.peek() == Some(b']') {
                        self.close();
                        return Ok(());
                    }
                }
                Some(b'"') => {
                    let escaped = self.string()?;
                    return self.push(Kind::Text, from, escaped);
                }
                Some(b'-' | b'0'..=b'9') => {
                    self.number()?;
                    return self.push(Kind::Number, from, false);
                }
                Some(_) => return self.literal(from),
                None => return Err(self.no("The text ends where a value is expected.")),
            }
        }
    }

    fn literal(&mut self, from: usize) -> Result<(), Unreadable> {
        let rest = self.bytes.get(from..).unwrap_or_default();
        for (word, kind) in [(&b"null"[..], Kind::Null), (b"true", Kind::Bool), (b"false", Kind::Bool)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return self.push(kind, from, false);
            }
        }
        Err(self.no("Here a value is expected: an object, an array, a string, a number, true, false or null."))
    }

    /// What follows a value: another value, or the end of the text. Closes what ends.
    fn after_value(&mut self) -> Result<Next, Unreadable> {
        loop {
            self.skip_space();
            let Some(open) = self.open.last_mut() else {
                return match self.peek() {
                    None => Ok(Next::End),
                    Some(_) => Err(self.no("There is more text after the end of the JSON value.")),
                };
            };
            let object = open.name.from > 0;
            match (self.bytes.get(self.at), object) {
                (Some(b','), _) => {
                    open.count += 1;
                    self.at += 1;
                    if object {
                        self.skip_space();
                        self.name()?;
                    }
                    return Ok(Next::Value);
                }
                (Some(b'}'), true) | (Some(b']'), false) => self.close(),
                (None, _) => return Err(self.no("The text ends before the JSON value does.")),
                (Some(_), true) => return Err(self.no("After a member, a comma or } is expected.")),
                (Some(_), false) => return Err(self.no("After an item, a comma or ] is expected.")),
            }
        }
    }

    fn begin(&mut self, kind: Kind, from: usize) -> Result<(), Unreadable> {
        if self.open.len() >= self.limits.depth_max {
            return Err(self.no(format!("Values stand more than {} deep in each other.", self.limits.depth_max)));
        }
        self.at += 1;
        self.push(kind, from, false)?;
        let slot = self.slots.len() - 1;
        self.open.push(Open { slot, count: 0, name: Span { from: 0, to: 0 } });
        Ok(())
    }

    /// Ends the innermost container at the bracket that stands here.
    fn close(&mut self) {
        self.at += 1;
        let after = position(self.slots.len());
        if let Some(open) = self.open.pop()
            && let Some(slot) = self.slots.get_mut(open.slot)
        {
            slot.value.to = position(self.at);
            slot.after = after;
        }
    }

    fn push(&mut self, kind: Kind, from: usize, escaped: bool) -> Result<(), Unreadable> {
        if self.slots.len() >= self.limits.nodes_max {
            let words = format!("There are more than {} values.", self.limits.nodes_max);
            return Err(Unreadable { kind: RefusalKind::TooLarge, ..self.no(words) });
        }
        let name = self.open.last().map_or(Span { from: 0, to: 0 }, |open| open.name);
        let value = Span { from: position(from), to: position(self.at) };
        let after = position(self.slots.len() + 1);
        self.slots.push(Slot { kind, escaped, name, value, after });
        Ok(())
    }

    fn name(&mut self) -> Result<(), Unreadable> {
        if self.peek() != Some(b'"') {
            return Err(self.no("Here the name of a member in double quotes is expected."));
        }
        let from = self.at + 1;
        let escaped = self.string()?;
        let name = Span { from: position(from), to: position(self.at - 1) };
        if self.repeats(name, escaped) {
            let words = format!("The member {} is there twice.", path_step(&self.piece(name)));
            self.set_name(name);
            return Err(self.no(words));
        }
        self.set_name(name);
        if self.open.last().is_some_and(|open| open.count >= self.limits.members_max) {
            return Err(self.no(format!("One object has more than {} members.", self.limits.members_max)));
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.no("After the name of a member, a colon is expected."));
        }
        self.at += 1;
        Ok(())
    }

    fn set_name(&mut self, name: Span) {
        if let Some(open) = self.open.last_mut() {
            open.name = name;
        }
    }

    /// Whether an earlier member of the innermost object has this name.
    fn repeats(&self, name: Span, escaped: bool) -> bool {
        let Some(open) = self.open.last() else { return false };
        let wanted = self.raw(name);
        let mut at = open.slot + 1;
        while let Some(slot) = self.slots.get(at) {
            let found = self.raw(slot.name);
            let plain = !escaped && !found.contains('\\');
            if if plain { found == wanted } else { unescape(found) == unescape(wanted) } {
                return true;
            }
            at = slot.after as usize;
        }
        false
    }

    fn raw(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn piece(&self, span: Span) -> Cow<'_, str> {
        unescape(self.raw(span))
    }

    /// Passes over a string; says whether it holds an escape.
    fn string(&mut self) -> Result<bool, Unreadable> {
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return Err(self.no("A string holds a control character that is not escaped.")),
                Some(_) => self.at += 1,
                None => return Err(self.no("The text ends inside a string.")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Unreadable> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let first = self.hex4(self.at + 2)?;
                self.at += 6;
                match first {
                    0xd800..0xdc00 => {
                        let low = self.bytes.get(self.at..self.at + 2) == Some(b"\\u");
                        if low && (0xdc00..0xe000).contains(&self.hex4(self.at + 2)?) {
                            self.at += 6;
                            return Ok(());
                        }
                        Err(self.no("A string holds half of a surrogate pair."))
                    }
                    0xdc00..0xe000 => Err(self.no("A string holds half of a surrogate pair.")),
                    _ => Ok(()),
                }
            }
            _ => Err(self.no("A string holds an escape that JSON does not have.")),
        }
    }

    fn hex4(&self, from: usize) -> Result<u32, Unreadable> {
        let digits = self.bytes.get(from..from + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.no("After \\u, four hexadecimal digits are expected."))
    }

    fn number(&mut self) -> Result<(), Unreadable> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.at - from > NUMBER_CHARS_MAX {
            return Err(self.no(format!("A number has more than {NUMBER_CHARS_MAX} characters.")));
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Unreadable> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == from { Err(self.no("A number lacks a digit here.")) } else { Ok(()) }
    }

    fn no(&self, words: impl Into<String>) -> Unreadable {
        let mut upto = self.at.min(self.text.len());
        while !self.text.is_char_boundary(upto) {
            upto -= 1;
        }
        let (line, column) = place(self.text.get(..upto).unwrap_or_default());
        Unreadable { kind: RefusalKind::Malformed, path: self.path(), line, column, words: words.into() }
    }

    /// FHIRPath of the value that is being read, from the resource's type where that has been read.
    fn path(&self) -> String {
        let mut path = self.root_type().unwrap_or_else(|| "Resource".to_owned());
        for open in &self.open {
            if open.name.from > 0 {
                path.push('.');
                path.push_str(&path_step(&self.piece(open.name)));
            } else if self.slots.get(open.slot).is_some_and(|slot| slot.kind == Kind::List) {
                path.push_str(&format!("[{}]", open.count));
            }
        }
        path
    }

    fn root_type(&self) -> Option<String> {
        let mut at = 1;
        while let Some(slot) = self.slots.get(at) {
            if self.raw(slot.name) == "resourceType" && slot.kind == Kind::Text {
                let named = self.raw(slot.value).trim_matches('"');
                let plain = named.len() <= 64 && named.bytes().all(|byte| byte.is_ascii_alphanumeric());
                return (plain && !named.is_empty()).then(|| named.to_owned());
            }
            // A container that is still open ends the walk: its siblings have not been read.
            if self.open.iter().any(|open| open.slot == at) {
                return None;
            }
            at = slot.after as usize;
        }
        None
    }
}

/// INVARIANT: positions fit, because longer texts are refused before they are read.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
