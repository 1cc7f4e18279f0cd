//! Edits of a text at known places; every other byte stays.

use std::ops::Range;

use super::write::quote;
use super::{Kind, Node};

/// Replacements in one text.
#[derive(Debug, Default)]
pub struct Edits {
    splices: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts `json` in the place of a value.
    pub fn replace(&mut self, node: Node<'_>, json: impl Into<String>) {
        self.splices.push((node.span(), json.into()));
    }

    /// Puts a string in the place of a value.
    pub fn replace_text(&mut self, node: Node<'_>, value: &str) {
        self.splices.push((node.span(), quoted(value)));
    }

    /// Puts `text` in the place of some bytes.
    pub fn splice(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.splices.push((range, text.into()));
    }

    /// Gives an object a member: replaces its value where it is there, else writes it after `after` or first.
    /// At most one new member may be put at one place; join several into `json` with [`Edits::splice`].
    pub fn set(&mut self, object: Node<'_>, name: &str, json: &str, after: Option<&str>) {
        if let Some(there) = object.member(name) {
            self.replace(there, json);
            return;
        }
        let member = format!("{}:{json}", quoted(name));
        match after.and_then(|after| object.member(after)) {
            Some(previous) => self.splices.push((previous.span().end..previous.span().end, format!(",{member}"))),
            None if object.kind() == Kind::Object => {
                let begin = object.span().start + 1;
                let comma = if object.children().next().is_some() { "," } else { "" };
                self.splices.push((begin..begin, format!("{member}{comma}")));
            }
            None => {}
        }
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The text with all edits. Edits at one place come in the order they were given; overlapping ones
    /// after the first are left out.
    pub fn apply(mut self, text: &str) -> String {
        self.splices.sort_by_key(|(range, _)| range.start);
        let added: usize = self.splices.iter().map(|(_, new)| new.len()).sum();
        let mut out = String::with_capacity(text.len() + added);
        let mut at = 0;
        for (range, new) in &self.splices {
            if range.start < at {
                continue;
            }
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(new);
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

/// The same JSON without the space between its values. The text must have been read as JSON.
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_string {
            out.push(c);
            (in_string, escaped) = match c {
                _ if escaped => (true, false),
                '\\' => (true, true),
                '"' => (false, false),
                _ => (true, false),
            };
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            out.push(c);
            in_string = c == '"';
        }
    }
    out
}
