use model::{Kind, KindDecl, Purpose, RecordId, SubjectId, Term};

/// A record to be written, in the clear.
#[derive(Clone)]
pub struct Draft {
    pub(crate) kind: &'static KindDecl,
    pub(crate) id: RecordId,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) body: Vec<u8>,
    pub(crate) terms: Vec<Term>,
}

/// One thing to do. Writing is data, not a verb.
#[derive(Clone)]
pub enum Change {
    /// Write the first version.
    Create(Draft),
    /// Write the next version.
    Revise(Draft, Expected),
    /// Take the record out of use; its history stays as long as the kind says.
    Retire(&'static KindDecl, RecordId, Expected),
    /// Destroy a person's key: every version of every record about them becomes unreadable everywhere.
    Erase(SubjectId),
}

/// The version that the caller believes to be the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this one; anything else is a refusal.
    Version(u64),
    /// Whatever is there.
    Any,
}

/// A batch of changes: all of them happen, or none.
#[derive(Clone, Default)]
pub struct Changes {
    pub(crate) list: Vec<Change>,
    pub(crate) once: Option<Once>,
}

/// An idempotency key and what was asked for under it.
#[derive(Clone)]
pub(crate) struct Once {
    pub key: String,
    /// The request as it came in; without it the changes themselves tell whether two requests are the same.
    pub asked: Option<Vec<u8>>,
}

/// What a commit did, in the order of its changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// One for each change.
    pub written: Vec<Written>,
    /// Index of the first evidence entry that this call left in the tenant's log.
    pub log_from: u64,
    /// Whether this repeats an earlier commit with the same idempotency key.
    #[serde(skip)]
    pub repeated: bool,
}

/// One record after its change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Written {
    /// The kind's name.
    pub kind: String,
    /// The record.
    pub id: RecordId,
    /// Its version now.
    pub version: u64,
}

impl Draft {
    /// A draft of a typed record.
    pub fn of<K: Kind>(id: RecordId, record: &K) -> Result<Self, model::Fault> {
        let body = record.encode().map_err(|error| model::Fault::new("encoding a record", error))?;
        Ok(Self { kind: K::DECL, id, subject: record.subject(), body, terms: record.terms() })
    }

    /// A draft of a foreign document, with what its kind's table found in it.
    pub const fn document(
        kind: &'static KindDecl,
        id: RecordId,
        subject: Option<SubjectId>,
        body: Vec<u8>,
        terms: Vec<Term>,
    ) -> Self {
        Self { kind, id, subject, body, terms }
    }

    /// The record's id.
    pub const fn id(&self) -> RecordId {
        self.id
    }
}

impl Changes {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the first version of a typed record.
    pub fn create<K: Kind>(self, id: RecordId, record: &K) -> Result<Self, model::Fault> {
        Ok(self.and(Change::Create(Draft::of(id, record)?)))
    }

    /// Writes the next version of a typed record.
    pub fn revise<K: Kind>(self, id: RecordId, record: &K, expected: Expected) -> Result<Self, model::Fault> {
        Ok(self.and(Change::Revise(Draft::of(id, record)?, expected)))
    }

    /// Adds one change.
    #[must_use]
    pub fn and(mut self, change: Change) -> Self {
        self.list.push(change);
        self
    }

    /// Makes the batch happen at most once for this key and actor.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(Once { key: key.into(), asked: None });
        self
    }

    /// As [`Changes::once`], for changes that differ at each try (such as by a time in the body) although the request,
    /// whose bytes are `asked`, is the same.
    #[must_use]
    pub fn once_for(mut self, key: impl Into<String>, asked: Vec<u8>) -> Self {
        self.once = Some(Once { key: key.into(), asked: Some(asked) });
        self
    }
}

impl Change {
    /// Whether it writes a record by which the door knows people, programs and what they may do, or ends a person's.
    pub(crate) fn tells_who_is_who(&self) -> bool {
        match self {
            Self::Create(draft) | Self::Revise(draft, _) => draft.kind.purpose == Purpose::Security,
            Self::Retire(kind, ..) => kind.purpose == Purpose::Security,
            Self::Erase(_) => true,
        }
    }

    pub(crate) fn body_len(&self) -> usize {
        match self {
            Self::Create(draft) | Self::Revise(draft, _) => draft.body.len(),
            Self::Retire(..) | Self::Erase(_) => 0,
        }
    }
}
