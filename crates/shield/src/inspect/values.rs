//! The values of a request, by variable.

use crate::body::{Collector, form, json, multipart, xml};
use crate::limits::{Limit, Limits};
use crate::program::Rereads;
use crate::request::{Processor, Request};
use crate::texts::{TextId, Texts};
use crate::transform::url_decoded;
use crate::variable::{VARIABLES, Variable};
use std::borrow::Cow;

/// One value with the name under which it was found.
pub(super) struct Value<'r> {
    pub name: Cow<'r, [u8]>,
    pub text: TextId,
}

pub(super) struct Values<'r> {
    list: Vec<Value<'r>>,
    by_variable: Vec<Vec<usize>>,
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self { list: Vec::new(), by_variable: vec![Vec::new(); VARIABLES] }
    }
}

impl<'r> Values<'r> {
    pub(super) fn of(&self, variable: Variable) -> &[usize] {
        self.by_variable.get(variable as usize).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Value<'r>> {
        self.list.get(index)
    }

    fn put(&mut self, variable: Variable, name: Cow<'r, [u8]>, text: TextId) {
        if let Some(indexes) = self.by_variable.get_mut(variable as usize) {
            indexes.push(self.list.len());
            self.list.push(Value { name, text });
        }
    }

    /// Takes over what the readers found, and what follows from it.
    pub(super) fn take(&mut self, collector: &mut Collector<'r>, texts: &mut Texts<'r>, rereads: Rereads) {
        for found in collector.found.drain(..) {
            let names = match found.variable {
                Variable::ArgsGet => Some(Variable::ArgsGetNames),
                Variable::ArgsPost => Some(Variable::ArgsPostNames),
                Variable::RequestHeaders => Some(Variable::RequestHeadersNames),
                Variable::RequestCookies => Some(Variable::RequestCookiesNames),
                _ => None,
            };
            if let Some(names) = names {
                let text = texts.add(found.name.clone());
                // A place in a JSON document names one thing, however many elements an array has.
                let again =
                    names == Variable::ArgsPostNames && found.name.starts_with(b"json.") && self.has(names, text);
                if !again {
                    self.put(names, found.name.clone(), text);
                }
            }
            if rereads == Rereads::Base64 && found.variable == Variable::RequestFilename {
                for plain in found.value.split(|byte| *byte == b'/').filter_map(reread) {
                    let plain = texts.add(Cow::Owned(plain));
                    self.put(Variable::ArgsGet, Cow::Borrowed(b"path#base64"), plain);
                }
            }
            let is_input = matches!(found.variable, Variable::ArgsGet | Variable::ArgsPost | Variable::RequestCookies);
            let again = if rereads == Rereads::Base64 && is_input { reread(&found.value) } else { None };
            let text = texts.add(found.value);
            if let Some(plain) = again {
                let (name, plain) = ([&found.name, b"#base64".as_slice()].concat(), texts.add(Cow::Owned(plain)));
                self.put(found.variable, Cow::Owned(name), plain);
            }
            self.put(found.variable, found.name, text);
        }
        for (variable, flag) in
            [(Variable::ReqbodyErrorMsg, collector.malformed), (Variable::MultipartStrictError, collector.ambiguous)]
        {
            let Some(why) = flag.filter(|_| self.of(variable).is_empty()) else { continue };
            let (text, one) = (texts.add(Cow::Borrowed(why.as_bytes())), texts.add(Cow::Borrowed(b"1")));
            match variable {
                Variable::ReqbodyErrorMsg => {
                    self.put(variable, Cow::Borrowed(b""), text);
                    self.put(Variable::ReqbodyError, Cow::Borrowed(b""), one);
                }
                _ => self.put(variable, Cow::Borrowed(b""), one),
            }
        }
    }

    fn has(&self, variable: Variable, text: TextId) -> bool {
        self.of(variable)
            .iter()
            .rev()
            .take(64)
            .any(|index| self.list.get(*index).is_some_and(|value| value.text == text))
    }
}

const REREAD_BYTES: std::ops::RangeInclusive<usize> = 12..=16_384;

/// The text that a value is in base64, when it is one: random bytes hardly ever read as text.
fn reread(value: &[u8]) -> Option<Vec<u8>> {
    let digits = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if !REREAD_BYTES.contains(&value.len()) || !digits.iter().all(is_digit) {
        return None;
    }
    let plain = crate::transform::Transform::Base64Decode.apply(digits).into_owned();
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    plain.iter().all(is_text).then_some(plain)
}

/// What is known before the body is read.
pub(super) fn head<'r>(request: &Request<'r>, limits: &Limits, into: &mut Collector<'r>) {
    if request.uri.len() > limits.uri_bytes_max {
        into.over = Some(Limit::UriBytes);
        return;
    }
    if request.headers.len() > limits.headers_max {
        into.over = Some(Limit::Headers);
        return;
    }
    let path = url_decoded(request.path());
    let line = [request.method, b" ", request.uri, b" ", request.version].concat();
    let base = path.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).map_or(0, |place| place + 1);
    into.push(Variable::RequestLine, b"".as_slice(), line);
    into.push(Variable::RequestMethod, b"".as_slice(), request.method);
    into.push(Variable::RequestProtocol, b"".as_slice(), request.version);
    into.push(Variable::RequestUri, b"".as_slice(), request.target());
    into.push(Variable::RequestUriRaw, b"".as_slice(), request.uri);
    into.push(Variable::RequestBasename, b"".as_slice(), path.get(base..).unwrap_or_default().to_vec());
    into.push(Variable::RequestFilename, b"".as_slice(), path);
    into.push(Variable::QueryString, b"".as_slice(), request.query());
    into.push(Variable::RemoteAddr, b"".as_slice(), request.peer.to_string().into_bytes());
    into.push(Variable::UniqueId, b"".as_slice(), request.unique_id);
    into.push(Variable::Duration, b"".as_slice(), b"0".as_slice());
    let host = request.header(b"host").unwrap_or_default();
    into.push(Variable::ServerName, b"".as_slice(), host);
    for (name, value) in request.headers {
        into.push(Variable::RequestHeaders, *name, *value);
        // A reader that stops has said why in the collector.
        if name.eq_ignore_ascii_case(b"cookie") && form::cookies(value, into).is_err() {
            return;
        }
    }
    if form::read(request.query(), Variable::ArgsGet, into).is_err() {
        into.over.get_or_insert(Limit::Arguments);
    }
}

/// What the body says.
pub(super) fn body<'r>(
    request: &Request<'r>,
    processor: Processor,
    forced: bool,
    limits: &Limits,
    into: &mut Collector<'r>,
) {
    if request.body.len() > limits.body_bytes_max {
        into.over = Some(Limit::BodyBytes);
        return;
    }
    into.push(Variable::RequestBodyLength, b"".as_slice(), request.body.len().to_string().into_bytes());
    if request.body.is_empty() {
        return;
    }
    if processor == Processor::Form || (forced && processor == Processor::None) {
        into.push(Variable::RequestBody, b"".as_slice(), request.body);
    }
    let read = match processor {
        Processor::None => Ok(()),
        Processor::Raw => into.argument(Variable::ArgsPost, b"body".as_slice(), request.body),
        Processor::Form => form::read(request.body, Variable::ArgsPost, into),
        Processor::Json => json::read(request.body, into),
        Processor::Xml => xml::read(request.body, into),
        Processor::Multipart => {
            let content_type = request.header(b"content-type").unwrap_or_default();
            multipart::read(content_type, request.body, into)
        }
    };
    if read.is_err() && into.over.is_none() && into.malformed.is_none() {
        into.malformed = Some("a body that cannot be read");
    }
}
