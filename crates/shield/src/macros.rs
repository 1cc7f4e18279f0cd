//! Texts with `%{…}` in them, parsed once.

use crate::program::{Key, Names};
use crate::variable::Variable;
use std::sync::Arc;

/// A text whose parts are fixed or taken from a variable when it is used.
#[derive(Clone, Default)]
pub(crate) struct Macro {
    pub parts: Vec<Part>,
    /// What it reads as where a number is asked for, when that is known from the start.
    pub number: Option<i64>,
}

#[derive(Clone)]
pub(crate) enum Part {
    Text(Arc<[u8]>),
    Variable(Variable, Key),
    /// A field of the rule that is running, such as its message.
    OfRule(Arc<str>),
}

impl Macro {
    pub(crate) fn parse(source: &[u8], names: &mut Names) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.windows(2).position(|two| two == b"%{") {
            let (before, marked) = rest.split_at(start);
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            let inner = marked.get(2..).unwrap_or_default();
            let end = inner.iter().position(|byte| *byte == b'}').ok_or("a %{ without an end")?;
            parts.push(part(inner.get(..end).unwrap_or_default(), names)?);
            rest = inner.get(end + 1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        let mut text = Self { parts, number: None };
        text.number = text.fixed().map(crate::operator::integer);
        Ok(text)
    }

    /// The text as people read it, with a mark in place of each variable part.
    pub(crate) fn source(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Part::Variable(..) | Part::OfRule(_) => "…".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The text, when it has no variable parts.
    pub(crate) fn fixed(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(&[]),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

fn part(inner: &[u8], names: &mut Names) -> Result<Part, String> {
    let text = std::str::from_utf8(inner).map_err(|_| "a %{…} that is not text")?;
    let (variable, key) = match text.split_once(['.', ':']) {
        Some((variable, key)) => (variable, Some(key)),
        None => (text, None),
    };
    if variable.eq_ignore_ascii_case("rule") {
        return Ok(Part::OfRule(key.unwrap_or_default().to_ascii_lowercase().into()));
    }
    let found = Variable::named(variable).ok_or_else(|| format!("%{{{text}}}: no variable {variable}"))?;
    let key = match key {
        None => Key::Every,
        Some(key) => {
            let slot = (found == Variable::Tx).then(|| names.slot(key.as_bytes()));
            Key::Named(key.to_ascii_lowercase().into_bytes().into(), slot)
        }
    };
    Ok(Part::Variable(found, key))
}
