use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::schema::open_reader;
use crate::StorageError;

/// Read connections of one tenant, opened when first needed.
///
/// Single rows and spans have connections of their own, so that a long scan never holds up a short read.
pub(super) struct Readers {
    path: PathBuf,
    rows: Pool,
    spans: Pool,
}

type Slot = Mutex<Option<Connection>>;

/// Keeps every reader out for as long as it lives.
pub(super) struct Pause<'r>(#[expect(dead_code, reason = "held, never read")] Vec<MutexGuard<'r, Option<Connection>>>);

impl Readers {
    pub(super) fn new(path: PathBuf, rows: usize, spans: usize) -> Self {
        Self { path, rows: Pool::new(rows), spans: Pool::new(spans) }
    }

    /// Reads a single row; takes microseconds, so it may run where tasks run.
    pub(super) fn row<T>(&self, see: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        self.on(&self.rows, see)
    }

    /// Reads many rows; belongs on a thread that may wait.
    pub(super) fn span<T>(&self, see: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        self.on(&self.spans, see)
    }

    /// Waits until nobody reads, and lets nobody in until the pause is dropped.
    // ORDER: a reader holds one slot and never waits for a second, so taking them one by one cannot deadlock.
    pub(super) fn pause(&self) -> Pause<'_> {
        let slots = self.rows.slots.iter().chain(self.spans.slots.iter());
        Pause(slots.map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner)).collect())
    }

    /// Closes every connection; the next read opens one again.
    pub(super) fn close(&self) {
        for slot in self.rows.slots.iter().chain(self.spans.slots.iter()) {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    fn on<T>(&self, pool: &Pool, see: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        let Some(mut slot) = pool.free() else { return Err(StorageError::io("there are no read connections")) };
        let connection = match &mut *slot {
            Some(connection) => connection,
            none => none.insert(open_reader(&self.path)?),
        };
        see(connection)
    }
}

struct Pool {
    slots: Box<[Slot]>,
    turn: AtomicUsize,
}

impl Pool {
    fn new(size: usize) -> Self {
        Self { slots: (0..size.max(1)).map(|_| Slot::default()).collect(), turn: AtomicUsize::new(0) }
    }

    /// A free connection; if none is, the one whose turn it is, when it becomes free.
    fn free(&self) -> Option<MutexGuard<'_, Option<Connection>>> {
        for slot in &self.slots {
            match slot.try_lock() {
                Ok(slot) => return Some(slot),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        self.slots.get(turn).map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
