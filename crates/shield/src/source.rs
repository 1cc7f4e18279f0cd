//! Reads rule files as directives with their words.

/// One directive: its words and the line it begins on.
pub(crate) struct Directive {
    pub line: usize,
    pub words: Vec<Vec<u8>>,
}

/// Splits a file into directives; a backslash at the end of a line joins it with the next.
pub(crate) fn directives(bytes: &[u8]) -> Result<Vec<Directive>, (usize, String)> {
    let mut list = Vec::new();
    let mut joined: Vec<u8> = Vec::new();
    let mut begins = 0;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let text = line.trim_ascii();
        if joined.is_empty() {
            if text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            begins = index + 1;
        }
        match text.strip_suffix(b"\\") {
            Some(part) => joined.extend_from_slice(part),
            None => {
                joined.extend_from_slice(text);
                let words = words(&std::mem::take(&mut joined)).map_err(|what| (begins, what))?;
                list.push(Directive { line: begins, words });
            }
        }
    }
    if joined.is_empty() { Ok(list) } else { Err((begins, "the file ends inside a directive".to_owned())) }
}

fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut list = Vec::new();
    let mut rest = line.trim_ascii_start();
    while let Some(&first) = rest.first() {
        let (word, after) = match first {
            b'"' | b'\'' => quoted(rest.get(1..).unwrap_or_default(), first)?,
            _ => {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                (word.to_vec(), after)
            }
        };
        list.push(word);
        rest = after.trim_ascii_start();
    }
    Ok(list)
}

fn quoted(mut rest: &[u8], mark: u8) -> Result<(Vec<u8>, &[u8]), String> {
    let mut word = Vec::new();
    loop {
        rest = match rest {
            [] => return Err("a quotation mark without its partner".to_owned()),
            // As Apache reads its configuration, for which these rules are written.
            [b'\\', next, after @ ..] if *next == mark || *next == b'\\' => {
                word.push(*next);
                after
            }
            [byte, after @ ..] if *byte == mark => return Ok((word, after)),
            [byte, after @ ..] => {
                word.push(*byte);
                after
            }
        };
    }
}

/// Splits an action list at commas that are not inside single quotes, and each action at its colon.
pub(crate) fn actions(list: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut out = Vec::new();
    let mut rest = list.trim_ascii();
    while !rest.is_empty() {
        let end = action_end(rest)?;
        let (action, after) = rest.split_at(end);
        let action = action.trim_ascii();
        if !action.is_empty() {
            let colon = action.iter().position(|byte| *byte == b':');
            let (name, value) = action.split_at(colon.unwrap_or(action.len()));
            let value = unquoted(value.strip_prefix(b":").unwrap_or_default().trim_ascii());
            out.push((String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase(), value));
        }
        rest = after.strip_prefix(b",").unwrap_or(after).trim_ascii_start();
    }
    Ok(out)
}

fn action_end(rest: &[u8]) -> Result<usize, String> {
    let mut quoted = false;
    let mut escaped = false;
    for (index, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\'' => quoted = !quoted,
            b',' if !quoted => return Ok(index),
            _ => {}
        }
    }
    if quoted { Err("an action with a quotation mark without its partner".to_owned()) } else { Ok(rest.len()) }
}

fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"'").and_then(|value| value.strip_suffix(b"'")) else {
        return value.to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        rest = match rest {
            [] => return out,
            [b'\\', b'\'', after @ ..] => {
                out.push(b'\'');
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}
