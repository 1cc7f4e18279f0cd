//! Media types of the interface: JSON for resources, anything for the bytes of a Binary.

use model::{Refusal, RefusalKind};

/// What an asker accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepts {
    /// FHIR as JSON, said by name.
    Json,
    /// Anything.
    Anything,
    /// Something else than FHIR as JSON.
    Other,
}

/// What a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// A resource as JSON.
    Json,
    /// A form.
    Form,
    /// Bytes of this media type.
    Bytes(String),
    /// No type was said.
    Unsaid,
}

/// Reads `_format` and `Accept`; `_format` wins (R4 http, "Content Types and encodings").
pub(super) fn accepts(accept: &[&str], format: Option<&str>) -> Accepts {
    if let Some(format) = format {
        return if is_json(format) || format == "json" { Accepts::Json } else { Accepts::Other };
    }
    let ranges: Vec<&str> = accept.iter().flat_map(|header| header.split(',')).map(str::trim).collect();
    let mut wanted = ranges.iter().filter(|range| !range.is_empty() && !is_unwanted(range)).peekable();
    if wanted.peek().is_none() {
        return if ranges.is_empty() { Accepts::Anything } else { Accepts::Other };
    }
    let mut best = Accepts::Other;
    for range in wanted {
        if is_json(range) {
            return Accepts::Json;
        }
        if matches!(essence(range).as_str(), "*/*" | "application/*") {
            best = Accepts::Anything;
        }
    }
    best
}

/// The refusal of whoever accepts something else only.
pub(super) fn not_acceptable() -> Refusal {
    Refusal::new(
        RefusalKind::NotAcceptable,
        "This interface answers in application/fhir+json (FHIR 4.0) only. Ask for that in Accept or in _format.",
    )
}

/// Reads `Content-Type`.
pub(super) fn sent(content_type: Option<&str>) -> Sent {
    let Some(text) = content_type.map(str::trim).filter(|text| !text.is_empty()) else { return Sent::Unsaid };
    match essence(text).as_str() {
        _ if is_json(text) => Sent::Json,
        "application/x-www-form-urlencoded" => Sent::Form,
        _ => Sent::Bytes(text.to_owned()),
    }
}

/// The refusal of a body of another type.
pub(super) fn wrong_type() -> Refusal {
    Refusal::new(
        RefusalKind::WrongMediaType,
        "This address takes a resource as application/fhir+json in UTF-8 (FHIR 4.0). Say so in Content-Type.",
    )
}

/// FHIR as JSON, in UTF-8 and of version 4.0 where a version is said.
fn is_json(text: &str) -> bool {
    let right = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "fhirversion" => matches!(value, "4.0" | "4.0.1"),
            "charset" => value.eq_ignore_ascii_case("utf-8"),
            _ => true,
        }
    };
    matches!(essence(text).as_str(), "application/fhir+json" | "application/json") && text.split(';').skip(1).all(right)
}

fn is_unwanted(range: &str) -> bool {
    let quality = range.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
    quality.and_then(|text| text.trim().parse::<f32>().ok()).is_some_and(|quality| quality <= 0.0)
}

fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_accepted_by_name_or_by_star() {
        for (accept, format, found) in [
            (&[][..], None, Accepts::Anything),
            (&["*/*"], None, Accepts::Anything),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], None, Accepts::Anything),
            (&["application/fhir+json"], None, Accepts::Json),
            (&["application/fhir+xml, application/fhir+json;q=0.5"], None, Accepts::Json),
            (&["application/fhir+json; fhirVersion=4.0"], None, Accepts::Json),
            (&["application/fhir+json; fhirVersion=3.0"], None, Accepts::Other),
            (&["application/fhir+json;q=0"], None, Accepts::Other),
            (&["application/fhir+xml"], None, Accepts::Other),
            (&["application/fhir+xml"], Some("json"), Accepts::Json),
            (&["*/*"], Some("xml"), Accepts::Other),
        ] {
            assert_eq!(accepts(accept, format), found, "{accept:?} {format:?}");
        }
    }

    #[test]
    fn a_body_is_json_only_in_utf_8_and_of_this_version() {
        assert_eq!(sent(Some("application/fhir+json; charset=utf-8")), Sent::Json);
        assert_eq!(sent(Some("application/json")), Sent::Json);
        assert_eq!(sent(None), Sent::Unsaid);
        for other in ["application/fhir+json; charset=utf-16", "application/fhir+json; fhirVersion=3.0", "text/plain"] {
            assert_eq!(sent(Some(other)), Sent::Bytes(other.to_owned()));
        }
    }
}
