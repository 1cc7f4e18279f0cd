use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Problem, RefusalKind, RequestId};

/// A no as it is said to the asker. For a fault it holds no cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The HTTP status.
    pub status: StatusCode,
    /// Why, for machines; absent for a fault.
    pub kind: Option<RefusalKind>,
    /// What happened and what to do.
    pub words: String,
    /// The places in the input that are wrong.
    pub problems: Vec<Problem>,
}

/// Writes a no in the form of one interface, such as an `OperationOutcome`.
pub type Speak = fn(&Spoken, RequestId) -> Response;

/// How a family of addresses says no.
#[derive(Clone, Copy)]
pub enum Face {
    /// A page for people, or a problem document for whoever asks for JSON.
    Html,
    /// In the words of one interface.
    Json(Speak),
}

/// The faces of the house by path prefix.
#[derive(Default)]
pub(crate) struct Faces(Vec<(&'static str, Face)>);

impl Faces {
    pub(crate) fn push(&mut self, prefix: &'static str, face: Face) {
        self.0.push((prefix, face));
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether some prefix covers a path.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.0.iter().any(|(prefix, _)| is_under(path, prefix))
    }

    /// The face of the longest prefix that covers a path.
    pub(crate) fn of(&self, path: &str, headers: &HeaderMap) -> Face {
        let found = self.0.iter().filter(|(prefix, _)| is_under(path, prefix)).max_by_key(|(prefix, _)| prefix.len());
        match found {
            Some((_, face)) => *face,
            None if asks_for_json(headers) => Face::Json(problem_json),
            None => Face::Html,
        }
    }
}

fn is_under(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn asks_for_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    accept.contains("json") && !accept.contains("text/html")
}

/// A no as a problem document (RFC 9457).
pub fn problem_json(spoken: &Spoken, request: RequestId) -> Response {
    let problems: Vec<_> = spoken
        .problems
        .iter()
        .map(|problem| serde_json::json!({ "path": problem.path, "words": problem.words }))
        .collect();
    let body = serde_json::json!({
        "status": spoken.status.as_u16(),
        "title": spoken.status.canonical_reason().unwrap_or("Refused"),
        "detail": spoken.words,
        "problems": problems,
        "request": request.to_string(),
    });
    (spoken.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
