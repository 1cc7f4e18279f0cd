use crate::Space;

/// Why an engine could not do what was asked. Holds no row content, so it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The tenant was never created.
    #[error("this tenant was never created")]
    UnknownTenant,
    /// What is stored is not what was written. Nothing of it was served.
    #[error("the stored data is damaged: {what}")]
    Damaged {
        /// What is wrong where, in words for an operator.
        what: String,
    },
    /// More than the engine takes, see [`crate::limits`].
    #[error("too large: {what} is {size}, at most {most} is possible")]
    TooLarge {
        /// The thing that is too large, with its unit.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The limit.
        most: u64,
    },
    /// A put into or a deletion from a space that only grows by appending.
    #[error("the space `{space}` only grows by appending")]
    OnlyGrows {
        /// The space.
        space: Space,
    },
    /// The engine was shut.
    #[error("the storage is shut")]
    Closed,
    /// The machine refused.
    #[error("storage input/output failed: {what}")]
    Io {
        /// What failed and why, in the machine's words.
        what: String,
    },
}

impl StorageError {
    /// A thing that is not as it was written.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    /// An operation that the machine refused.
    pub fn io(what: impl Into<String>) -> Self {
        Self::Io { what: what.into() }
    }
}

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A precondition does not hold. Nothing of the batch was written.
    #[error("precondition {check} does not hold")]
    Conflict {
        /// The index of the first check that failed.
        check: usize,
    },
    /// The engine failed. Refused batches (`UnknownTenant`, `TooLarge`, `OnlyGrows`) are not written; after `Io` or
    /// `Damaged` the batch may turn out to be there once the tenant is opened again.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
