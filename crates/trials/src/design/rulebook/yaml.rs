//! YAML as plain values: no aliases, no tags, bounded depth.

use serde_json::{Map, Value};
use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::TScalarStyle;

const DEPTH_MAX: usize = 40;

/// A value under construction.
enum Open {
    List(Vec<Value>),
    Record(Map<String, Value>, Option<String>),
}

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let (event, mark) = parser.next_token().map_err(|error| format!("the file is not YAML: {error}"))?;
        let done = match event {
            Event::Alias(_) => return Err(format!("aliases are not read (line {})", mark.line())),
            Event::Scalar(text, style, ..) => Some(scalar(text, style)),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Record(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|value| match value {
                Open::List(list) => Value::Array(list),
                Open::Record(record, _) => Value::Object(record),
            }),
            Event::StreamEnd | Event::DocumentEnd => return Err("the file is empty".to_owned()),
            _ => None,
        };
        if open.len() > DEPTH_MAX {
            return Err(format!("the file is nested deeper than {DEPTH_MAX} levels"));
        }
        let Some(value) = done else { continue };
        match open.last_mut() {
            None => return Ok(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Record(record, name)) => match name.take() {
                None => *name = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
                Some(name) => {
                    record.insert(name, value);
                }
            },
        }
    }
}

fn scalar(text: String, style: TScalarStyle) -> Value {
    if style != TScalarStyle::Plain {
        return Value::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            if let Ok(number) = text.parse::<i64>() {
                return Value::from(number);
            }
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            number.filter(|_| decimal).map_or(Value::String(text), Value::from)
        }
    }
}
