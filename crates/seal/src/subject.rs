use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use model::{Outside, RecordId, TenantId};

use crate::cipher::{self, Label, OVERHEAD, SUITE};
use crate::context::Context;
use crate::digest::first;
use crate::live::LiveKey;
use crate::wrapped::KeyId;
use crate::{KeyBytes, SealError};

/// The bytes that sealing adds to a record.
pub const ENVELOPE_OVERHEAD: usize = HEADER + OVERHEAD;

const MAGIC: [u8; 4] = *b"CnSR";
const HEADER: usize = 4 + 1 + 16;
const EXPECTED: &str = "a sealed record";
const RECORD: Label = Label("candor/record/1");
const CONTENT: Label = Label("candor/content/1");

/// Where a record stands. A seal holds for one place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The organisation.
    pub tenant: TenantId,
    /// The kind's dotted name.
    pub kind: &'a str,
    /// The record.
    pub id: RecordId,
    /// The version of the record, not of the key.
    pub version: u64,
}

/// The key that seals the records about one person, or a tenant's records about nobody.
///
/// Cheap to clone; clones share the key and its end.
#[derive(Clone)]
pub struct SubjectKey {
    tenant: TenantId,
    /// Newest first; more than one only for a tenant's own records.
    records: Arc<[RecordKey]>,
    content: Arc<LiveKey>,
}

pub(crate) struct RecordKey {
    id: KeyId,
    live: LiveKey,
}

impl RecordKey {
    pub(crate) fn new(id: KeyId, key: &KeyBytes) -> Self {
        Self { id, live: LiveKey::new(key) }
    }
}

impl SubjectKey {
    pub(crate) fn new(tenant: TenantId, id: KeyId, key: &KeyBytes) -> Result<Self, SealError> {
        let content = LiveKey::new(&cipher::derive_key(key, CONTENT)?);
        Ok(Self::from_parts(tenant, Arc::new([RecordKey::new(id, key)]), Arc::new(content)))
    }

    pub(crate) const fn from_parts(tenant: TenantId, records: Arc<[RecordKey]>, content: Arc<LiveKey>) -> Self {
        Self { tenant, records, content }
    }

    /// The name of the key under which new records are sealed.
    pub fn id(&self) -> Option<KeyId> {
        self.records.first().map(|record| record.id)
    }

    /// The plain bytes as an envelope that opens in this place only.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8], outside: &dyn Outside) -> Result<Vec<u8>, SealError> {
        self.check_tenant(place)?;
        let newest = self.records.first().ok_or(SealError::NoVersion)?;
        let mut header = [0u8; HEADER];
        let parts = MAGIC.iter().chain(&[SUITE]).chain(newest.id.as_bytes());
        for (to, from) in header.iter_mut().zip(parts) {
            *to = *from;
        }
        let aad = place.associated_data(newest.id);
        cipher::seal(&newest.live.key()?, RECORD, aad.as_bytes(), &header, plain, outside)
    }

    /// The plain bytes of an envelope that was sealed in this place.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.check_tenant(place)?;
        let (id, body) = parse(sealed)?;
        let record = self.records.iter().find(|record| record.id == id).ok_or(SealError::OtherKey)?;
        cipher::open(&record.live.key()?, RECORD, place.associated_data(id).as_bytes(), body, EXPECTED)
    }

    /// A keyed digest of a record's content and place, for evidence.
    ///
    /// It shows whether content changed, and once the key is destroyed nobody can link it to any content.
    pub fn content_digest(&self, place: &Place<'_>, plain: &[u8]) -> Result<[u8; 16], SealError> {
        self.check_tenant(place)?;
        let key = hmac::Key::new(HMAC_SHA256, self.content.key()?.expose());
        let mut digest = hmac::Context::with_key(&key);
        digest.update(place.context("candor/content/1").as_bytes());
        digest.update(plain);
        Ok(first(&digest.sign()))
    }

    /// Wipes the key from memory, for this and every clone, at once; they refuse from now on.
    ///
    /// The stored wrapped key is the caller's to delete: as long as it exists, the key can be opened again.
    /// On a tenant's own key this ends the clones of [`TenantKeys`](crate::TenantKeys) it came from, for records
    /// about nobody.
    pub fn destroy(&self) {
        self.records.iter().for_each(|record| record.live.destroy());
        self.content.destroy();
    }

    fn check_tenant(&self, place: &Place<'_>) -> Result<(), SealError> {
        if place.tenant == self.tenant { Ok(()) } else { Err(SealError::OtherTenant) }
    }
}

/// The name of the key under which an envelope was sealed, without opening it.
pub fn envelope_key(sealed: &[u8]) -> Result<KeyId, SealError> {
    parse(sealed).map(|(id, _)| id)
}

fn parse(sealed: &[u8]) -> Result<(KeyId, &[u8]), SealError> {
    let malformed = |words| SealError::Malformed { expected: EXPECTED, words };
    let (magic, rest) = sealed.split_first_chunk::<4>().ok_or_else(|| malformed("too short"))?;
    let (suite, rest) = rest.split_first().ok_or_else(|| malformed("too short"))?;
    let (id, body) = rest.split_first_chunk::<16>().ok_or_else(|| malformed("too short"))?;
    if *magic != MAGIC {
        return Err(malformed("the first four bytes are not those of a sealed record"));
    }
    if *suite != SUITE {
        return Err(SealError::UnknownSuite(*suite));
    }
    Ok((KeyId::from_bytes(*id), body))
}

impl Place<'_> {
    fn associated_data(&self, key: KeyId) -> Context {
        self.context("candor/record/1").and(key.as_bytes())
    }

    fn context(&self, label: &str) -> Context {
        Context::new(label)
            .and(self.tenant.as_bytes())
            .and(self.kind.as_bytes())
            .and(self.id.as_bytes())
            .and(&self.version.to_be_bytes())
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(f, "SubjectKey({id} of {})", self.tenant),
            None => write!(f, "SubjectKey(of {})", self.tenant),
        }
    }
}
