//! What is never kept of a request: passwords, codes, tokens, cookies.

/// What stands in place of a secret.
pub const MASKED: &str = "(not kept)";

const SECRET_HEADERS: &[&str] = &["authorization", "cookie", "proxy-authorization", "x-api-key", "dpop"];
const SECRET_PARTS: &[&str] =
    &["pass", "secret", "token", "code", "otp", "pin", "credential", "assertion", "signature", "ticket", "set-up"];
/// Under these addresses people and programs show who they are; no body sent there is kept.
const SECRET_PLACES: &[&str] = &[
    "/sign-",
    "/set-up",
    "/step-up",
    "/account",
    "/reset",
    "/recover",
    "/invite",
    "/activate",
    "/oauth",
    "/oidc",
    "/passkey",
    "/welcome",
];

/// Whether a header shows who asks.
pub fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Whether a field holds a secret by its name.
pub fn is_secret_field(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| lower.contains(part))
}

/// Whether bodies sent to an address are never kept.
pub fn is_secret_place(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or(uri).to_ascii_lowercase();
    SECRET_PLACES.iter().any(|place| path.starts_with(place))
}

/// Whether what a rule saw at a place may be kept, for a request to this address.
pub fn may_keep(place: &str, uri: &str) -> bool {
    let (variable, name) = place.split_once(':').unwrap_or((place, ""));
    match variable {
        "REQUEST_COOKIES" | "REQUEST_COOKIES_NAMES" => false,
        "REQUEST_HEADERS" => !is_secret_header(name),
        "REQUEST_LINE" | "REQUEST_URI" | "REQUEST_URI_RAW" | "REQUEST_FILENAME" | "REQUEST_BASENAME"
        | "QUERY_STRING" => query(uri) == uri,
        "REQUEST_BODY" | "FULL_REQUEST" | "FILES" | "XML" => !is_secret_place(uri),
        _ if variable.starts_with("ARGS") && is_secret_place(uri) => false,
        _ => !is_secret_field(name),
    }
}

/// An address whose secret parameters are masked. Under the addresses where people show who they are, a part of the path
/// can be a secret too, so only its beginning is kept.
pub fn query(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    if is_secret_place(uri)
        && let Some((second, _)) = path.match_indices('/').nth(1)
    {
        return format!("{}/{MASKED}", path.get(..second).unwrap_or_default());
    }
    let Some((path, query)) = uri.split_once('?') else { return uri.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret_field(name) => format!("{name}={MASKED}"),
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_an_address_is_masked_and_the_rest_stays() {
        assert_eq!(query("/set-up?token=abc&q=1%27--"), format!("/set-up?token={MASKED}&q=1%27--"));
        assert_eq!(query("/patients?q=knee"), "/patients?q=knee");
        assert_eq!(query("/sign-up/the-secret/password?a=b"), format!("/sign-up/{MASKED}"));
        assert_eq!(query("/sign-in/code"), format!("/sign-in/{MASKED}"));
    }

    #[test]
    fn what_shows_who_asks_is_not_kept() {
        for place in
            ["REQUEST_HEADERS:Authorization", "REQUEST_COOKIES:__Host-candor", "ARGS:password", "ARGS:new-passphrase"]
        {
            assert!(!may_keep(place, "/patients"), "{place}");
        }
        assert!(!may_keep("ARGS:email", "/sign-in"));
        assert!(!may_keep("REQUEST_LINE", "/set-up?token=1"));
        assert!(may_keep("ARGS:note", "/patients?q=1") && may_keep("REQUEST_LINE", "/patients?q=1"));
    }
}
