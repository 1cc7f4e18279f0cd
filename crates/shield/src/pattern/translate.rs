//! Rewrites a PCRE pattern, read as bytes, into the syntax of a linear-time engine.

/// A pattern in two forms: exact with marked groups, and relaxed without what a linear engine cannot do.
pub(crate) struct Translated {
    /// Look-arounds and back-references stand here as groups with reserved names (`look_…`, `ref_…`).
    pub exact: String,
    /// A pattern that matches at least wherever the exact one does.
    pub relaxed: String,
    /// True when the two differ, so that a relaxed match has to be confirmed.
    pub careful: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Ordinary,
    Look,
}

struct Walk<'p> {
    rest: &'p [u8],
    out: Translated,
    stack: Vec<Group>,
    looks: usize,
    marks: usize,
}

/// Translates one pattern.
pub(crate) fn translate(pattern: &[u8]) -> Result<Translated, String> {
    let out = Translated { exact: String::new(), relaxed: String::new(), careful: false };
    let mut walk = Walk { rest: pattern, out, stack: Vec::new(), looks: 0, marks: 0 };
    while let Some((&byte, rest)) = walk.rest.split_first() {
        walk.rest = rest;
        walk.step(byte)?;
    }
    Ok(walk.out)
}

impl Walk<'_> {
    fn push(&mut self, text: &str) {
        self.out.exact.push_str(text);
        if self.looks == 0 {
            self.out.relaxed.push_str(text);
        }
    }

    fn step(&mut self, byte: u8) -> Result<(), String> {
        match byte {
            b'\\' => self.escape(),
            b'[' => self.class(),
            b'(' => self.open(),
            b')' => self.close(),
            b'*' | b'+' | b'?' => {
                self.push(char::from(byte).encode_utf8(&mut [0; 4]));
                self.after_quantifier();
                Ok(())
            }
            b'{' => {
                self.brace();
                Ok(())
            }
            b'}' => {
                self.push(r"\}");
                Ok(())
            }
            0x20..=0x7e => {
                self.push(char::from(byte).encode_utf8(&mut [0; 4]));
                Ok(())
            }
            _ => {
                self.push(&format!(r"\x{byte:02X}"));
                Ok(())
            }
        }
    }

    // Possessive repetition only forbids giving characters back: dropping the mark can only add matches.
    fn after_quantifier(&mut self) {
        match self.rest.split_first() {
            Some((b'+', rest)) => self.rest = rest,
            Some((b'?', rest)) => {
                self.rest = rest;
                self.push("?");
            }
            _ => {}
        }
    }

    fn brace(&mut self) {
        let end = self.rest.iter().position(|byte| *byte == b'}');
        let inner = end.and_then(|end| self.rest.get(..end)).unwrap_or_default();
        if is_counted(inner) {
            let text = String::from_utf8_lossy(inner).into_owned();
            self.rest = self.rest.get(inner.len() + 1..).unwrap_or_default();
            self.push(&format!("{{{text}}}"));
            self.after_quantifier();
        } else {
            self.push(r"\{");
        }
    }

    fn open(&mut self) -> Result<(), String> {
        for (mark, name) in [("?=", "ahead"), ("?!", "not_ahead"), ("?<=", "behind"), ("?<!", "not_behind")] {
            if let Some(rest) = self.rest.strip_prefix(mark.as_bytes()) {
                self.rest = rest;
                self.out.careful = true;
                self.marks += 1;
                if self.looks == 0 {
                    self.out.relaxed.push_str("(?:)");
                }
                self.looks += 1;
                self.out.exact.push_str(&format!("(?P<look_{name}_{}>", self.marks));
                self.stack.push(Group::Look);
                return Ok(());
            }
        }
        self.stack.push(Group::Ordinary);
        if let Some(rest) = self.rest.strip_prefix(b"?>") {
            self.rest = rest;
            self.push("(?:");
        } else if let Some(rest) = self.rest.strip_prefix(b"?P<").or_else(|| self.rest.strip_prefix(b"?<")) {
            let end = rest.iter().position(|byte| *byte == b'>').ok_or("a group name without an end")?;
            self.rest = rest.get(end + 1..).unwrap_or_default();
            self.push("(");
        } else if let Some(rest) = self.rest.strip_prefix(b"?") {
            let end = rest.iter().position(|byte| matches!(byte, b':' | b')')).ok_or("a group without an end")?;
            let flags = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
            if !flags.bytes().all(|flag| matches!(flag, b'i' | b's' | b'm' | b'-')) {
                return Err(format!("the group (?{flags} is outside the subset"));
            }
            let closes = rest.get(end) == Some(&b')');
            self.rest = rest.get(end + 1..).unwrap_or_default();
            self.push(&format!("(?{flags}{}", if closes { ")" } else { ":" }));
            if closes {
                self.stack.pop();
            }
        } else {
            self.push("(");
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        match self.stack.pop() {
            Some(Group::Look) => {
                self.out.exact.push(')');
                self.looks -= 1;
                Ok(())
            }
            Some(Group::Ordinary) => {
                self.push(")");
                Ok(())
            }
            None => Err("a closing parenthesis without an opening one".to_owned()),
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Err("the pattern ends in a backslash".to_owned());
        };
        self.rest = rest;
        match byte {
            b'1'..=b'9' => {
                self.out.careful = true;
                self.marks += 1;
                self.out.exact.push_str(&format!("(?P<ref_{}_{}>)", char::from(byte), self.marks));
                if self.looks == 0 {
                    self.out.relaxed.push_str("(?s:.)*?");
                }
                Ok(())
            }
            b'b' | b'B' | b'A' | b'z' => {
                self.push(&format!(r"\{}", char::from(byte)));
                Ok(())
            }
            b'Z' => {
                self.push(r"\n?\z");
                Ok(())
            }
            _ => {
                let text = self.escaped(byte)?;
                self.push(&text);
                Ok(())
            }
        }
    }

    /// An escape that means one byte or a class, inside or outside brackets.
    fn escaped(&mut self, byte: u8) -> Result<String, String> {
        Ok(match byte {
            b'd' | b'D' | b's' | b'S' | b'w' | b'W' => format!(r"\{}", char::from(byte)),
            b'n' => r"\n".to_owned(),
            b'r' => r"\r".to_owned(),
            b't' => r"\t".to_owned(),
            b'f' => r"\x0C".to_owned(),
            b'a' => r"\x07".to_owned(),
            b'e' => r"\x1B".to_owned(),
            b'h' => r"[\t \xA0]".to_owned(),
            b'v' => r"[\n\x0B\x0C\r\x85]".to_owned(),
            b'x' => self.hex()?,
            b'0' => self.octal(),
            b'A'..=b'Z' | b'a'..=b'z' | b'1'..=b'9' => {
                return Err(format!(r"the escape \{} is outside the subset", char::from(byte)));
            }
            _ => format!(r"\x{byte:02X}"),
        })
    }

    fn hex(&mut self) -> Result<String, String> {
        let (digits, rest) = match self.rest.strip_prefix(b"{") {
            Some(inner) => {
                let end = inner.iter().position(|byte| *byte == b'}').ok_or(r"\x{ without an end")?;
                (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default())
            }
            None => {
                let count = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
                self.rest.split_at(count)
            }
        };
        let text = String::from_utf8_lossy(digits);
        let value = if text.is_empty() { Ok(0) } else { u8::from_str_radix(&text, 16) };
        self.rest = rest;
        value.map(|value| format!(r"\x{value:02X}")).map_err(|_| format!(r"\x{{{text}}} is not one byte"))
    }

    fn octal(&mut self) -> String {
        let count = self.rest.iter().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let value = digits.iter().fold(0u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0'));
        format!(r"\x{value:02X}")
    }

    fn class(&mut self) -> Result<(), String> {
        let mut text = String::from("[");
        if let Some(rest) = self.rest.strip_prefix(b"^") {
            self.rest = rest;
            text.push('^');
        }
        let mut first = true;
        loop {
            let Some((&byte, rest)) = self.rest.split_first() else {
                return Err("a character class without an end".to_owned());
            };
            self.rest = rest;
            match byte {
                b']' if !first => break,
                b'[' if rest.first() == Some(&b':') => {
                    let end = rest.windows(2).position(|pair| pair == b":]").ok_or("a named class without an end")?;
                    let name = String::from_utf8_lossy(rest.get(1..end).unwrap_or_default()).into_owned();
                    text.push_str(&format!("[:{name}:]"));
                    self.rest = rest.get(end + 2..).unwrap_or_default();
                }
                b'\\' => text.push_str(&self.class_escape()?),
                b'-' => text.push_str(if self.is_range_dash(&text) { "-" } else { r"\-" }),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => text.push(char::from(byte)),
                _ => text.push_str(&format!(r"\x{byte:02X}")),
            }
            first = false;
        }
        text.push(']');
        self.push(&text);
        Ok(())
    }

    fn class_escape(&mut self) -> Result<String, String> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Err("a character class without an end".to_owned());
        };
        self.rest = rest;
        match byte {
            b'b' => Ok(r"\x08".to_owned()),
            b'1'..=b'7' => {
                let count = 1 + self.rest.iter().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let more = self.rest.get(..count - 1).unwrap_or_default();
                let value =
                    more.iter().fold(byte - b'0', |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0'));
                self.rest = self.rest.get(count - 1..).unwrap_or_default();
                Ok(format!(r"\x{value:02X}"))
            }
            _ => self.escaped(byte),
        }
    }

    // A dash is a range only between two single characters; next to a class or a bracket it is itself.
    fn is_range_dash(&self, before: &str) -> bool {
        let starts = before == "[" || before == "[^";
        let after_class = [r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", "]"].iter().any(|class| before.ends_with(class));
        let ends = matches!(self.rest.first(), None | Some(b']'))
            || matches!(self.rest, [b'\\', b'd' | b'D' | b's' | b'S' | b'w' | b'W' | b'h' | b'v', ..])
            || self.rest.starts_with(b"[:");
        !(starts || after_class || ends)
    }
}

fn is_counted(inner: &[u8]) -> bool {
    let mut parts = inner.splitn(2, |byte| *byte == b',');
    let low = parts.next().unwrap_or_default();
    let high = parts.next().unwrap_or_default();
    !low.is_empty() && low.iter().chain(high).all(u8::is_ascii_digit)
}
