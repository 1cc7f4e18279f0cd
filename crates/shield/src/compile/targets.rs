//! The first part of a rule: where it looks.

use crate::pattern::Pattern;
use crate::program::{Key, Names, Role, Target};
use crate::variable::Variable;
use std::sync::Arc;

pub(super) fn parse(source: &[u8], names: &mut Names) -> Result<Vec<Target>, String> {
    split(source).into_iter().map(|word| target(word.trim_ascii(), names)).collect()
}

/// Splits at `|` and `,` outside of `/…/` and `'…'`.
fn split(source: &[u8]) -> Vec<&[u8]> {
    let mut list = Vec::new();
    let (mut begins, mut pattern, mut quoted, mut last) = (0, false, false, 0u8);
    for (index, byte) in source.iter().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'/' if pattern && last != b'\\' => pattern = false,
            // `XML:/*` names a path, not a pattern.
            b'/' if last == b':' && !matches!(source.get(index + 1), Some(b'*' | b'/')) => pattern = true,
            b'|' | b',' if !pattern && !quoted => {
                list.push(source.get(begins..index).unwrap_or_default());
                begins = index + 1;
            }
            _ => {}
        }
        last = *byte;
    }
    list.push(source.get(begins..).unwrap_or_default());
    list
}

pub(super) fn target(word: &[u8], names: &mut Names) -> Result<Target, String> {
    let (role, rest) = match word.split_first() {
        Some((b'!', rest)) => (Role::Spare, rest),
        Some((b'&', rest)) => (Role::Count, rest),
        _ => (Role::Look, word),
    };
    let colon = rest.iter().position(|byte| *byte == b':');
    let (name, key) = rest.split_at(colon.unwrap_or(rest.len()));
    let name = String::from_utf8_lossy(name);
    let variable = Variable::named(&name).ok_or_else(|| format!("the variable {name} is outside the subset"))?;
    let key = key.strip_prefix(b":").map(unquoted);
    let key = match key {
        None => Key::Every,
        Some(path) if variable == Variable::Xml => match path {
            b"/*" | b"//@*" => Key::Named(path.into(), None),
            _ => return Err(format!("the path XML:{} is outside the subset", String::from_utf8_lossy(path))),
        },
        Some(key) => match key.strip_prefix(b"/").and_then(|key| key.strip_suffix(b"/")) {
            Some(pattern) => {
                let pattern = [b"(?i)".as_slice(), pattern].concat();
                Key::Like(Arc::new(Pattern::compile(&pattern)?))
            }
            None => {
                let slot = (variable == Variable::Tx).then(|| names.slot(key));
                Key::Named(key.to_ascii_lowercase().into(), slot)
            }
        },
    };
    Ok(Target { variable, key, role })
}

fn unquoted(key: &[u8]) -> &[u8] {
    key.strip_prefix(b"'").and_then(|key| key.strip_suffix(b"'")).unwrap_or(key)
}
