//! Strings without their escapes.

use std::borrow::Cow;

/// A string's characters from its checked spelling.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some((plain, mut rest)) = raw.find('\\').map(|at| raw.split_at(at)) else {
        return Cow::Borrowed(raw);
    };
    let mut out = plain.to_owned();
    while let Some(tail) = rest.strip_prefix('\\') {
        let mut chars = tail.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (found, left) = code_point(chars.as_str());
                out.push(found);
                chars = left.chars();
            }
            Some(other) => out.push(other),
            None => {}
        }
        let after = chars.as_str();
        let (plain, more) = after.find('\\').map_or((after, ""), |at| after.split_at(at));
        out.push_str(plain);
        rest = more;
    }
    Cow::Owned(out)
}

/// The character of four hexadecimal digits, or of eight with `\u` between them, and what follows.
fn code_point(text: &str) -> (char, &str) {
    let unit = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let first = unit(text).unwrap_or(0xfffd);
    let left = text.get(4..).unwrap_or_default();
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = left.strip_prefix("\\u").and_then(unit)
    {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + second.wrapping_sub(0xdc00);
        return (char::from_u32(code).unwrap_or('\u{fffd}'), left.get(6..).unwrap_or_default());
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), left)
}
