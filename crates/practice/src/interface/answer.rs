//! Answers with their headers.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Fault, Refusal, RequestId, Time};
use web::{Reply, Spoken};

use super::asked::{Asked, Return};
use crate::fhir::ids::EntityTag;
use crate::fhir::{Type, outcome};
use crate::kinds::MEDIA_TYPE;
use crate::records::Kept;

/// Says a no as an `OperationOutcome`.
pub(super) fn speak(spoken: &Spoken, request: RequestId) -> Response {
    let body = match spoken.kind {
        Some(kind) => outcome::of_refusal(&Refusal {
            kind,
            words: spoken.words.clone(),
            problems: spoken.problems.clone(),
            recorded: true,
            wait_seconds: None,
        }),
        None => outcome::of_fault(&request.to_string()),
    };
    json(spoken.status, body)
}

/// Any JSON of FHIR.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response()
}

/// A resource that was read.
pub(super) fn resource(kept: &Kept) -> Reply {
    let mut response = json(StatusCode::OK, kept.text.clone());
    version_headers(response.headers_mut(), kept)?;
    Ok(response)
}

/// The asker has this version already.
pub(super) fn not_modified(kept: &Kept) -> Reply {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    version_headers(response.headers_mut(), kept)?;
    Ok(response)
}

/// A resource that was written, as far as the asker wants it back.
pub(super) fn written(asked: &Asked, status: StatusCode, kept: &Kept) -> Reply {
    let of = kept.of;
    let mut response = match asked.wants {
        Return::Minimal => status.into_response(),
        Return::Representation => json(status, kept.text.clone()),
        Return::Outcome => {
            json(status, outcome::of_success(&format!("{of}/{} is stored as version {}.", kept.id, kept.version)))
        }
    };
    let headers = response.headers_mut();
    version_headers(headers, kept)?;
    let place = format!("{}/{of}/{}/_history/{}", asked.base, kept.id, kept.version);
    let name = if status == StatusCode::CREATED { header::LOCATION } else { header::CONTENT_LOCATION };
    headers.insert(name, value(&place)?);
    Ok(response)
}

/// Something that was taken out of use, or was not there any more.
pub(super) fn deleted(asked: &Asked, of: Type) -> Response {
    match asked.wants {
        Return::Outcome => {
            json(StatusCode::OK, outcome::of_success(&format!("The {of} is out of use. Its history stays.")))
        }
        Return::Minimal | Return::Representation => StatusCode::NO_CONTENT.into_response(),
    }
}

/// `ETag` and `Last-Modified`.
pub(super) fn version_headers(headers: &mut HeaderMap, kept: &Kept) -> Result<(), Fault> {
    headers.insert(header::ETAG, value(&EntityTag(kept.version).to_string())?);
    if let Some(date) = http_date(kept.updated) {
        headers.insert(header::LAST_MODIFIED, value(&date)?);
    }
    Ok(())
}

pub(super) fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|error| Fault::new("writing a header", error))
}

/// A moment as HTTP writes it (RFC 9110 §5.6.7).
fn http_date(time: Time) -> Option<String> {
    let moment = jiff::Timestamp::from_microsecond(time.micros()).ok()?;
    Some(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_http_writes_it() {
        let time: Time = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(http_date(time).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }
}
