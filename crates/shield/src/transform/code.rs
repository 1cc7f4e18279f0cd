//! Decoding of the escapes of programming and style languages.

use super::decode::{low_byte, nibble, pair};

pub(super) fn js(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        let (byte, after) = match rest {
            [] => return out,
            [b'\\', b'u', a, b, c, d, after @ ..] if low_byte([*a, *b, *c, *d]).is_some() => {
                (low_byte([*a, *b, *c, *d]).unwrap_or_default(), after)
            }
            [b'\\', b'x', high, low, after @ ..] if pair(*high, *low).is_some() => {
                (pair(*high, *low).unwrap_or_default(), after)
            }
            [b'\\', digits @ ..] if matches!(digits.first(), Some(b'0'..=b'7')) => octal(digits),
            [b'\\', letter, after @ ..] => (named(*letter).unwrap_or(*letter), after),
            [byte, after @ ..] => (*byte, after),
        };
        out.push(byte);
        rest = after;
    }
}

// Up to three octal digits, of which three only when they fit into a byte.
fn octal(digits: &[u8]) -> (u8, &[u8]) {
    let mut count = digits.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if count == 3 && digits.first().is_some_and(|byte| *byte > b'3') {
        count = 2;
    }
    let (used, after) = digits.split_at(count);
    let value = used.iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
    (u8::try_from(value & 0xff).unwrap_or_default(), after)
}

fn named(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}

pub(super) fn css(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = after;
            continue;
        }
        let count = after.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (digits, beyond) = after.split_at(count);
        rest = match (digits, after) {
            ([], []) => after,
            ([], [b'\n', beyond @ ..]) => beyond,
            ([], [letter, beyond @ ..]) => {
                out.push(*letter);
                beyond
            }
            _ => {
                out.push(css_byte(digits));
                match beyond.split_first() {
                    Some((space, beyond)) if space.is_ascii_whitespace() => beyond,
                    _ => beyond,
                }
            }
        };
    }
    out
}

fn css_byte(digits: &[u8]) -> u8 {
    let at = |from_end: usize| digits.len().checked_sub(from_end).and_then(|index| digits.get(index)).copied();
    let low = match (at(2), at(1)) {
        (Some(high), Some(low)) => pair(high, low).unwrap_or_default(),
        (None, Some(low)) => nibble(low).unwrap_or_default(),
        _ => 0,
    };
    let full_width = matches!((at(4), at(3)), (Some(b'f' | b'F'), Some(b'f' | b'F')))
        && digits.iter().take(digits.len().saturating_sub(4)).all(|digit| *digit == b'0');
    if full_width && (0x01..=0x5e).contains(&low) { low + 0x20 } else { low }
}

pub(super) fn escape_sequences(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        let (byte, after) = match rest {
            [] => return out,
            [b'\\', b'x' | b'X', high, low, after @ ..] if pair(*high, *low).is_some() => {
                (pair(*high, *low).unwrap_or_default(), after)
            }
            [b'\\', digits @ ..] if matches!(digits.first(), Some(b'0'..=b'7')) => octal(digits),
            [b'\\', letter, after @ ..] => match (named(*letter), letter) {
                (Some(byte), _) => (byte, after),
                (None, b'\\' | b'?' | b'\'' | b'"') => (*letter, after),
                (None, _) => {
                    out.push(b'\\');
                    (*letter, after)
                }
            },
            [byte, after @ ..] => (*byte, after),
        };
        out.push(byte);
        rest = after;
    }
}
