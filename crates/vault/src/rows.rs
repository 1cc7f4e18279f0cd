//! Row layouts and keys. Everything here is opaque to the engine.

use model::{Fault, KindDecl, RecordId, SubjectId, Time};
use seal::TenantKeys;

/// What stands before a sealed body: the little that must be known without opening it.
///
/// Layout, big-endian: format 1 · state 1 · shape 2 · created 8 · updated 8 · subject flag 1 · subject 16 ·
/// content digest 16 · term count 2 · unique count 2 ·
/// terms (length 2, bytes) · uniques 16 each · sealed body.
///
/// INVARIANT: shape, times, subject and digest stand inside the seal too ([`HeadRow::bound`]), so they cannot be changed
/// outside it without the record ceasing to open.
#[derive(Debug, Clone)]
pub(crate) struct HeadRow {
    pub state: State,
    pub shape: u16,
    pub created: Time,
    pub updated: Time,
    pub subject: Option<SubjectId>,
    pub digest: [u8; 16],
    pub terms: Vec<Vec<u8>>,
    pub uniques: Vec<[u8; 16]>,
    pub sealed: Vec<u8>,
}

/// Whether a record is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    Retired,
    Erased,
}

const FORMAT: u8 = 1;
const BOUND_BYTES: usize = 2 + 8 + 8 + 1 + 16 + 16;

impl HeadRow {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.terms.len() * 18 + self.sealed.len());
        bytes.push(FORMAT);
        bytes.push(match self.state {
            State::Live => 0,
            State::Retired => 1,
            State::Erased => 2,
        });
        bytes.extend(self.bound());
        bytes.extend(count(self.terms.len()));
        bytes.extend(count(self.uniques.len()));
        for term in &self.terms {
            bytes.extend(count(term.len()));
            bytes.extend(term);
        }
        for unique in &self.uniques {
            bytes.extend(unique);
        }
        bytes.extend(&self.sealed);
        bytes
    }

    /// What is known without opening the record, as it stands before the body inside the seal.
    pub fn bound(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BOUND_BYTES);
        bytes.extend(self.shape.to_be_bytes());
        bytes.extend(self.created.micros().to_be_bytes());
        bytes.extend(self.updated.micros().to_be_bytes());
        bytes.push(u8::from(self.subject.is_some()));
        bytes.extend(self.subject.map_or([0; 16], |subject| *subject.as_bytes()));
        bytes.extend(self.digest);
        bytes
    }

    /// The whole row, for whoever writes the next one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let view = HeadView::of(bytes)?;
        let mut rest = Reader(view.index);
        let read = (|| {
            let terms = (0..view.terms)
                .map(|_| {
                    let len = u16::from_be_bytes(rest.array()?);
                    rest.take(usize::from(len)).map(<[u8]>::to_vec)
                })
                .collect::<Option<Vec<_>>>()?;
            let uniques = (0..view.uniques).map(|_| rest.array()).collect::<Option<Vec<_>>>()?;
            Some((terms, uniques))
        })();
        let (terms, uniques) = read.ok_or_else(foreign_layout)?;
        let HeadView { state, shape, created, updated, subject, digest, sealed, .. } = view;
        Ok(Self { state, shape, created, updated, subject, digest, terms, uniques, sealed: sealed.to_vec() })
    }
}

/// The same row as a reader sees it: nothing copied, the search terms passed over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadView<'r> {
    pub state: State,
    pub shape: u16,
    pub created: Time,
    pub updated: Time,
    pub subject: Option<SubjectId>,
    pub digest: [u8; 16],
    pub sealed: &'r [u8],
    bound: &'r [u8],
    terms: u16,
    uniques: u16,
    /// Terms and uniques, as they lie in the row.
    index: &'r [u8],
}

impl<'r> HeadView<'r> {
    pub fn of(bytes: &'r [u8]) -> Result<Self, Fault> {
        let mut rest = Reader(bytes);
        let read = (|| {
            if rest.byte()? != FORMAT {
                return None;
            }
            let state = match rest.byte()? {
                0 => State::Live,
                1 => State::Retired,
                2 => State::Erased,
                _ => return None,
            };
            let bound = rest.0.get(..BOUND_BYTES)?;
            let shape = u16::from_be_bytes(rest.array()?);
            let created = Time::from_micros(i64::from_be_bytes(rest.array()?));
            let updated = Time::from_micros(i64::from_be_bytes(rest.array()?));
            let has_subject = rest.byte()? == 1;
            let subject = SubjectId::from_bytes(rest.array()?);
            let digest = rest.array()?;
            let terms = u16::from_be_bytes(rest.array()?);
            let uniques = u16::from_be_bytes(rest.array()?);
            let index = rest.0;
            for _ in 0..terms {
                let len = u16::from_be_bytes(rest.array()?);
                rest.take(usize::from(len))?;
            }
            rest.take(usize::from(uniques) * 16)?;
            let subject = has_subject.then_some(subject);
            Some(Self { state, shape, created, updated, subject, digest, sealed: rest.0, bound, terms, uniques, index })
        })();
        read.ok_or_else(foreign_layout)
    }

    /// The body, from what the seal held; none if the facts before it are not those of this row.
    pub fn body_of(&self, mut opened: Vec<u8>) -> Option<Vec<u8>> {
        opened.starts_with(self.bound).then(|| {
            opened.drain(..BOUND_BYTES);
            opened
        })
    }
}

fn foreign_layout() -> Fault {
    Fault::new("reading a record's row", "the row does not have the layout of a record")
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }
}

fn count(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes()
}

/// Key of a record's present version: `kind NUL id`.
pub fn row_key(kind: &KindDecl, id: RecordId) -> Vec<u8> {
    let mut key = kind_prefix(kind);
    key.extend(id.as_bytes());
    key
}

fn kind_prefix(kind: &KindDecl) -> Vec<u8> {
    let mut key = Vec::with_capacity(kind.name.len() + 25);
    key.extend(kind.name.as_bytes());
    key.push(0);
    key
}

/// Key of a past version: `kind NUL id version`.
pub(crate) fn version_key(kind: &KindDecl, id: RecordId, version: u64) -> Vec<u8> {
    let mut key = row_key(kind, id);
    key.extend(version.to_be_bytes());
    key
}

/// Key of a subject's wrapped key.
pub(crate) fn subject_key(subject: SubjectId) -> Vec<u8> {
    let mut key = vec![b's'];
    key.extend(subject.as_bytes());
    key
}

/// Key of a version of the tenant's own wrapped key.
pub(crate) fn tenant_key(version: u32) -> Vec<u8> {
    let mut key = vec![b't'];
    key.extend(version.to_be_bytes());
    key
}

/// Where it stands that a person was erased.
pub(crate) fn erased_key(subject: SubjectId) -> Vec<u8> {
    let mut key = b"erased/".to_vec();
    key.extend(subject.as_bytes());
    key
}

/// A key in `Space::Term`: a digest, then the record.
pub(crate) fn with_id(term: &[u8], id: RecordId) -> Vec<u8> {
    let mut key = term.to_vec();
    key.extend(id.as_bytes());
    key
}

/// Before the ids of all live records of a kind.
pub(crate) fn listed_prefix(keys: &TenantKeys, kind: &KindDecl) -> Vec<u8> {
    keys.term_digest("", "listed", kind.name.as_bytes()).to_vec()
}

/// Under which a live record stands in the list of its kind, so that listing reads no bodies.
pub(crate) fn listed_key(keys: &TenantKeys, kind: &KindDecl, id: RecordId) -> Vec<u8> {
    with_id(&listed_prefix(keys, kind), id)
}

/// The first key after all that begin with `prefix`.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; 64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_row_survives_its_bytes() {
        let row = HeadRow {
            state: State::Live,
            shape: 3,
            created: Time::from_seconds(1),
            updated: Time::from_seconds(2),
            subject: Some(SubjectId::from_bytes([7; 16])),
            digest: [5; 16],
            terms: vec![vec![1; 16], vec![2; 40]],
            uniques: vec![[9; 16]],
            sealed: b"sealed".to_vec(),
        };
        let bytes = row.to_bytes();
        let back = HeadRow::from_bytes(&bytes).unwrap();
        assert_eq!(format!("{row:?}"), format!("{back:?}"));
        for cut in 0..bytes.len() - row.sealed.len() {
            assert!(HeadRow::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn the_end_of_a_prefix_is_after_all_that_begin_with_it() {
        assert_eq!(after_prefix(b"ab"), b"ac");
        assert_eq!(after_prefix(&[1, 255]), vec![2]);
        assert!(after_prefix(&[255, 255]).as_slice() > [255u8, 255, 255].as_slice());
    }
}
