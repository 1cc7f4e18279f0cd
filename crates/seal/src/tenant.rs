use std::fmt;
use std::sync::Arc;

use model::{Outside, SubjectId, TenantId};
use zeroize::Zeroizing;

use crate::cipher::{self, Label};
use crate::context::Context;
use crate::digest::Digests;
use crate::live::LiveKey;
use crate::subject::{RecordKey, SubjectKey};
use crate::versions::Versions;
use crate::wrapped::{Header, KeyId, Level, WrappedKey};
use crate::{KeyBytes, SealError};

const WRAP_SUBJECT: Label = Label("candor/wrap/subject-key/1");
const OWN_RECORDS: Label = Label("candor/own-records/1");
const OWN_CONTENT: Label = Label("candor/own-content/1");

/// All versions of one tenant's key: wraps the subjects' keys and makes the tenant's digests.
///
/// Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct TenantKeys(Arc<Inner>);

struct Inner {
    tenant: TenantId,
    versions: Versions,
    digest_root: KeyBytes,
    digests: Digests,
    own: SubjectKey,
}

/// What a wrapped tenant key holds.
pub(crate) struct TenantSecret {
    /// Wraps subject keys; different in every version.
    pub(crate) key: KeyBytes,
    /// Keys every digest; the same in every version, so that an index outlives a rotation.
    pub(crate) digests: KeyBytes,
}

impl TenantKeys {
    pub(crate) fn new(tenant: TenantId, versions: Versions, digest_root: &KeyBytes) -> Result<Self, SealError> {
        let own = versions
            .iter()
            .map(|version| Ok(RecordKey::new(version.id, &cipher::derive_key(&version.key, OWN_RECORDS)?)))
            .collect::<Result<Arc<[_]>, SealError>>()?;
        let content = Arc::new(LiveKey::new(&cipher::derive_key(digest_root, OWN_CONTENT)?));
        Ok(Self(Arc::new(Inner {
            tenant,
            versions,
            digests: Digests::new(digest_root)?,
            digest_root: digest_root.clone(),
            own: SubjectKey::from_parts(tenant, own, content),
        })))
    }

    /// Whose keys these are.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// The name of the newest version. A wrapped subject key with another parent wants re-wrapping.
    pub fn newest(&self) -> KeyId {
        self.0.versions.newest().id
    }

    /// A fresh key for a new data subject, and the wrapped key to store.
    ///
    /// To destroy the key, delete every copy of the wrapped key and call [`SubjectKey::destroy`] on the opened one.
    pub fn new_subject(
        &self,
        subject: SubjectId,
        outside: &dyn Outside,
    ) -> Result<(SubjectKey, WrappedKey), SealError> {
        let key = KeyBytes::generate(outside);
        let header = Header { level: Level::Subject, version: 1, id: KeyId::generate(outside), parent: self.newest() };
        let wrapped = self.wrap_subject(subject, header, &key, outside)?;
        Ok((SubjectKey::new(self.0.tenant, header.id, &key)?, wrapped))
    }

    /// Opens a stored subject key.
    pub fn open_subject(&self, subject: SubjectId, wrapped: &WrappedKey) -> Result<SubjectKey, SealError> {
        SubjectKey::new(self.0.tenant, wrapped.id(), &self.unwrap_subject(subject, wrapped)?)
    }

    /// The same subject key, wrapped under the newest version of the tenant's key.
    pub fn rewrap_subject(
        &self,
        subject: SubjectId,
        wrapped: &WrappedKey,
        outside: &dyn Outside,
    ) -> Result<WrappedKey, SealError> {
        let key = self.unwrap_subject(subject, wrapped)?;
        let header = Header { parent: self.newest(), ..*wrapped.header() };
        self.wrap_subject(subject, header, &key, outside)
    }

    /// The key for records about nobody: seals under the newest version, opens under any.
    pub fn own(&self) -> SubjectKey {
        self.0.own.clone()
    }

    /// The digest under which a record is found by a search term of a field.
    ///
    /// HMAC-SHA-256, cut to 16 bytes, under a key of its own for each tenant, kind and field: equal
    /// values are recognisable within one field of one tenant only. Truncation lets values collide in
    /// theory, so a hit is always checked again after opening.
    pub fn term_digest(&self, kind: &str, field: &str, term: &[u8]) -> [u8; 16] {
        self.0.digests.term(kind, field, term)
    }

    /// The pseudonym under which a subject stands in evidence.
    pub fn subject_digest(&self, subject: SubjectId) -> [u8; 16] {
        self.0.digests.subject(subject)
    }

    /// A keyed digest for looking something up by its exact bytes, apart for every purpose.
    pub fn lookup_digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.0.digests.lookup(purpose, bytes)
    }

    pub(crate) fn versions(&self) -> &Versions {
        &self.0.versions
    }

    pub(crate) fn digest_root(&self) -> &KeyBytes {
        &self.0.digest_root
    }

    fn wrap_subject(
        &self,
        subject: SubjectId,
        header: Header,
        key: &KeyBytes,
        outside: &dyn Outside,
    ) -> Result<WrappedKey, SealError> {
        let parent = &self.0.versions.find(header.parent)?.key;
        let aad = self.subject_context(subject, &header);
        let bytes = cipher::seal(parent, WRAP_SUBJECT, aad.as_bytes(), &header.to_bytes(), key.expose(), outside)?;
        WrappedKey::from_bytes(bytes)
    }

    fn unwrap_subject(&self, subject: SubjectId, wrapped: &WrappedKey) -> Result<KeyBytes, SealError> {
        wrapped.expect_level(Level::Subject)?;
        let parent = &self.0.versions.find(wrapped.parent())?.key;
        let aad = self.subject_context(subject, wrapped.header());
        let plain =
            Zeroizing::new(cipher::open(parent, WRAP_SUBJECT, aad.as_bytes(), wrapped.body(), "a wrapped key")?);
        KeyBytes::from_slice(&plain).ok_or(WRONG_LENGTH)
    }

    fn subject_context(&self, subject: SubjectId, header: &Header) -> Context {
        Context::new("candor/subject-key/1")
            .and(&header.to_bytes())
            .and(self.0.tenant.as_bytes())
            .and(subject.as_bytes())
    }
}

const WRONG_LENGTH: SealError =
    SealError::Malformed { expected: "a wrapped key", words: "the key inside has another length" };

impl TenantSecret {
    pub(crate) fn generate(outside: &dyn Outside) -> Self {
        Self { key: KeyBytes::generate(outside), digests: KeyBytes::generate(outside) }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 64]> {
        let mut bytes = Zeroizing::new([0u8; 64]);
        let both = self.key.expose().iter().chain(self.digests.expose());
        for (to, from) in bytes.iter_mut().zip(both) {
            *to = *from;
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let (key, digests) = bytes.split_first_chunk::<32>().ok_or(WRONG_LENGTH)?;
        Ok(Self { key: KeyBytes::from_bytes(*key), digests: KeyBytes::from_slice(digests).ok_or(WRONG_LENGTH)? })
    }
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantKeys({} key {})", self.0.tenant, self.newest())
    }
}
