use aws_lc_rs::hmac::{self, HMAC_SHA256};
use model::SubjectId;

use crate::cipher::{Label, derive_key};
use crate::context::Context;
use crate::{KeyBytes, SealError};

/// One tenant's keyed digests. No lock and no cache: every key schedule is prepared once.
pub(crate) struct Digests {
    terms: hmac::Key,
    subjects: hmac::Key,
    lookups: hmac::Key,
}

impl Digests {
    pub(crate) fn new(root: &KeyBytes) -> Result<Self, SealError> {
        let key = |label| Ok::<_, SealError>(hmac::Key::new(HMAC_SHA256, derive_key(root, Label(label))?.expose()));
        Ok(Self {
            terms: key("candor/search-terms/1")?,
            subjects: key("candor/evidence-subjects/1")?,
            lookups: key("candor/lookups/1")?,
        })
    }

    pub(crate) fn term(&self, kind: &str, field: &str, term: &[u8]) -> [u8; 16] {
        let info = Context::new("field").and(kind.as_bytes()).and(field.as_bytes());
        // RFC 5869 §2.3: for one block of output, HKDF-Expand is the HMAC of info and the byte 1.
        let mut expand = hmac::Context::with_key(&self.terms);
        expand.update(info.as_bytes());
        expand.update(&[1]);
        let field_key = hmac::Key::new(HMAC_SHA256, expand.sign().as_ref());
        first(&hmac::sign(&field_key, term))
    }

    pub(crate) fn subject(&self, subject: SubjectId) -> [u8; 16] {
        first(&hmac::sign(&self.subjects, subject.as_bytes()))
    }

    pub(crate) fn lookup(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let mut digest = hmac::Context::with_key(&self.lookups);
        digest.update(Context::new(purpose).as_bytes());
        digest.update(bytes);
        first(&digest.sign())
    }
}

/// The first bytes of a tag; no more than the 32 that it has.
pub(crate) fn first<const N: usize>(tag: &hmac::Tag) -> [u8; N] {
    const { assert!(N <= 32) };
    tag.as_ref().first_chunk::<N>().copied().unwrap_or([0; N])
}
