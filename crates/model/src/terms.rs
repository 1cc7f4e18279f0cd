use crate::{ActorId, RecordId, RequestId, Search, SessionId, SubjectId, TenantId, Term, Time};

/// A value that can be searched for: it says in which forms it is found.
///
/// A type of one's own delegates to what it holds: `self.0.forms(search)`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be searched",
    label = "give it no `search`, or implement `model::SearchValue`"
)]
pub trait SearchValue {
    /// The forms in which it is found, none if it is absent.
    ///
    /// For [`Search::Ordered`] the byte order of the forms is the order of the values; for
    /// [`Search::Bucket`] each is a date `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    fn forms(&self, search: Search) -> Vec<String>;
}

/// A value that names a person: the field that a kind's `subject` points to.
///
/// INVARIANT: not implemented for `Option`: whose data a record is, is never unknown, else it could not be erased.
///
/// ```compile_fail
/// fn subject_of(field: impl model::SubjectValue) {}
/// subject_of(None::<model::RecordId>);
/// ```
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` does not name a person",
    label = "`subject` needs a `model::SubjectId`, or the `model::RecordId` of the record that stands for the person"
)]
pub trait SubjectValue {
    /// The person it names.
    fn person(&self) -> SubjectId;
}

/// Adds the forms of one field's value.
pub fn push(value: &(impl SearchValue + ?Sized), field: &'static str, search: Search, terms: &mut Vec<Term>) {
    terms.extend(value.forms(search).into_iter().map(|value| Term { field, value }));
}

impl SubjectValue for SubjectId {
    fn person(&self) -> SubjectId {
        *self
    }
}

impl SubjectValue for RecordId {
    fn person(&self) -> SubjectId {
        SubjectId::of_record(*self)
    }
}

impl SearchValue for str {
    /// The text as it stands; for a bucket only a date, since nothing else falls into one.
    fn forms(&self, search: Search) -> Vec<String> {
        match search {
            Search::Never => Vec::new(),
            Search::Bucket(_) if !is_date(self) => Vec::new(),
            _ => vec![self.to_owned()],
        }
    }
}

impl SearchValue for String {
    fn forms(&self, search: Search) -> Vec<String> {
        self.as_str().forms(search)
    }
}

impl<T: SearchValue + ?Sized> SearchValue for &T {
    fn forms(&self, search: Search) -> Vec<String> {
        T::forms(self, search)
    }
}

impl<T: SearchValue> SearchValue for Option<T> {
    fn forms(&self, search: Search) -> Vec<String> {
        self.as_ref().map_or_else(Vec::new, |value| value.forms(search))
    }
}

impl<T: SearchValue> SearchValue for Vec<T> {
    fn forms(&self, search: Search) -> Vec<String> {
        self.iter().flat_map(|value| value.forms(search)).collect()
    }
}

impl SearchValue for Time {
    /// A day for a bucket, else RFC 3339 of fixed width: its byte order is the order of time.
    fn forms(&self, search: Search) -> Vec<String> {
        let within = Time::from_micros(self.micros().clamp(FIRST_MICROS, LAST_MICROS));
        match search {
            Search::Bucket(_) => vec![within.date()],
            Search::Exact | Search::Words | Search::Ordered => vec![within.to_string()],
            Search::Never => Vec::new(),
        }
    }
}

/// 0000-01-01T00:00:00Z: before it the year is written with a sign, which would not sort.
const FIRST_MICROS: i64 = -62_167_219_200_000_000;
/// 9999-12-30T22:00:00Z, the last moment that has a text.
const LAST_MICROS: i64 = 253_402_207_200_000_000;

macro_rules! as_text {
    ($($id:ty),*) => {$(
        impl SearchValue for $id {
            fn forms(&self, search: Search) -> Vec<String> {
                self.to_string().as_str().forms(search)
            }
        }
    )*};
}

as_text!(ActorId, RecordId, RequestId, SessionId, SubjectId, TenantId, bool);

macro_rules! as_number {
    ($($number:ty),*) => {$(
        impl SearchValue for $number {
            fn forms(&self, search: Search) -> Vec<String> {
                match search {
                    // As wide as the largest u64, so that a field may be widened later without a new index.
                    Search::Ordered => vec![format!("{self:020}")],
                    _ => self.to_string().as_str().forms(search),
                }
            }
        }
    )*};
}

as_number!(u8, u16, u32, u64);

/// Whether it reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, and names a day of the calendar.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |width: usize| -> Option<Option<i16>> {
        let Some(part) = parts.next() else { return Some(None) };
        let right = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| part.parse().ok())
    };
    let (Some(Some(year)), Some(month), Some(day)) = (number(4), number(2), number(2)) else { return false };
    let small = |part: Option<i16>| i8::try_from(part.unwrap_or(1)).unwrap_or(0);
    parts.next().is_none() && jiff::civil::Date::new(year, small(month), small(day)).is_ok()
}
