//! What a request asks for beside its address and body.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use model::{Refusal, RefusalKind};
use web::Declined;

use super::media::{self, Accepts, Sent};
use super::routes::BASE;
use crate::fhir::ids::Tags;
use crate::fhir::search::Handling;

/// What the asker wants back after a write (R4 http, "create/update/patch/transaction").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Return {
    /// Headers only.
    Minimal,
    /// The resource.
    Representation,
    /// An `OperationOutcome`.
    Outcome,
}

/// The headers and the query of a request, read once.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Where the interface is, as the asker reached it, without a slash at the end.
    pub base: String,
    /// The path and query, as they came.
    pub address: String,
    /// The query, as it came.
    pub query: String,
    /// What is accepted.
    pub accepts: Accepts,
    /// What the body is.
    pub sent: Sent,
    /// What is wanted back after a write.
    pub wants: Return,
    /// What becomes of unknown search parameters.
    pub handling: Handling,
    /// `If-Match`.
    pub if_match: Option<Tags>,
    /// `If-None-Match`.
    pub if_none_match: Option<Tags>,
    /// `If-None-Exist`.
    pub if_none_exist: Option<String>,
    /// `Idempotency-Key`.
    pub once: Option<String>,
    /// `X-Security-Context`, for the bytes of a Binary.
    pub security_context: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Declined;

    /// Refuses whoever accepts no JSON, but for the bytes of a Binary, which are whatever they are.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Declined> {
        let asked = Self::read(parts)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let bytes = reads && parts.uri.path().starts_with(super::routes::BINARIES);
        if asked.accepts == Accepts::Other && !bytes {
            return Err(media::not_acceptable().into());
        }
        Ok(asked)
    }
}

impl Asked {
    fn read(parts: &Parts) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let text = |name| one(headers, name);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let accept: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().map(|value| value.to_str().unwrap_or("unreadable")).collect();
        let prefer = text(HeaderName::from_static("prefer"))?;
        let tags = |name| text(name)?.map(|value| Tags::parse(&value)).transpose();
        Ok(Self {
            base: base(parts),
            address: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            accepts: media::accepts(&accept, format(&query).as_deref()),
            sent: media::sent(text(header::CONTENT_TYPE)?.as_deref()),
            wants: wants(prefer.as_deref()),
            handling: Handling::of_prefer(prefer.as_deref()),
            if_match: tags(header::IF_MATCH)?,
            if_none_match: tags(header::IF_NONE_MATCH)?,
            if_none_exist: text(HeaderName::from_static("if-none-exist"))?,
            once: text(HeaderName::from_static("idempotency-key"))?,
            security_context: text(HeaderName::from_static("x-security-context"))?,
            query,
        })
    }
}

/// A header that may come once, in visible characters.
fn one(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(&name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.trim().to_owned())),
        _ => {
            let words = format!("The header {name} cannot be read: it comes once, in plain characters.");
            Err(Refusal::new(RefusalKind::Malformed, words.clone()).at(format!("http.{name}"), words))
        }
    }
}

fn wants(prefer: Option<&str>) -> Return {
    let asked = prefer.unwrap_or_default().split([',', ';']).find_map(|part| part.trim().strip_prefix("return="));
    match asked {
        Some("minimal") => Return::Minimal,
        Some("OperationOutcome") => Return::Outcome,
        _ => Return::Representation,
    }
}

/// The value of `_format`, which also comes percent-encoded.
fn format(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("_format="))?;
    Some(value.replace("%2F", "/").replace("%2f", "/").replace("%2B", "+").replace("%2b", "+").replace(' ', "+"))
}

/// The address of the interface by the host that the asker used. Only that asker gets it back.
fn base(parts: &Parts) -> String {
    let authority = parts.uri.authority().map(ToString::to_string);
    let host = authority.or_else(|| parts.headers.get(header::HOST)?.to_str().ok().map(str::to_owned));
    let plain = |host: &String| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    match host.filter(plain) {
        Some(host) => format!("https://{host}{BASE}"),
        None => BASE.to_owned(),
    }
}
