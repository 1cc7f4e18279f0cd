//! Names of resources and of their versions: the id grammar, entity tags, instants.

use std::fmt;
use std::str::FromStr;

use model::{RecordId, Refusal, RefusalKind, Time};

use super::Type;

/// A resource's id: 1 to 64 of `A-Z a-z 0-9 - .` (R4 datatypes, `id`). Case matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FhirId(String);

/// A version of a resource: 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(u64);

/// A version as HTTP writes it: `W/"3"` (RFC 9110 §8.8.3; R4 http, "Support for Versions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityTag(pub VersionId);

/// What `If-Match` or `If-None-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any version that is there.
    Any,
    /// One of these versions.
    These(Vec<VersionId>),
}

impl FhirId {
    /// The id, if the text follows the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that the house gives to a record of its own.
    pub fn of_record(id: RecordId) -> Self {
        Self(id.to_string())
    }

    /// The record that holds the resource of this type and id. A lower-case UUID stands for itself; any other
    /// text is digested with the type's kind, so a foreign id is found again without a table of ids.
    ///
    /// INVARIANT: two different ids never share a record. `RecordId` reads UUIDs in any case, but FHIR ids
    /// differ by case, so only the canonical spelling is passed on as a UUID; and a canonical UUID of
    /// version 8 is digested too, because that version is what digests look like.
    pub fn record(&self, of: Type) -> RecordId {
        let canonical =
            self.0.parse::<RecordId>().ok().filter(|id| id.to_string() == self.0 && id.uuid().get_version_num() != 8);
        canonical.unwrap_or_else(|| {
            let text = format!("{}\u{0}{}", of.kind_name(), self.0);
            RecordId::from_foreign(&text, || sha256(text.as_bytes()))
        })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0u8; 32];
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}

impl VersionId {
    /// The first version.
    pub const FIRST: Self = Self(1);

    /// A version by its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version of that text: a number without sign or leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        if plain { text.parse().ok().map(Self) } else { None }
    }
}

impl EntityTag {
    /// Reads one tag. A strong tag is taken too: many clients send `"3"`, and versions are compared by number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let quoted = text.strip_prefix("W/").unwrap_or(text);
        VersionId::parse(quoted.strip_prefix('"')?.strip_suffix('"')?).map(Self)
    }
}

impl Tags {
    /// Reads the value of `If-Match` or `If-None-Match`. At most 16 tags.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let tags: Option<Vec<VersionId>> =
            text.split(',').take(17).map(|tag| EntityTag::parse(tag).map(|tag| tag.0)).collect();
        match tags {
            Some(tags) if tags.len() <= 16 => Ok(Self::These(tags)),
            _ => Err(Refusal::new(
                RefusalKind::Malformed,
                "A version in If-Match or If-None-Match cannot be read. Write it as in the ETag: W/\"3\".",
            )),
        }
    }

    /// Whether the present version is among them.
    pub fn hold(&self, present: VersionId) -> bool {
        match self {
            Self::Any => true,
            Self::These(these) => these.contains(&present),
        }
    }
}

/// A moment as FHIR writes an `instant`: RFC 3339 in UTC with milliseconds.
pub fn instant(time: Time) -> String {
    let exact = time.to_string();
    // Times show six decimals; `instant` is commonly held to three.
    match exact.strip_suffix('Z').and_then(|head| head.get(..head.len().saturating_sub(3))) {
        Some(head) => format!("{head}Z"),
        None => exact,
    }
}

impl fmt::Display for FhirId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "W/\"{}\"", self.0)
    }
}

/// The text does not follow the grammar of a FHIR id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 64 letters, digits, hyphens or dots")]
pub struct FhirIdError;

impl FromStr for FhirId {
    type Err = FhirIdError;

    fn from_str(text: &str) -> Result<Self, FhirIdError> {
        Self::parse(text).ok_or(FhirIdError)
    }
}

/// What a relative or absolute reference points to: `Patient/123`, `…/Patient/123/_history/2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The type, held by the house or not.
    pub of: String,
    /// The id.
    pub id: FhirId,
    /// The version, if the reference names one.
    pub version: Option<VersionId>,
}

impl Target {
    /// Reads a relative reference.
    pub fn relative(reference: &str) -> Option<Self> {
        let mut parts = reference.split('/');
        let (of, id) = (parts.next()?, FhirId::parse(parts.next()?)?);
        if !of.starts_with(|c: char| c.is_ascii_uppercase()) || !of.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let version = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => None,
            (Some("_history"), Some(version), None) => Some(VersionId::parse(version)?),
            _ => return None,
        };
        Some(Self { of: of.to_owned(), id, version })
    }
}
