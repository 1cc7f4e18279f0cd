use std::fmt;

use crate::SealError;
use crate::cipher::SUITE;

/// The most bytes a wrapped key may have; generous, for key services that answer at length.
pub const WRAPPED_BYTES_MAX: usize = 8 * 1024;

const MAGIC: [u8; 4] = *b"CnWK";
const EXPECTED: &str = "a wrapped key";
const HEADER: usize = 42;

/// The random name of one version of one key. Not secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// An installation's, wrapped by a key service.
    Environment,
    /// A tenant's, wrapped by the environment's.
    Tenant,
    /// A data subject's, wrapped by the tenant's.
    Subject,
}

/// A key as it is stored: useless without the key above it. Layout: see the crate's front page.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    bytes: Vec<u8>,
    header: Header,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) level: Level,
    pub(crate) version: u32,
    pub(crate) id: KeyId,
    pub(crate) parent: KeyId,
}

impl WrappedKey {
    /// Reads a stored wrapped key; says what is wrong with bytes that are none.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, SealError> {
        let bytes = bytes.into();
        if bytes.len() > WRAPPED_BYTES_MAX {
            return Err(SealError::TooLarge { len: bytes.len(), max: WRAPPED_BYTES_MAX });
        }
        let header = Header::from_bytes(&bytes)?;
        Ok(Self { bytes, header })
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose key it is.
    pub const fn level(&self) -> Level {
        self.header.level
    }

    /// The version of the key, from 1; each rotation counts one up.
    pub const fn version(&self) -> u32 {
        self.header.version
    }

    /// The name of the key inside.
    pub const fn id(&self) -> KeyId {
        self.header.id
    }

    /// The name of the key that wraps it.
    pub const fn parent(&self) -> KeyId {
        self.header.parent
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    /// The header, if the key is of `level` and wrapped by `parent`.
    pub(crate) fn expect(&self, level: Level, parent: KeyId) -> Result<&Header, SealError> {
        self.expect_level(level)?;
        if self.header.parent == parent { Ok(&self.header) } else { Err(SealError::OtherKey) }
    }

    pub(crate) fn expect_level(&self, level: Level) -> Result<(), SealError> {
        if self.header.level == level {
            Ok(())
        } else {
            Err(SealError::Malformed { expected: EXPECTED, words: "it is the key of another level" })
        }
    }
}

impl Header {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(&MAGIC);
        out.push(SUITE);
        out.push(self.level.code());
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(self.parent.as_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let malformed = |words| SealError::Malformed { expected: EXPECTED, words };
        let short = || malformed("too short");
        let (magic, rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
        let (suite, rest) = rest.split_first().ok_or_else(short)?;
        let (level, rest) = rest.split_first().ok_or_else(short)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let (parent, _) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        if *magic != MAGIC {
            return Err(malformed("the first four bytes are not those of a wrapped key"));
        }
        if *suite != SUITE {
            return Err(SealError::UnknownSuite(*suite));
        }
        let level = Level::from_code(*level).ok_or_else(|| malformed("no such level of keys"))?;
        let version = u32::from_be_bytes(*version);
        if version == 0 {
            return Err(malformed("versions count from 1"));
        }
        Ok(Self { level, version, id: KeyId(*id), parent: KeyId(*parent) })
    }
}

impl Level {
    const fn code(self) -> u8 {
        match self {
            Self::Environment => 1,
            Self::Tenant => 2,
            Self::Subject => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Environment),
            2 => Some(Self::Tenant),
            3 => Some(Self::Subject),
            _ => None,
        }
    }
}

impl KeyId {
    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn generate(outside: &dyn model::Outside) -> Self {
        let mut bytes = [0u8; 16];
        outside.fill(&mut bytes);
        Self(bytes)
    }

    /// The name by which wrapped keys refer to a key service.
    pub(crate) fn of_service(name: &str) -> Self {
        let digest = crate::sha256(name.as_bytes());
        Self(digest.first_chunk::<16>().copied().unwrap_or_default())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header { level, version, id, parent } = self.header;
        write!(f, "WrappedKey({level:?} {id} version {version} under {parent})")
    }
}
