//! Whitespace, comments and the folding of command lines.

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0xa0)
}

pub(super) fn trim_left(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| !is_space(*byte)).unwrap_or(value.len());
    value.get(start..).unwrap_or_default()
}

pub(super) fn trim_right(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}

pub(super) fn compress(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut in_space = false;
    for byte in value {
        if is_space(*byte) {
            if !in_space {
                out.push(b' ');
            }
            in_space = true;
        } else {
            out.push(*byte);
            in_space = false;
        }
    }
    out
}

pub(super) fn replace_comments(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'/', b'*', inner @ ..] => {
                out.push(b' ');
                after_comment(inner)
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn after_comment(inner: &[u8]) -> &[u8] {
    match inner.windows(2).position(|two| two == b"*/") {
        Some(end) => inner.get(end + 2..).unwrap_or_default(),
        None => &[],
    }
}

pub(super) fn remove_comments(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'/', b'*', inner @ ..] => after_comment(inner),
            [b'<', b'!', b'-', b'-', inner @ ..] => match inner.windows(3).position(|three| three == b"-->") {
                Some(end) => inner.get(end + 3..).unwrap_or_default(),
                None => &[],
            },
            [b'-', b'-', ..] | [b'#', ..] => return out,
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

pub(super) fn remove_comment_marks(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return out,
            [b'<', b'!', b'-', b'-', after @ ..] => after,
            [b'-', b'-', b'>', after @ ..] => after,
            [b'/', b'*', after @ ..] | [b'*', b'/', after @ ..] | [b'-', b'-', after @ ..] | [b'#', after @ ..] => {
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

/// Removes what a shell ignores, so that `c^a"t` and `CAT` both read `cat`.
pub(super) fn command_line(value: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'"' | b'\'' | b'\\' | b'^' => {}
            b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' => {
                if out.last() != Some(&b' ') {
                    out.push(b' ');
                }
            }
            b'/' | b'(' => {
                if out.last() == Some(&b' ') {
                    out.pop();
                }
                out.push(*byte);
            }
            _ => out.push(byte.to_ascii_lowercase()),
        }
    }
    out
}
