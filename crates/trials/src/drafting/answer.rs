//! The answer, believed in nothing: shape, citations, numbers and codes are checked against what was sent and the tables.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::review::Item;
use super::{DraftError, Task};

/// What an endpoint said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) content: String,
    pub(super) version: String,
    pub(super) tokens: Option<u64>,
}

/// An item that was let through.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) item: Item,
    pub(super) source: (usize, usize),
    pub(super) quote: String,
    pub(super) confidence: u8,
}

/// An item that was not let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discarded {
    /// Its place in the answer, from 0.
    pub at: usize,
    /// Why, for a person.
    pub why: String,
}

const ITEMS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 8_000;

pub(super) fn read(body: &[u8]) -> Result<Said, DraftError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| DraftError::Answer("it is not JSON"))?;
    let choice = value.get("choices").and_then(|choices| choices.get(0));
    if choice.and_then(|choice| choice.get("finish_reason")).and_then(Value::as_str) == Some("length") {
        return Err(DraftError::Answer("it was cut off"));
    }
    let message = choice.and_then(|choice| choice.get("message"));
    let content = message.and_then(|message| message.get("content")).and_then(Value::as_str);
    let content = content.ok_or(DraftError::Answer("it holds no message"))?;
    let word = |name: &str| {
        let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|c| c.is_ascii_graphic()).take(80).collect::<String>()
    };
    Ok(Said {
        content: content.to_owned(),
        version: format!("{} {}", word("model"), word("system_fingerprint")).trim().to_owned(),
        tokens: value.get("usage").and_then(|usage| usage.get("total_tokens")).and_then(Value::as_u64),
    })
}

type Sorted = (Vec<Checked>, Vec<Discarded>);

pub(super) fn check(
    task: &Task,
    text: &str,
    candidates: &[(String, String)],
    content: &str,
) -> Result<Sorted, DraftError> {
    let value: Value =
        serde_json::from_str(content.trim()).map_err(|_| DraftError::Answer("its message is not JSON"))?;
    let members = value.as_object().ok_or(DraftError::Answer("its message is not an object"))?;
    let items = members.get("items").and_then(Value::as_array).ok_or(DraftError::Answer("its message has no items"))?;
    if members.len() > 1 {
        return Err(DraftError::Answer("its message has members that were not asked for"));
    }
    if items.len() > ITEMS_MAX {
        return Err(DraftError::Answer("it lists too many items"));
    }
    let mut checked = Vec::new();
    let mut discarded = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match one(task, text, candidates, item) {
            Ok(item) => checked.push(item),
            Err(why) => discarded.push(Discarded { at, why: why.to_owned() }),
        }
    }
    Ok((checked, discarded))
}

fn one(task: &Task, text: &str, candidates: &[(String, String)], value: &Value) -> Result<Checked, &'static str> {
    let mut members = value.as_object().ok_or("It is not an object.")?.clone();
    let quote =
        members.remove("quote").and_then(|quote| quote.as_str().map(str::to_owned)).ok_or("It cites nothing.")?;
    let confidence = members.remove("confidence").and_then(|number| number.as_f64()).unwrap_or(0.0).clamp(0.0, 1.0);
    if quote.trim().chars().count() < 3 {
        return Err("It cites nothing.");
    }
    // INVARIANT: a draft's source is a range of the very text that was sent.
    let start = text.find(&quote).ok_or("The words that it cites do not stand in the protocol.")?;
    let source = (start, start + quote.len());
    // Unknown members and kinds are refused by the type: a model cannot accept its own draft, or add what was not asked for.
    let item: Item =
        serde_json::from_value(Value::Object(members)).map_err(|_| "It has another shape than was asked for.")?;
    if !item.answers(task) {
        return Err("It is of another kind than was asked for.");
    }
    let texts = item.texts();
    if texts.iter().any(|one| one.chars().count() > TEXT_CHARS_MAX || one.chars().any(is_hidden)) {
        return Err("Its words are too long or hold invisible characters.");
    }
    if let Item::Concept { code } = &item {
        if !candidates.iter().any(|(known, _)| known == code) {
            return Err("The concept is not one of the candidates from the tables.");
        }
    } else if texts.iter().all(|one| one.trim().is_empty()) {
        return Err("It says nothing.");
    } else if texts.iter().any(|one| numbers(one).any(|number| !numbers(&quote).any(|known| known == number))) {
        return Err("It has a number that the cited words do not have.");
    }
    if speaks_to_the_model(text, source) {
        return Err("The cited words speak to the model and not to the reader of a protocol.");
    }
    Ok(Checked { item, source, quote, confidence: (confidence * 100.0).round() as u8 })
}

fn is_hidden(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Numbers of a text, with their decimal point.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
        .map(|number| number.trim_matches(['.', ',']))
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the sentence around a range gives orders to a model. A sign for people, never the only guard.
fn speaks_to_the_model(text: &str, (start, end): (usize, usize)) -> bool {
    const SIGNS: [&str; 14] = [
        "ignore previous",
        "ignore all previous",
        "ignore the above",
        "disregard previous",
        "disregard the above",
        "system prompt",
        "you are an ai",
        "as an ai",
        "language model",
        "assistant:",
        "system:",
        "new instructions",
        "respond with",
        "output the following",
    ];
    let from = text.get(..start).and_then(|before| before.rfind(['.', '\n'])).map_or(0, |at| at + 1);
    let to = text.get(end..).and_then(|after| after.find(['.', '\n'])).map_or(text.len(), |at| end + at);
    let sentence = text.get(from..to).unwrap_or_default().to_lowercase();
    SIGNS.iter().any(|sign| sentence.contains(sign))
}
