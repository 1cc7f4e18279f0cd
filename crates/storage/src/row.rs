use std::fmt;

/// A table of rows. The names say what `vault` keeps there; an engine treats all alike, but for three rules:
/// `Log` and `Change` only grow, and what is deleted or replaced in `Key` leaves no bytes behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// The newest version of each record.
    Head = 0,
    /// Every version of each record.
    Version = 1,
    /// Wrapped keys. Destroyed for good when deleted.
    Key = 2,
    /// Search digests.
    Term = 3,
    /// Search digests that may occur once.
    Unique = 4,
    /// Evidence, appended.
    Log = 5,
    /// Tiles and checkpoints of the evidence tree.
    Tree = 6,
    /// The feed of changes, appended.
    Change = 7,
    /// Idempotency keys.
    Once = 8,
    /// Facts about the tenant itself.
    Meta = 9,
}

impl Space {
    /// Every space, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Head,
        Self::Version,
        Self::Key,
        Self::Term,
        Self::Unique,
        Self::Log,
        Self::Tree,
        Self::Change,
        Self::Once,
        Self::Meta,
    ];

    /// The stable name, as it stands in tables and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Version => "version",
            Self::Key => "key",
            Self::Term => "term",
            Self::Unique => "unique",
            Self::Log => "log",
            Self::Tree => "tree",
            Self::Change => "change",
            Self::Once => "once",
            Self::Meta => "meta",
        }
    }

    /// Whether rows come in only through [`Batch::log`] and [`Batch::changes`] and never go.
    pub const fn only_grows(self) -> bool {
        matches!(self, Self::Log | Self::Change)
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value and its version. Appended rows have version 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// For optimistic concurrency; the engine compares it and does not count. At most `i64::MAX`.
    pub version: u64,
    /// The bytes, at most [`crate::limits::VALUE_BYTES_MAX`].
    pub value: Vec<u8>,
}

impl fmt::Debug for Row {
    /// Says how long the value is, not what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row(version {}, {} bytes)", self.version, self.value.len())
    }
}

/// What must be under a key for a batch to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// No row.
    Absent,
    /// A row with exactly this version.
    Version(u64),
}

/// One precondition of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where.
    pub space: Space,
    /// Under which key.
    pub key: Vec<u8>,
    /// What must be there.
    pub expect: Expect,
}

/// One row to write, whether or not there is one already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Where; not a space that only grows.
    pub space: Space,
    /// Under which key, at most [`crate::limits::KEY_BYTES_MAX`].
    pub key: Vec<u8>,
    /// What.
    pub row: Row,
}

/// What happens together or not at all.
///
/// The order is fixed: all checks see the state before the batch; then the deletions, then the puts (the last put of
/// a key stays), then the appends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Preconditions.
    pub checks: Vec<Check>,
    /// Rows to write.
    pub puts: Vec<Put>,
    /// Rows to delete; deleting what is not there is no error.
    pub deletes: Vec<(Space, Vec<u8>)>,
    /// Entries to append to [`Space::Log`].
    pub log: Vec<Vec<u8>>,
    /// Entries to append to [`Space::Change`].
    pub changes: Vec<Vec<u8>>,
}

/// Where a batch's entries were appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The index of the batch's first log entry; the length of the log at that moment if it appended none.
    pub log_from: u64,
    /// The same for the feed of changes.
    pub change_from: u64,
}

/// A direction through keys, which are compared byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// Which rows a scan returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The smallest key that belongs to the span.
    pub from: Vec<u8>,
    /// The smallest key above the span. Nothing is in a span whose `to` is not above `from`.
    pub to: Vec<u8>,
    /// Which end first.
    pub order: Order,
    /// How many rows at most.
    pub limit: usize,
}

impl Span {
    /// Every key that starts with `prefix`, ascending, at most `limit`.
    ///
    /// The empty prefix means every key that does not start with 0xFF 512 times, which is every key in use.
    pub fn prefix(prefix: &[u8], limit: usize) -> Self {
        Self { from: prefix.to_vec(), to: above_prefix(prefix), order: Order::Ascending, limit }
    }

    /// The entries `from..to` of [`Space::Log`] or [`Space::Change`], ascending.
    pub fn indexes(from: u64, to: u64) -> Self {
        let limit = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        Self { from: key_of_index(from), to: key_of_index(to), order: Order::Ascending, limit }
    }

    /// The same span from its other end.
    #[must_use]
    pub fn descending(self) -> Self {
        Self { order: Order::Descending, ..self }
    }
}

/// The smallest key above every key that starts with `prefix`.
fn above_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut above = prefix.to_vec();
    while let Some(last) = above.pop() {
        if last < u8::MAX {
            above.push(last + 1);
            return above;
        }
    }
    vec![u8::MAX; crate::limits::KEY_BYTES_MAX]
}

/// The key of an entry in [`Space::Log`] or [`Space::Change`]: its index, 8 bytes big-endian.
pub fn key_of_index(index: u64) -> Vec<u8> {
    index.to_be_bytes().to_vec()
}

/// The index that a key of an appended entry stands for; `None` if the key is not 8 bytes long.
pub fn index_of_key(key: &[u8]) -> Option<u64> {
    <[u8; 8]>::try_from(key).ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_above_a_prefix_ends_its_span() {
        assert_eq!(above_prefix(b"ab"), b"ac");
        assert_eq!(above_prefix(&[1, 255, 255]), [2]);
        assert_eq!(above_prefix(&[255]).len(), crate::limits::KEY_BYTES_MAX);
    }

    #[test]
    fn an_index_survives_its_key() {
        for index in [0, 1, 255, 256, u64::MAX] {
            assert_eq!(index_of_key(&key_of_index(index)), Some(index));
        }
        assert_eq!(index_of_key(b"short"), None);
    }
}
