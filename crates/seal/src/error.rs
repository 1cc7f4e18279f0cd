use std::path::PathBuf;

/// Why something did not seal or did not open. The words are for the operator and hold no content and no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are not in the expected format at all.
    #[error("these bytes are not {expected}: {words}")]
    Malformed {
        /// What was expected, such as `a sealed record`.
        expected: &'static str,
        /// What is wrong with the bytes.
        words: &'static str,
    },
    /// The format is ours, the suite of algorithms is not known to this version.
    #[error("sealed with suite {0}, which this version does not know; a newer version wrote it, or it is damaged")]
    UnknownSuite(u8),
    /// The bytes name a key that is not the one they were offered to.
    #[error("sealed under another key than the one at hand")]
    OtherKey,
    /// The key has the right name, yet it is not the key that sealed these bytes.
    #[error("the key does not match the commitment: it is the wrong key, or salt or commitment were changed")]
    WrongKey,
    /// Authentication failed: the bytes were changed, or moved from another place.
    #[error("the seal is broken: the bytes were changed, or they belong to another place")]
    Broken,
    /// A record of one tenant was offered to a key of another.
    #[error("the key belongs to another tenant than the record")]
    OtherTenant,
    /// The key has been destroyed.
    #[error("the key has been destroyed")]
    Destroyed,
    /// No version of the key was given.
    #[error("no version of the key was given")]
    NoVersion,
    /// Two versions of a key contradict each other.
    #[error("the versions of the key contradict each other: {0}")]
    Contradiction(&'static str),
    /// More than can be sealed in one piece.
    #[error("{len} bytes are more than the {max} that can be sealed in one piece")]
    TooLarge {
        /// The size offered, in bytes.
        len: usize,
        /// The largest size, in bytes.
        max: usize,
    },
    /// A key service did not do its work.
    #[error("key service {service}: {words}")]
    Service {
        /// The service's name.
        service: String,
        /// What it said.
        words: String,
    },
    /// A cryptographic primitive refused. This does not happen with the sizes in use.
    #[error("a cryptographic primitive refused its input")]
    Primitive,
    /// The local root key file cannot be used.
    #[error("key file {path}: {problem}", path = .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: KeyFileProblem,
    },
}

/// Why a key file cannot be used, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileProblem {
    /// Something is at that path already.
    #[error("there is a file already, and a root key is never overwritten; move it away first if you are sure")]
    Exists,
    /// Nothing is at that path.
    #[error("there is no such file; without it nothing of this installation can be opened")]
    Missing,
    /// Somebody else than the owner may use the file.
    #[error(
        "its mode is {mode:04o}, so others than its owner can use it; run chmod 600 on it, and consider the key known"
    )]
    OpenToOthers {
        /// The permission bits.
        mode: u32,
    },
    /// It is a directory, a device or the like.
    #[error("it is not a regular file")]
    NotAFile,
    /// Shorter than a key file is.
    #[error("it is truncated: {len} bytes instead of {expected}; restore it from your copy")]
    Truncated {
        /// Its size, in bytes.
        len: usize,
        /// The size of a key file, in bytes.
        expected: usize,
    },
    /// Longer than a key file is.
    #[error("it has more bytes than the {expected} of a key file; restore it from your copy")]
    TooLong {
        /// The size of a key file, in bytes.
        expected: usize,
    },
    /// Something else than a key file.
    #[error("it is not a key file of this house")]
    NotAKeyFile,
    /// A format that this version does not know.
    #[error("its format {0} is not known to this version")]
    UnknownFormat(u8),
    /// Opened with a passphrase, but it has none, or the other way round.
    #[error("{0}")]
    OtherProtection(&'static str),
    /// It asks for more work than any key file of ours.
    #[error("its passphrase parameters are out of bounds; the file has been changed, restore it from your copy")]
    OutOfBounds,
    /// Wrong passphrase; a change of the file looks the same.
    #[error("the passphrase is not right, or the file has been changed")]
    WrongPassphrase,
    /// Its checksum does not hold.
    #[error("it has been changed; restore it from your copy")]
    Changed,
    /// A passphrase that protects nothing.
    #[error("the passphrase must have between {min} and {max} bytes")]
    PassphraseLength {
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
    /// The operating system refused.
    #[error("cannot {doing}: {words}")]
    System {
        /// What was attempted.
        doing: &'static str,
        /// The system's words.
        words: String,
    },
}

impl From<aws_lc_rs::error::Unspecified> for SealError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Primitive
    }
}
