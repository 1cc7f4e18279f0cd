use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, LengthLimitError};
use model::{No, Problem, Refusal, RefusalKind};

use crate::declined::{Declined, too_large};
use crate::door::not_dressed;
use crate::form_token::FIELD;
use crate::frame::Room;

const FIELDS_MAX: usize = 256;
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// What is read from a form: domain types, or every problem in it.
pub trait FromForm: Sized {
    /// Reads all fields. Ask the [`Reader`] for each, then build the draft if it has all of them.
    fn from_form(read: &mut Reader<'_>) -> Option<Self>;
}

/// The fields as they were sent, to be shown again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// No fields, for a form that is shown for the first time.
    pub fn empty() -> Self {
        Self::default()
    }

    /// These fields, for a form that shows what is already on record.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first value of a field, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// All values of a field, such as ticked boxes.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A form that came back to be corrected: show it again with its values and problems, status 422.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// The values as they were sent.
    pub fields: Fields,
    /// What is wrong and where. A problem without a path concerns the whole form.
    pub problems: Vec<Problem>,
}

impl Returned {
    /// A form that nobody has filled in yet.
    pub fn blank() -> Self {
        Self::default()
    }

    /// The same form with the problems of a refusal, such as a rule broken after parsing.
    #[must_use]
    pub fn refused(fields: Fields, refusal: &Refusal) -> Self {
        let mut problems = refusal.problems.clone();
        if problems.is_empty() {
            problems.push(Problem { path: String::new(), words: refusal.words.clone() });
        }
        Self { fields, problems }
    }

    /// What is wrong with one field, or nothing.
    pub fn problem(&self, name: &str) -> &str {
        self.problems.iter().find(|problem| problem.path == name).map_or("", |problem| &problem.words)
    }
}

/// A draft together with the fields it was read from.
#[derive(Debug, Clone)]
pub struct Draft<T> {
    /// The domain value.
    pub value: T,
    /// The fields as sent, for [`Returned::refused`].
    pub fields: Fields,
}

/// A form that somebody sent, checked to come from a page of ours.
///
/// A form whose token does not hold is not lost: it comes back as [`Returned`] with all its values and a fresh token.
/// (A form that another site sent never gets here: the door refuses it.)
pub struct Form<T>(pub Result<Draft<T>, Returned>);

impl<T: FromForm, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Declined;

    async fn from_request(request: Request, _: &S) -> Result<Self, Declined> {
        let room = request.extensions().get::<Room>().cloned().ok_or_else(not_dressed)?;
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media_type.unwrap_or("").split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let words = "This address takes forms that were filled in on its own page.";
            return Err(Refusal::new(RefusalKind::WrongMediaType, words).into());
        }
        let body = request.into_body().collect().await.map_err(unreadable_body)?.to_bytes();
        Ok(Self(read_form(&room, parse(&body)?.0)?))
    }
}

/// Checks the token of a form and reads its fields.
pub(crate) fn read_form<T: FromForm>(
    room: &Room,
    pairs: Vec<(String, String)>,
) -> Result<Result<Draft<T>, Returned>, Refusal> {
    let mut fields = Fields(pairs);
    let token_holds = room.token_holds(fields.value(FIELD)) && fields.all(FIELD).count() == 1;
    fields.0.retain(|(name, _)| name != FIELD);
    let mut read = Reader { fields: &fields, problems: Vec::new() };
    let value = T::from_form(&mut read);
    let mut problems = read.problems;
    if !token_holds {
        problems.insert(0, stale_page());
    }
    Ok(match value {
        Some(value) if problems.is_empty() => Ok(Draft { value, fields }),
        _ => Err(Returned { fields, problems }),
    })
}

fn stale_page() -> Problem {
    let words = "This page had been open for too long, so nothing has been saved. What you entered is still here: check \
                 it and send it again.";
    Problem { path: String::new(), words: words.to_owned() }
}

pub(crate) fn unreadable_body(error: axum::Error) -> No {
    let mut cause: &(dyn std::error::Error + 'static) = &error;
    loop {
        if cause.is::<LengthLimitError>() {
            return too_large();
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            None => return malformed("The form did not arrive whole. Please send it again.").into(),
        }
    }
}

fn malformed(words: &str) -> Refusal {
    Refusal::new(RefusalKind::Malformed, words)
}

/// Reads `application/x-www-form-urlencoded` (URL standard §5.1), strictly: bad escapes, bad UTF-8 and control
/// characters are refused rather than repaired.
fn parse(body: &[u8]) -> Result<Fields, Refusal> {
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(malformed("The form has more fields than any form of ours."));
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or(b""))?;
        let value = decode(halves.next().unwrap_or(b""))?;
        if value.len() > VALUE_BYTES_MAX {
            let words = format!("This is longer than {} KiB. Shorten it.", VALUE_BYTES_MAX / 1024);
            return Err(Refusal::new(RefusalKind::TooLarge, "One field is too long.").at(name, words));
        }
        fields.push((name, value));
    }
    Ok(Fields(fields))
}

fn decode(text: &[u8]) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(nibble), rest.next().and_then(nibble)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(malformed("The form holds a broken escape.")),
            },
            other => *other,
        });
    }
    text_of(bytes)
}

/// The text of one value, in UTF-8 and without control characters.
pub(crate) fn text_of(bytes: Vec<u8>) -> Result<String, Refusal> {
    let text = String::from_utf8(bytes).map_err(|_| malformed("The form is not in UTF-8."))?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(malformed("The form holds control characters."));
    }
    Ok(text.replace("\r\n", "\n"))
}

fn nibble(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Reads fields one by one and gathers every problem on the way.
pub struct Reader<'a> {
    fields: &'a Fields,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// A field that must be filled in. `missing` is said if it is empty, otherwise `parse` says what is wrong.
    pub fn required<T>(
        &mut self,
        name: &str,
        missing: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.one(name)?.trim() {
            "" => self.wrong(name, missing),
            text => match parse(text) {
                Ok(value) => Some(value),
                Err(words) => self.wrong(name, words),
            },
        }
    }

    /// A field that may stay empty: `Some(None)`.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<Option<T>> {
        match self.one(name)?.trim() {
            "" => Some(None),
            text => match parse(text) {
                Ok(value) => Some(Some(value)),
                Err(words) => self.wrong(name, words),
            },
        }
    }

    /// A field exactly as typed, spaces and all, such as a passphrase.
    pub fn verbatim(&mut self, name: &str, missing: &str) -> Option<String> {
        match self.one(name)? {
            "" => self.wrong(name, missing),
            text => Some(text.to_owned()),
        }
    }

    /// Whether a box is ticked.
    pub fn ticked(&mut self, name: &str) -> bool {
        !self.fields.value(name).is_empty()
    }

    /// All values of a field that may come several times.
    pub fn several(&self, name: &str) -> Vec<String> {
        self.fields.all(name).map(str::to_owned).collect()
    }

    /// A date in three boxes `NAME-day`, `NAME-month`, `NAME-year`, as `(year, month, day)` of a day that exists.
    pub fn date(&mut self, name: &str, missing: &str) -> Option<(i16, u8, u8)> {
        let part = |end: &str| self.fields.value(&format!("{name}-{end}")).trim().to_owned();
        let (day, month, year) = (part("day"), part("month"), part("year"));
        if day.is_empty() && month.is_empty() && year.is_empty() {
            return self.wrong(name, missing);
        }
        let read = (year.parse::<i16>(), month.parse::<u8>(), day.parse::<u8>());
        match read {
            (Ok(year), Ok(month), Ok(day)) if day_exists(year, month, day) => Some((year, month, day)),
            _ => self.wrong(name, "This is not a date. Enter day, month and year in numbers, such as 4 3 1988."),
        }
    }

    /// As [`Reader::date`], but all three boxes may stay empty: `Some(None)`.
    pub fn optional_date(&mut self, name: &str) -> Option<Option<(i16, u8, u8)>> {
        let is_empty = |end: &str| self.fields.value(&format!("{name}-{end}")).trim().is_empty();
        if is_empty("day") && is_empty("month") && is_empty("year") {
            return Some(None);
        }
        self.date(name, "").map(Some)
    }

    /// Notes a problem with a field, for rules over several fields. Always `None`.
    pub fn wrong<T>(&mut self, name: &str, words: impl Into<String>) -> Option<T> {
        self.problems.push(Problem { path: name.to_owned(), words: words.into() });
        None
    }

    fn one(&mut self, name: &str) -> Option<&str> {
        if self.fields.all(name).count() > 1 {
            return self.wrong(name, "This was sent more than once. Enter it once.");
        }
        Some(self.fields.value(name))
    }
}

pub(crate) fn day_exists(year: i16, month: u8, day: u8) -> bool {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1000..=9999).contains(&year) && (1..=days).contains(&day)
}
