use axum::extract::{FromRequest, Request};
use axum::http::header;
use bytes::Bytes;
use http_body_util::BodyExt;
use model::{Refusal, RefusalKind};

use crate::declined::Declined;
use crate::door::not_dressed;
use crate::form::{Draft, FromForm, Returned, read_form, text_of, unreadable_body};
use crate::frame::Room;

const PARTS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 4 * 1024;
const NAME_CHARS_MAX: usize = 200;

/// A file that somebody chose in a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// What it was called on their machine: the last part of the path, without control characters.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A form with one file, sent as `multipart/form-data` (RFC 7578) and checked to come from a page of ours.
///
/// The route's limit on the body bounds the file. A browser does not fill in a file again, so a form that comes back
/// has its fields and not its file.
pub struct Upload<T> {
    /// The fields, or what is wrong with them.
    pub form: Result<Draft<T>, Returned>,
    /// The file, if one was chosen.
    pub file: Option<Uploaded>,
}

impl<T: FromForm, S: Sync> FromRequest<S> for Upload<T> {
    type Rejection = Declined;

    async fn from_request(request: Request, _: &S) -> Result<Self, Declined> {
        let room = request.extensions().get::<Room>().cloned().ok_or_else(not_dressed)?;
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = boundary(media_type.unwrap_or("")).ok_or_else(|| {
            let words = "This address takes forms with a file that were filled in on its own page.";
            Refusal::new(RefusalKind::WrongMediaType, words)
        })?;
        let body = request.into_body().collect().await.map_err(unreadable_body)?.to_bytes();
        let (fields, file) = parts(&body, &boundary)?;
        Ok(Self { form: read_form(&room, fields)?, file })
    }
}

/// The boundary of `multipart/form-data; boundary=…` (RFC 2046 §5.1.1: 70 characters at most).
fn boundary(media_type: &str) -> Option<String> {
    let mut halves = media_type.split(';');
    if !halves.next()?.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let said = halves.find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!said.is_empty() && said.len() <= 70).then_some(said)
}

type Parts = (Vec<(String, String)>, Option<Uploaded>);

fn parts(body: &Bytes, boundary: &str) -> Result<Parts, Refusal> {
    let mark = format!("--{boundary}").into_bytes();
    let mut fields = Vec::new();
    let mut file = None;
    let mut at = find(body, &mark, 0).ok_or_else(broken)? + mark.len();
    for _ in 0..PARTS_MAX {
        if body.get(at..at + 2) == Some(b"--") {
            return Ok((fields, file));
        }
        if body.get(at..at + 2) != Some(b"\r\n") {
            return Err(broken());
        }
        let head_end = find(body, b"\r\n\r\n", at).filter(|end| end - at <= HEAD_BYTES_MAX).ok_or_else(broken)?;
        let begins = head_end + 4;
        let next = find(body, &[b"\r\n".as_slice(), &mark].concat(), begins).ok_or_else(broken)?;
        let head = body.get(at + 2..head_end).and_then(|head| std::str::from_utf8(head).ok()).ok_or_else(broken)?;
        let head = Head::of(head).ok_or_else(broken)?;
        match head.file {
            // A browser sends a nameless, empty part when nobody chose a file.
            Some(name) if name.is_empty() && begins == next => {}
            Some(name) if file.is_none() => {
                file = Some(Uploaded { name: plain(&name), bytes: body.slice(begins..next) })
            }
            Some(_) => return Err(Refusal::new(RefusalKind::Malformed, "Send one file at a time.")),
            None => fields.push((head.name, text_of(body.slice(begins..next).to_vec())?)),
        }
        at = next + 2 + mark.len();
    }
    Err(Refusal::new(RefusalKind::Malformed, "The form has more parts than any form of ours."))
}

/// What the headers of one part say.
struct Head {
    name: String,
    file: Option<String>,
}

impl Head {
    fn of(head: &str) -> Option<Self> {
        let line = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        Some(Self { name: parameter(line, "name")?, file: parameter(line, "filename") })
    }
}

/// The quoted value of a parameter. Browsers write a quote inside as `%22`.
fn parameter(line: &str, name: &str) -> Option<String> {
    let mut rest = line;
    while let Some(at) = rest.find(';') {
        rest = rest.get(at + 1..)?.trim_start();
        if let Some(value) = rest.strip_prefix(name).and_then(|rest| rest.strip_prefix("=\"")) {
            let value = value.get(..value.find('"')?)?;
            return Some(value.replace("%22", "\"").replace("%0D", " ").replace("%0A", " "));
        }
        // A semicolon inside a quoted value is no end of the parameter.
        if let Some((_, quoted)) = rest.split_once("=\"")
            && let Some(end) = quoted.find('"')
        {
            rest = quoted.get(end + 1..)?;
        }
    }
    None
}

fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect()
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == first)?;
        if body.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

fn broken() -> Refusal {
    Refusal::new(RefusalKind::Malformed, "The form with the file did not arrive whole. Please send it again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Bytes {
        Bytes::from(text.replace('\n', "\r\n"))
    }

    #[test]
    fn fields_and_the_file_are_read_apart() {
        let sent = body(
            "--b\nContent-Disposition: form-data; name=\"title\"\n\nA; \"b\"\n--b\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"C:\\dir\\a;b.json\"\nContent-Type: application/json\n\n{\n}\n--b--\n",
        );
        let (fields, file) = parts(&sent, "b").unwrap();
        assert_eq!(fields, [("title".to_owned(), "A; \"b\"".to_owned())]);
        let file = file.unwrap();
        assert_eq!((file.name.as_str(), file.bytes.as_ref()), ("a;b.json", b"{\r\n}".as_slice()));
    }

    #[test]
    fn a_form_without_a_chosen_file_has_none() {
        let sent = body("--b\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\n\n\n--b--");
        assert!(parts(&sent, "b").unwrap().1.is_none());
    }

    #[test]
    fn what_is_cut_short_or_doubled_is_refused() {
        let file = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\n\nx\n";
        for text in ["", "--b", "--b\nContent-Disposition: form-data\n\nx\n--b--", file, &format!("{file}{file}--b--")]
        {
            assert!(parts(&body(text), "b").is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_a_form_with_parts_has_a_boundary() {
        assert_eq!(boundary("multipart/form-data; boundary=\"x y\"").as_deref(), Some("x y"));
        assert_eq!(boundary("Multipart/Form-Data;boundary=x").as_deref(), Some("x"));
        for text in ["", "text/plain; boundary=x", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(text), None, "{text}");
        }
    }
}
