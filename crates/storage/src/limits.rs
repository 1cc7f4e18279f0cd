//! The sizes that engines accept, the same for all, so that data can move between them.

use crate::{Batch, StorageError};

/// A key, in bytes.
pub const KEY_BYTES_MAX: usize = 512;
/// A value or an appended entry, in bytes: 16 MiB.
pub const VALUE_BYTES_MAX: usize = 16 << 20;
/// Everything in one batch, keys and values, in bytes: 64 MiB.
pub const BATCH_BYTES_MAX: usize = 64 << 20;
/// Checks, puts, deletions and appends in one batch together.
pub const BATCH_ITEMS_MAX: usize = 65_536;
/// A version: SQL integers are signed.
pub const VERSION_MAX: u64 = i64::MAX as u64;

/// Refuses a key that is too long.
pub fn check_key(key: &[u8]) -> Result<(), StorageError> {
    within("a key in bytes", key.len(), KEY_BYTES_MAX)
}

/// Refuses a batch that no engine takes; else says how many bytes it holds.
pub fn check_batch(batch: &Batch) -> Result<usize, StorageError> {
    let appended = batch.log.len() + batch.changes.len();
    let items = batch.checks.len() + batch.puts.len() + batch.deletes.len() + appended;
    within("a batch in items", items, BATCH_ITEMS_MAX)?;
    let mut bytes = 0;
    for check in &batch.checks {
        check_key(&check.key)?;
        bytes += check.key.len();
    }
    for put in &batch.puts {
        refuse_growing(put.space)?;
        check_key(&put.key)?;
        within("a value in bytes", put.row.value.len(), VALUE_BYTES_MAX)?;
        if put.row.version > VERSION_MAX {
            return Err(StorageError::TooLarge { what: "a version", size: put.row.version, most: VERSION_MAX });
        }
        bytes += put.key.len() + put.row.value.len();
    }
    for (space, key) in &batch.deletes {
        refuse_growing(*space)?;
        check_key(key)?;
        bytes += key.len();
    }
    for entry in batch.log.iter().chain(&batch.changes) {
        within("an appended entry in bytes", entry.len(), VALUE_BYTES_MAX)?;
        bytes += entry.len();
    }
    within("a batch in bytes", bytes, BATCH_BYTES_MAX)?;
    Ok(bytes)
}

fn refuse_growing(space: crate::Space) -> Result<(), StorageError> {
    if space.only_grows() { Err(StorageError::OnlyGrows { space }) } else { Ok(()) }
}

fn within(what: &'static str, size: usize, most: usize) -> Result<(), StorageError> {
    if size <= most {
        return Ok(());
    }
    Err(StorageError::TooLarge { what, size: size as u64, most: most as u64 })
}
