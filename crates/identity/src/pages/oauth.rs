//! The token endpoint, and where programs find it.

use axum::Json;
use axum::extract::State as Held;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::RequestId;
use serde_json::json;
use web::{Reply, Room, Spoken};

use super::State;
use crate::programs::{NoToken, TOKEN_PATH, TOKEN_SECONDS};
use crate::rules::scope::ScopedType;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `GET /fhir/r4/.well-known/smart-configuration` (SMART App Launch 2.2, conformance).
pub(super) async fn configuration(Held(state): Held<State>) -> Reply {
    let scopes: Vec<String> = state
        .scopes
        .iter()
        .flat_map(|it| [format!("system/{}.cruds", it.resource), format!("system/{}.read", it.resource)])
        .collect();
    Ok(Json(json!({
        "token_endpoint": state.identity.link(TOKEN_PATH)?,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": scopes,
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }))
    .into_response())
}

/// `POST /oauth/token`
pub(super) async fn token(
    Held(state): Held<State>,
    room: Room,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let asked = match Asked::read(&headers, &body) {
        Ok(asked) => asked,
        Err((error, words)) => return said(StatusCode::BAD_REQUEST, error, words),
    };
    let from = room.peer();
    let types: &[ScopedType] = state.scopes;
    let issued =
        state.identity.issue_token(&asked.assertion, &asked.scope, types, from, room.request(), room.now()).await;
    match issued {
        Ok(issued) => uncached(
            Json(json!({
                "access_token": issued.token,
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": issued.scopes.join(" "),
            }))
            .into_response(),
        ),
        Err(NoToken::Client(words)) => said(StatusCode::UNAUTHORIZED, "invalid_client", words),
        Err(NoToken::Scope) => {
            said(StatusCode::BAD_REQUEST, "invalid_scope", "nothing of what was asked for may be given")
        }
        Err(NoToken::No(no)) => web::Declined(no).into_response(),
    }
}

/// What a program asks.
struct Asked {
    assertion: String,
    scope: String,
}

impl Asked {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, (&'static str, &'static str)> {
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(("invalid_request", "send application/x-www-form-urlencoded"));
        }
        if headers.contains_key(header::AUTHORIZATION) {
            return Err(("invalid_request", "authenticate with client_assertion and in no other way"));
        }
        let fields: Vec<(String, String)> = read_form(body).ok_or(("invalid_request", "the body cannot be read"))?;
        let one = |name: &str| {
            let mut values = fields.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
            match (values.next(), values.next()) {
                (found, None) => Ok(found.unwrap_or_default()),
                _ => Err(("invalid_request", "a parameter is repeated")),
            }
        };
        match one("grant_type")? {
            "client_credentials" => {}
            "" => return Err(("invalid_request", "grant_type is missing")),
            _ => return Err(("unsupported_grant_type", "only client_credentials is offered")),
        }
        if one("client_assertion_type")? != ASSERTION_TYPE {
            return Err(("invalid_request", "client_assertion_type must be the one for jwt-bearer"));
        }
        let (assertion, scope) = (one("client_assertion")?, one("scope")?);
        if assertion.is_empty() {
            return Err(("invalid_request", "client_assertion is missing"));
        }
        if scope.is_empty() {
            return Err(("invalid_scope", "say in scope what the token is for, such as system/Patient.rs"));
        }
        Ok(Self { assertion: assertion.to_owned(), scope: scope.to_owned() })
    }
}

/// Reads a form strictly: what is not whole is not guessed at.
fn read_form(body: &[u8]) -> Option<Vec<(String, String)>> {
    const FIELDS_MAX: usize = 32;
    let pairs: Vec<&[u8]> = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > FIELDS_MAX {
        return None;
    }
    let halves = |pair: &&[u8]| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        Some((decode(halves.next()?)?, decode(halves.next().unwrap_or_default())?))
    };
    pairs.iter().map(halves).collect()
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    let nibble = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => nibble(rest.next()?)? << 4 | nibble(rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A no in the words of RFC 6749 §5.2.
fn said(status: StatusCode, error: &'static str, words: &str) -> Response {
    uncached((status, Json(json!({ "error": error, "error_description": words }))).into_response())
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// How this interface says a no of the house itself.
pub(super) fn speak(spoken: &Spoken, _: RequestId) -> Response {
    let error = match spoken.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    said(spoken.status, error, &spoken.words)
}
