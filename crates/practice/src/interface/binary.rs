//! The bytes of a Binary as they are, in and out (R4 binary, "Serving Binary Resources").

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Fault, Refusal, RefusalKind, Time};
use web::Reply;

use super::answer;
use crate::fhir::json::object;
use crate::fhir::{Resource, Type};
use crate::records::Kept;

/// The most bytes that are taken as they are: in base64 they must fit a record.
pub(super) const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is said of bytes whose media type does not fit a header.
const UNKNOWN: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The Binary of bytes that came as they are.
pub(super) fn resource(
    media_type: &str,
    security_context: Option<&str>,
    bytes: &[u8],
    now: Time,
) -> Result<Resource, Refusal> {
    if bytes.len() > BYTES_MAX {
        let words = "The bytes of a document may have 8 MiB at most.";
        return Err(Refusal::new(RefusalKind::TooLarge, words));
    }
    let text = object(|binary| {
        binary.text("resourceType", Type::Binary.name());
        binary.text("contentType", media_type);
        if let Some(reference) = security_context {
            binary.object("securityContext", |context| context.text("reference", reference));
        }
        if !bytes.is_empty() {
            binary.text("data", &STANDARD.encode(bytes));
        }
    });
    Resource::read_as(Type::Binary, text.as_bytes(), now)
}

/// The bytes as an answer. Never shown in a browser's window: they are the sender's, not the house's.
pub(super) fn bytes(kept: &Kept) -> Reply {
    let (media_type, bytes) = content(&kept.resource()?)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&media_type).unwrap_or(UNKNOWN));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    answer::version_headers(headers, kept)?;
    Ok(response)
}

/// The media type and the bytes of a Binary.
pub(crate) fn content(binary: &Resource) -> Result<(String, Vec<u8>), Fault> {
    let media_type = binary.root().member_text("contentType").unwrap_or_default().into_owned();
    let mut data = binary.root().member_text("data").unwrap_or_default().into_owned();
    data.retain(|letter| !letter.is_ascii_whitespace());
    let bytes = STANDARD.decode(data).map_err(|error| Fault::new("decoding a Binary", error))?;
    Ok((media_type, bytes))
}
