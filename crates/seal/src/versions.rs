use crate::wrapped::{Header, KeyId, Level};
use crate::{KeyBytes, SealError};

/// One version of an environment's or a tenant's key, opened.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) version: u32,
    pub(crate) id: KeyId,
    pub(crate) key: KeyBytes,
}

/// Every version at hand, at least one.
#[derive(Clone)]
pub(crate) struct Versions {
    newest: Version,
    older: Vec<Version>,
}

impl Version {
    pub(crate) const fn new(header: &Header, key: KeyBytes) -> Self {
        Self { version: header.version, id: header.id, key }
    }
}

impl Versions {
    pub(crate) const fn first(version: Version) -> Self {
        Self { newest: version, older: Vec::new() }
    }

    /// From any order. Two versions of the same number cannot both be true.
    pub(crate) fn new(mut list: Vec<Version>) -> Result<Self, SealError> {
        list.sort_by_key(|version| version.version);
        let twice = list.iter().zip(list.iter().skip(1)).any(|(one, next)| one.version == next.version);
        if twice {
            return Err(SealError::Contradiction("two keys have the same version"));
        }
        let newest = list.pop().ok_or(SealError::NoVersion)?;
        Ok(Self { newest, older: list })
    }

    pub(crate) const fn newest(&self) -> &Version {
        &self.newest
    }

    pub(crate) fn find(&self, id: KeyId) -> Result<&Version, SealError> {
        self.iter().find(|version| version.id == id).ok_or(SealError::OtherKey)
    }

    /// Newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.newest).chain(self.older.iter().rev())
    }

    /// The header of the version that follows, wrapped by `parent`.
    pub(crate) fn next_header(&self, level: Level, id: KeyId, parent: KeyId) -> Result<Header, SealError> {
        let version =
            self.newest.version.checked_add(1).ok_or(SealError::Contradiction("there is no version after this one"))?;
        Ok(Header { level, version, id, parent })
    }

    /// The same and a newer one.
    pub(crate) fn and(&self, newest: Version) -> Self {
        let mut older = self.older.clone();
        older.push(self.newest.clone());
        Self { newest, older }
    }
}
