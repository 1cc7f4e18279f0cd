//! How narrow an exclusion must be: one rule, one method and route, one field with a plain name.

/// Longest name of a field.
const NAME_BYTES_MAX: usize = 120;

/// The path of a route pattern in the language of exclusions: `/patients/{id}` becomes `/patients/*`.
pub fn path(route: &str) -> String {
    let segment = |segment: &str| match (segment.starts_with("{*"), segment.starts_with('{')) {
        (true, _) => "**".to_owned(),
        (false, true) => "*".to_owned(),
        (false, false) => segment.to_owned(),
    };
    route.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The field that an exclusion for a place would name; none if it would not be narrow.
///
/// INVARIANT: whoever attacks can choose a field's name. In the language of rules a name between slashes is a pattern,
/// so only plain names are taken: an attacker's `ARGS:/.*/` must never become an exclusion for every field.
pub fn field(place: &str) -> Option<String> {
    let (variable, name) = place.split_once(':')?;
    let known = ["ARGS", "ARGS_GET", "ARGS_POST", "REQUEST_HEADERS", "REQUEST_COOKIES", "FILES"].contains(&variable);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'#' | b'[' | b']');
    let is_plain = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(plain);
    (known && is_plain).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_an_attacker_chose_cannot_widen_an_exclusion() {
        for place in
            ["ARGS:/.*/", "ARGS:", "ARGS", "ARGS:a|ARGS", "ARGS:a b", "TX:0", "REQUEST_URI", "&ARGS:a", "ARGS:é"]
        {
            assert_eq!(field(place), None, "{place}");
        }
        assert_eq!(field("ARGS:json.note.0.text").as_deref(), Some("ARGS:json.note.0.text"));
        assert_eq!(field("REQUEST_HEADERS:user-agent").as_deref(), Some("REQUEST_HEADERS:user-agent"));
    }

    #[test]
    fn a_parameter_of_a_route_is_one_segment() {
        assert_eq!(path("/practice/patients/{id}/edit"), "/practice/patients/*/edit");
        assert_eq!(path("/files/{*rest}"), "/files/**");
    }
}
