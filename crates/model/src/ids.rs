use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The text was not a UUID in its hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id: expected 36 characters such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct IdParseError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made for this purpose.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as a UUID.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// The 16 bytes, big-endian, as they stand in keys and associated data.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// An id from its 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            fn from_str(text: &str) -> Result<Self, IdParseError> {
                if text.len() != 36 {
                    return Err(IdParseError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdParseError)
            }
        }
    };
}

id!(
    /// An organisation. Never optional: it is part of every key, every query and every seal.
    TenantId
);
id!(
    /// A record, unique within its tenant and kind.
    RecordId
);
id!(
    /// The person whom records are about. Owns one key; destroying it erases them.
    SubjectId
);
id!(
    /// Who asks: the id of an account, an API key or a duty.
    ActorId
);
id!(
    /// A signed-in session.
    SessionId
);
id!(
    /// One request, as shown on error pages and written in evidence.
    RequestId
);

impl RecordId {
    /// The record that stands for a person is found under the person's own id.
    pub const fn of_subject(subject: SubjectId) -> Self {
        Self(subject.uuid())
    }

    /// The id of a record that outsiders name by any text: the text itself where it is a UUID,
    /// else a UUID version 8 made from `digest`, a collision-resistant digest of kind and text.
    pub fn from_foreign(text: &str, digest: impl FnOnce() -> [u8; 32]) -> Self {
        text.parse().unwrap_or_else(|_| {
            let mut bytes = [0u8; 16];
            bytes.copy_from_slice(digest().split_at(16).0);
            Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
        })
    }
}

impl SubjectId {
    /// The person that a record stands for.
    pub const fn of_record(record: RecordId) -> Self {
        Self(record.uuid())
    }
}
