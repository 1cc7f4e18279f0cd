use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use model::TenantId;

use crate::{Space, StorageError};

/// How far a tenant's file has come. Each commit that writes raises one of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lengths {
    pub(super) log: u64,
    pub(super) change: u64,
    /// Transactions that wrote but appended nothing.
    pub(super) silent: u64,
}

impl Lengths {
    /// The length of a numbered space; of others it has no meaning and is 0.
    pub(super) fn of(&self, space: Space) -> u64 {
        match space {
            Space::Log => self.log,
            Space::Change => self.change,
            _ => 0,
        }
    }

    pub(super) fn grow(&mut self, space: Space) {
        match space {
            Space::Log => self.log += 1,
            _ => self.change += 1,
        }
    }

    fn reaches(&self, other: &Self) -> bool {
        self.log >= other.log && self.change >= other.change && self.silent >= other.silent
    }
}

/// The mark beside a tenant's file: how far it had come when a commit was last acknowledged.
///
/// SQLite treats damage in its write-ahead log like a crash: it drops everything from there on and says nothing.
/// The mark tells such a loss (and a lost log, and an old copy put in place of the file) from a crash. It is written
/// after the flush of a commit and before its acknowledgement, and not flushed itself, so after a power failure it may
/// be older than the file, never newer. To accept an old copy of a file on purpose, remove the mark.
pub(super) struct Mark {
    file: File,
    tenant: TenantId,
}

const MAGIC: &[u8; 8] = b"CNDRMRK1";
/// Magic, tenant, three lengths, CRC-32: within one sector, so it is never half written.
const BYTES: usize = 8 + 16 + 24 + 4;

impl Mark {
    /// Opens the mark of a tenant's file and holds it against how far the file has come.
    pub(super) fn open(path: &Path, tenant: TenantId, lengths: Lengths) -> Result<Self, StorageError> {
        let marked = Self::read(path, tenant)?;
        if let Some(marked) = marked.filter(|marked| !lengths.reaches(marked)) {
            return Err(StorageError::damaged(format!(
                "acknowledged commits are lost: the file has {} log entries, {} changes and {} other commits, \
                 but {}, {} and {} were acknowledged",
                lengths.log, lengths.change, lengths.silent, marked.log, marked.change, marked.silent
            )));
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        let mut mark = Self { file, tenant };
        if marked != Some(lengths) {
            mark.set(lengths)?;
            mark.flush()?;
        }
        Ok(mark)
    }

    /// What a mark says; `None` if there is none.
    pub(super) fn read(path: &Path, tenant: TenantId) -> Result<Option<Lengths>, StorageError> {
        let mut bytes = Vec::with_capacity(BYTES);
        match File::open(path) {
            Ok(file) => file.take(BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        decode(&bytes, tenant).map(Some).ok_or_else(|| StorageError::damaged("the mark beside the file is unreadable"))
    }

    /// Notes how far the file has come.
    pub(super) fn set(&mut self, lengths: Lengths) -> Result<(), StorageError> {
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        self.file.write_all(&encode(self.tenant, lengths)).map_err(failed)
    }

    pub(super) fn flush(&self) -> Result<(), StorageError> {
        self.file.sync_data().map_err(failed)
    }
}

fn encode(tenant: TenantId, lengths: Lengths) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(tenant.as_bytes());
    for length in [lengths.log, lengths.change, lengths.silent] {
        bytes.extend_from_slice(&length.to_be_bytes());
    }
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

fn decode(bytes: &[u8], tenant: TenantId) -> Option<Lengths> {
    let mut numbers = bytes.get(24..48)?.chunks_exact(8).map(|chunk| chunk.try_into().ok().map(u64::from_be_bytes));
    let lengths = Lengths { log: numbers.next()??, change: numbers.next()??, silent: numbers.next()?? };
    (encode(tenant, lengths) == bytes).then_some(lengths)
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be given to map_err")]
fn failed(error: std::io::Error) -> StorageError {
    StorageError::io(format!("the mark beside the file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_as_it_was_written_and_not_with_any_bit_changed() {
        let tenant = TenantId::from_bytes([3; 16]);
        let lengths = Lengths { log: 1, change: u64::MAX, silent: 3 };
        let bytes = encode(tenant, lengths);
        assert_eq!(bytes.len(), BYTES);
        assert_eq!(decode(&bytes, tenant), Some(lengths));
        assert_eq!(decode(&bytes, TenantId::from_bytes([4; 16])), None);
        for bit in 0..BYTES * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped, tenant), None, "bit {bit}");
        }
    }
}
