//! Decoding of URL, HTML, base64 and UTF-8 forms.

pub(super) fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

pub(super) fn pair(high: u8, low: u8) -> Option<u8> {
    Some(nibble(high)? << 4 | nibble(low)?)
}

/// The byte that `\uHHHH` stands for: full-width forms become plain ASCII, others keep their low byte.
pub(super) fn low_byte(digits: [u8; 4]) -> Option<u8> {
    let [a, b, c, d] = digits;
    let high = pair(a, b)?;
    let low = pair(c, d)?;
    Some(if high == 0xff && (0x01..=0x5e).contains(&low) { low + 0x20 } else { low })
}

pub(crate) fn url(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'%', high, low, after @ ..] => match pair(*high, *low) {
                Some(byte) => keep(&mut out, byte, after),
                None => keep(&mut out, b'%', rest.get(1..).unwrap_or_default()),
            },
            [b'+', after @ ..] => keep(&mut out, b' ', after),
            [byte, after @ ..] => keep(&mut out, *byte, after),
        };
    }
}

fn keep<'v>(out: &mut Vec<u8>, byte: u8, after: &'v [u8]) -> &'v [u8] {
    out.push(byte);
    after
}

pub(super) fn url_unicode(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'%', b'u' | b'U', a, b, c, d, after @ ..] if low_byte([*a, *b, *c, *d]).is_some() => {
                keep(&mut out, best_fit([*a, *b, *c, *d]), after)
            }
            [b'%', high, low, after @ ..] => match pair(*high, *low) {
                Some(byte) => keep(&mut out, byte, after),
                None => keep(&mut out, b'%', rest.get(1..).unwrap_or_default()),
            },
            [b'+', after @ ..] => keep(&mut out, b' ', after),
            [byte, after @ ..] => keep(&mut out, *byte, after),
        };
    }
}

// Typographic look-alikes that common back ends fold to ASCII.
fn best_fit(digits: [u8; 4]) -> u8 {
    let low = low_byte(digits).unwrap_or(b'?');
    let text = digits.to_ascii_lowercase();
    match text.as_slice() {
        b"2018" | b"2019" | b"02b9" | b"02bc" | b"02c8" | b"2032" | b"2035" => b'\'',
        b"201c" | b"201d" | b"02ba" | b"2033" => b'"',
        b"2039" | b"2329" | b"3008" => b'<',
        b"203a" | b"232a" | b"3009" => b'>',
        b"2044" | b"2215" => b'/',
        _ => low,
    }
}

pub(crate) fn html_entities(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, entity(after)) {
            (b'&', Some((decoded, used))) => {
                out.push(decoded);
                let after = after.get(used..).unwrap_or_default();
                after.strip_prefix(b";").unwrap_or(after)
            }
            _ => keep(&mut out, byte, after),
        };
    }
    out
}

fn entity(after: &[u8]) -> Option<(u8, usize)> {
    if let [b'#', b'x' | b'X', digits @ ..] = after {
        let count = digits.iter().take(8).take_while(|byte| byte.is_ascii_hexdigit()).count();
        return number(digits.get(..count)?, 16).map(|byte| (byte, count + 2));
    }
    if let [b'#', digits @ ..] = after {
        let count = digits.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        return number(digits.get(..count)?, 10).map(|byte| (byte, count + 1));
    }
    // Rules look for the other names themselves, so they stay as they are.
    let names: [(&[u8], u8); 5] = [(b"quot", b'"'), (b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"nbsp", 0xa0)];
    let named = |(name, byte): &(&[u8], u8)| {
        let start = after.get(..name.len())?;
        start.eq_ignore_ascii_case(name).then_some((*byte, name.len()))
    };
    names.iter().find_map(named)
}

fn number(digits: &[u8], base: u32) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    let value = u64::from_str_radix(text, base).ok()?;
    u8::try_from(value & 0xff).ok()
}

pub(super) fn utf8_to_unicode(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() * 2);
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        let width = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let decoded = rest.get(..width).filter(|_| width > 1).and_then(|bytes| std::str::from_utf8(bytes).ok());
        match decoded.and_then(|text| text.chars().next()) {
            Some(char) => {
                out.extend_from_slice(format!("%u{:04x}", u32::from(char)).as_bytes());
                rest = rest.get(width..).unwrap_or_default();
            }
            None => rest = keep(&mut out, byte, after),
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    StopAtForeign,
    SkipForeign,
}

pub(super) fn base64(value: &[u8], strictness: Strictness) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in value {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ if strictness == Strictness::SkipForeign || matches!(byte, b'\r' | b'\n') => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    out
}

pub(super) fn base64_encode(value: &[u8]) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(value).into_bytes()
}

pub(super) fn hex(value: &[u8]) -> Vec<u8> {
    value
        .chunks_exact(2)
        .map_while(|two| match two {
            [high, low] => pair(*high, *low),
            _ => None,
        })
        .collect()
}

pub(super) fn sql_hex(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'0', b'x' | b'X', digits @ ..] if digits.len() >= 2 => {
                let count = digits.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() / 2 * 2;
                if count == 0 {
                    keep(&mut out, b'0', rest.get(1..).unwrap_or_default())
                } else {
                    out.extend(hex(digits.get(..count).unwrap_or_default()));
                    digits.get(count..).unwrap_or_default()
                }
            }
            [byte, after @ ..] => keep(&mut out, *byte, after),
        };
    }
}

/// The predefined entities and character references of XML, as UTF-8.
pub(crate) fn xml_entities(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        let name = (byte == b'&')
            .then(|| after.iter().take(12).position(|byte| *byte == b';'))
            .flatten()
            .and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        rest = match name.and_then(|(name, beyond)| Some((xml_entity(name)?, beyond))) {
            Some((char, beyond)) => {
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                beyond
            }
            None => keep(&mut out, byte, after),
        };
    }
    out
}

fn xml_entity(name: &[u8]) -> Option<char> {
    match name {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => {
            let text = std::str::from_utf8(name).ok()?.strip_prefix('#')?;
            let (digits, base) = text.strip_prefix(['x', 'X']).map_or((text, 10), |digits| (digits, 16));
            char::from_u32(u32::from_str_radix(digits, base).ok()?)
        }
    }
}
