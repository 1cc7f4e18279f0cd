//! Multipart forms (RFC 7578), with the oddities by which two readers can come to differ.

use super::{Collector, Stop};
use crate::variable::Variable;

/// Reads a body with the boundary of its content type.
pub(crate) fn read<'r>(content_type: &'r [u8], source: &'r [u8], into: &mut Collector<'r>) -> Result<(), Stop> {
    let Some(boundary) = parameter(content_type, b"boundary").filter(|boundary| !boundary.is_empty()) else {
        into.push(Variable::ArgsPost, b"multipart.unread".as_slice(), source);
        return Err(into.malformed("a multipart body without a boundary"));
    };
    let delimiter = [b"--".as_slice(), &boundary].concat();
    let mut rest = match next_delimiter(source, &delimiter, Place::Start) {
        Some((before, rest)) => {
            if !before.trim_ascii().is_empty() {
                into.ambiguous = Some("data before the first part");
            }
            rest
        }
        None => {
            into.push(Variable::ArgsPost, b"multipart.unread".as_slice(), source);
            return Err(into.malformed("a multipart body without its boundary"));
        }
    };
    let (mut files, mut bytes) = (0usize, 0usize);
    loop {
        if let Some(after) = rest.strip_prefix(b"--") {
            if !after.trim_ascii().is_empty() {
                into.ambiguous = Some("data after the last part");
            }
            break;
        }
        let begin = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |place| place + 1);
        let content = rest.get(begin..).unwrap_or_default();
        let (part, after, is_last) = match next_delimiter(content, &delimiter, Place::Line) {
            Some((part, after)) => (part, after, false),
            None => (content, [].as_slice(), true),
        };
        let file = read_part(part, into)?;
        if let Some(size) = file {
            files += 1;
            bytes += size;
        }
        if is_last {
            into.malformed = Some("a multipart body without an end");
            break;
        }
        rest = after;
    }
    if files > 0 {
        into.push(Variable::FilesCombinedSize, b"".as_slice(), bytes.to_string().into_bytes());
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Line,
}

/// The bytes before the next delimiter line and those after the delimiter itself.
fn next_delimiter<'r>(source: &'r [u8], delimiter: &[u8], place: Place) -> Option<(&'r [u8], &'r [u8])> {
    if source.starts_with(delimiter) {
        return Some((&[], source.get(delimiter.len()..)?));
    }
    let mut from = 0;
    loop {
        let line = source.get(from..)?.iter().position(|byte| *byte == b'\n')? + from + 1;
        if source.get(line..)?.starts_with(delimiter) {
            let mut before = source.get(..line - 1)?;
            if place == Place::Line {
                before = before.strip_suffix(b"\r").unwrap_or(before);
            }
            return Some((before, source.get(line + delimiter.len()..)?));
        }
        from = line;
    }
}

/// Reads one part; the size of its content when it is a file.
fn read_part<'r>(part: &'r [u8], into: &mut Collector<'r>) -> Result<Option<usize>, Stop> {
    let (headers, content) = split_headers(part);
    let lines = unfolded(headers);
    let find = |name: &[u8]| {
        lines.iter().find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            line.get(..colon)?
                .trim_ascii()
                .eq_ignore_ascii_case(name)
                .then(|| line.get(colon + 1..).unwrap_or_default())
        })
    };
    let disposition = find(b"content-disposition");
    if disposition.is_none() {
        into.ambiguous = Some("a part without a disposition");
    }
    let disposition = disposition.unwrap_or_default();
    let name = parameter(disposition, b"name").unwrap_or_default();
    for line in &lines {
        into.push(Variable::MultipartPartHeaders, name.clone(), line.clone());
    }
    into.push(Variable::MultipartName, name.clone(), name.clone());
    let filename = parameter(disposition, b"filename").or_else(|| parameter(disposition, b"filename*"));
    match filename {
        None => {
            into.argument(Variable::ArgsPost, name, content)?;
            Ok(None)
        }
        Some(filename) => {
            into.argument(Variable::Files, name.clone(), filename.clone())?;
            into.push(Variable::MultipartFilename, name.clone(), filename);
            into.push(Variable::FilesNames, name.clone(), name.clone());
            into.push(Variable::FilesSizes, name.clone(), content.len().to_string().into_bytes());
            into.push(Variable::FilesTmpContent, name, content);
            Ok(Some(content.len()))
        }
    }
}

fn split_headers(part: &[u8]) -> (&[u8], &[u8]) {
    if let Some(content) = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")) {
        return (&[], content);
    }
    let double = part.windows(4).position(|four| four == b"\r\n\r\n").map(|place| (place, 4));
    let single = part.windows(2).position(|two| two == b"\n\n").map(|place| (place, 2));
    match double.into_iter().chain(single).min() {
        Some((place, width)) => (part.get(..place).unwrap_or_default(), part.get(place + width..).unwrap_or_default()),
        None => (part, &[]),
    }
}

fn unfolded(headers: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in headers.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match lines.last_mut() {
            Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.extend_from_slice(line),
            _ if line.is_empty() => {}
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// The value of `name=value` or `name="value"` among the parameters of a header.
fn parameter(header: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut rest = header.get(header.iter().position(|byte| *byte == b';')?..)?;
    while let Some(after) = rest.strip_prefix(b";") {
        let after = after.trim_ascii_start();
        let end = after.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(after.len());
        let (found, tail) = after.split_at(end);
        let (value, tail) = match tail.strip_prefix(b"=") {
            Some(value) => parameter_value(value.trim_ascii_start()),
            None => (Vec::new(), tail),
        };
        if found.trim_ascii().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = tail.get(tail.iter().position(|byte| *byte == b';').unwrap_or(tail.len())..).unwrap_or_default();
    }
    None
}

fn parameter_value(value: &[u8]) -> (Vec<u8>, &[u8]) {
    let mark = match value.first() {
        Some(mark @ (b'"' | b'\'')) => *mark,
        _ => {
            let end = value.iter().position(|byte| matches!(byte, b';' | b',')).unwrap_or(value.len());
            let (value, rest) = value.split_at(end);
            return (value.trim_ascii().to_vec(), rest);
        }
    };
    let mut out = Vec::new();
    let mut rest = value.get(1..).unwrap_or_default();
    loop {
        rest = match rest {
            [b'\\', next, after @ ..] if matches!(next, b'\\' | b'"') => {
                out.push(*next);
                after
            }
            [byte, after @ ..] if *byte == mark => return (out, after),
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
            [] => return (out, rest),
        };
    }
}
