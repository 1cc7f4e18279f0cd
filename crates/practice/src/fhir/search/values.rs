//! The exact question behind a search, asked of an opened resource.

use super::dates::Prefix;
use super::params::{Param, ParamType};
use crate::fhir::dates::{self, FhirDate};
use crate::fhir::json::Node;
use model::{fold, words};

/// One parameter: any of its values must hold.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub on: On,
    pub any: Vec<Value>,
}

/// Where a check looks.
#[derive(Debug, Clone)]
pub(super) enum On {
    Param(&'static Param),
    LastUpdated,
}

/// One asked value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Folded words, each of which must begin a word of what is found.
    Beginning(Vec<String>),
    /// The value as written.
    Exactly(String),
    /// A code or identifier. No system: any; the empty one: none.
    Token { system: Option<String>, value: String },
    /// A date in relation to another.
    Date { prefix: Prefix, asked: FhirDate },
    /// A reference in any of these spellings.
    Reference(Vec<String>),
}

impl Check {
    pub fn holds(&self, root: Node<'_>) -> bool {
        let paths: &[&[&str]] = match &self.on {
            On::Param(param) => param.paths,
            On::LastUpdated => &[&["meta", "lastUpdated"]],
        };
        let found: Vec<Node<'_>> = paths.iter().flat_map(|path| root.follow(path)).collect();
        self.any.iter().any(|value| value.holds(&found))
    }
}

impl Value {
    fn holds(&self, found: &[Node<'_>]) -> bool {
        let mut texts = found.iter().filter_map(|node| node.text());
        match self {
            Self::Beginning(asked) => {
                let there: Vec<String> = texts.flat_map(|text| words(&text)).collect();
                asked.iter().all(|beginning| there.iter().any(|word| word.starts_with(beginning.as_str())))
            }
            Self::Exactly(asked) => texts.any(|text| text == asked.as_str()),
            Self::Token { system, value } => found.iter().any(|node| token_holds(*node, system.as_deref(), value)),
            Self::Date { prefix, asked } => {
                texts.filter_map(|text| dates::read(&text).ok()).any(|date| prefix.holds(date.moments, asked.moments))
            }
            Self::Reference(spellings) => texts.any(|text| spellings.iter().any(|spelling| text == spelling.as_str())),
        }
    }

    /// Reads one value of a parameter. The words say what is wrong with it.
    pub fn read(param_type: ParamType, modifier: Option<&str>, text: &str) -> Result<Self, String> {
        match (param_type, modifier) {
            (ParamType::String, None) => {
                let asked: Vec<String> = fold(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
                if asked.is_empty() || asked.len() > 10 {
                    return Err("Between one and ten words are expected.".to_owned());
                }
                Ok(Self::Beginning(asked))
            }
            (ParamType::String, Some("exact")) if words(text).is_empty() => Err("A word is expected.".to_owned()),
            (ParamType::String, Some("exact")) => Ok(Self::Exactly(text.to_owned())),
            (ParamType::String, Some("contains")) => Err("The modifier contains is not offered: names are kept sealed, and it would open every record. A name is found by the beginning of any of its words.".to_owned()),
            (ParamType::Token, None) => token(text),
            (ParamType::Date, None) => {
                let (prefix, date) = Prefix::split(text)?;
                Ok(Self::Date { prefix, asked: dates::read(date)? })
            }
            (ParamType::Reference, None) => Ok(Self::Reference(spellings(text, None)?)),
            (ParamType::Reference, Some(of)) if crate::fhir::R4_TYPES.binary_search(&of).is_ok() => {
                Ok(Self::Reference(spellings(text, Some(of))?))
            }
            (_, Some(_)) => Err("This modifier is not offered.".to_owned()),
        }
    }
}

fn token(text: &str) -> Result<Value, String> {
    let (system, value) = match split_unescaped(text) {
        Some((system, value)) => (Some(system), value),
        None => (None, unescape(text)),
    };
    if value.is_empty() {
        return Err("A code or a value is expected after the bar: a system alone is not indexed.".to_owned());
    }
    Ok(Value::Token { system, value })
}

/// The parts before and after the first bar that is not escaped.
fn split_unescaped(text: &str) -> Option<(String, String)> {
    let mut escaped = false;
    let at = text.char_indices().find_map(|(at, c)| {
        let bar = c == '|' && !escaped;
        escaped = c == '\\' && !escaped;
        bar.then_some(at)
    })?;
    let (system, rest) = text.split_at(at);
    Some((unescape(system), unescape(rest.strip_prefix('|').unwrap_or(rest))))
}

/// `\,`, `\|`, `\$` and `\\` as themselves (R4 search, "Escaping Search Parameters").
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        if escaped && !matches!(c, ',' | '|' | '$' | '\\') {
            out.push('\\');
        }
        escaped = false;
        out.push(c);
    }
    out
}

/// Types that the subject of a document can have, for a reference by id alone.
const SUBJECTS: [&str; 4] = ["Patient", "Practitioner", "Group", "Device"];

fn spellings(text: &str, of: Option<&str>) -> Result<Vec<String>, String> {
    let text = unescape(text);
    let by_id = crate::fhir::FhirId::parse(&text).is_some();
    match (by_id, of) {
        (true, Some(of)) => Ok(vec![format!("{of}/{text}")]),
        (true, None) => Ok(SUBJECTS.iter().map(|of| format!("{of}/{text}")).collect()),
        (false, None) if !text.is_empty() && !text.contains(char::is_whitespace) => Ok(vec![text]),
        _ => Err("A reference is an id, a type and an id such as Patient/123, or an address.".to_owned()),
    }
}

/// A code element stands for itself; a coding or an identifier has a system and a value.
fn token_holds(node: Node<'_>, system: Option<&str>, value: &str) -> bool {
    if let Some(code) = node.text() {
        return system.is_none_or(str::is_empty) && code.eq_ignore_ascii_case(value);
    }
    let there = node.member_text("value").or_else(|| node.member_text("code")).unwrap_or_default();
    let its_system = node.member_text("system").unwrap_or_default();
    there.to_lowercase() == value.to_lowercase() && system.is_none_or(|system| its_system == system)
}
