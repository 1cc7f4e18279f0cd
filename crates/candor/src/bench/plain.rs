//! The yardstick for commits: SQLite as somebody would use it who needs durable rows and nothing else.
//!
//! Same tables, same rows, same bytes, same flush as the house's engine; no decision, no seal, no checksum, no
//! precondition, no evidence of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use model::Fault;
use rusqlite::{Connection, params};
use storage::{Batch, Space};
use tokio::sync::oneshot;

use super::failed;
use super::office::WRITERS;

/// When a commit is flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// All that wait together.
    Groups,
    /// Each by itself.
    Each,
}

/// Batches per transaction at most, and bytes until the log is folded: as the house's engine has them.
const GROUP_MAX: usize = 512;
const FOLD_BYTES: usize = 8 << 20;

struct Job {
    batch: Batch,
    done: oneshot::Sender<()>,
}

/// A database with one thread that writes.
pub(super) struct Plain {
    jobs: Sender<Job>,
    thread: JoinHandle<rusqlite::Result<()>>,
}

impl Plain {
    /// Opens a new database. `delay` is slept after each flush.
    pub fn open(path: &Path, flush: Flush, delay: Duration) -> Result<Self, Fault> {
        let connection = open(path).map_err(failed)?;
        let (jobs, came) = channel();
        let thread = std::thread::Builder::new()
            .name("plain".to_owned())
            .spawn(move || Writer { connection, numbers: [0, 0], unfolded: 0 }.run(&came, flush, delay))
            .map_err(failed)?;
        Ok(Self { jobs, thread })
    }

    /// Writes batches as [`WRITERS`] writers at a time. Commits per second.
    pub async fn write(self: &Arc<Self>, batches: Vec<Batch>) -> Result<f64, Fault> {
        let total = batches.len();
        let batches: Arc<Vec<std::sync::Mutex<Option<Batch>>>> =
            Arc::new(batches.into_iter().map(|batch| std::sync::Mutex::new(Some(batch))).collect());
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (plain, batches, next) = (Arc::clone(self), Arc::clone(&batches), Arc::clone(&next));
                tokio::spawn(async move {
                    while let Some(slot) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let batch = slot.lock().map_err(|_| failed("a writer panicked"))?.take();
                        plain.commit(batch.unwrap_or_default()).await?;
                    }
                    Ok::<(), Fault>(())
                })
            })
            .collect();
        for writer in writers {
            writer.await.map_err(failed)??;
        }
        Ok(total as f64 / started.elapsed().as_secs_f64())
    }

    async fn commit(&self, batch: Batch) -> Result<(), Fault> {
        let (done, answer) = oneshot::channel();
        self.jobs.send(Job { batch, done }).map_err(|_| failed("the plain writer is gone"))?;
        answer.await.map_err(failed)
    }

    /// Ends the thread and says what went wrong, if anything did.
    pub fn close(self: Arc<Self>) -> Result<(), Fault> {
        let Self { jobs, thread } = Arc::into_inner(self).ok_or_else(|| failed("somebody still writes"))?;
        drop(jobs);
        thread.join().map_err(|_| failed("the plain writer panicked"))?.map_err(failed)
    }
}

struct Writer {
    connection: Connection,
    /// The next number in the log and in the feed of changes.
    numbers: [i64; 2],
    unfolded: usize,
}

impl Writer {
    fn run(mut self, came: &Receiver<Job>, flush: Flush, delay: Duration) -> rusqlite::Result<()> {
        let most = if flush == Flush::Groups { GROUP_MAX } else { 1 };
        while let Ok(first) = came.recv() {
            let mut group = vec![first];
            while group.len() < most
                && let Ok(job) = came.try_recv()
            {
                group.push(job);
            }
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
            for job in &group {
                self.write(&job.batch)?;
            }
            self.connection.prepare_cached("COMMIT")?.execute(())?;
            if !delay.is_zero() {
                std::thread::sleep(delay);
            }
            for job in group {
                // Who has gone away does not want to know.
                job.done.send(()).unwrap_or(());
            }
            if self.unfolded > FOLD_BYTES {
                self.unfolded = 0;
                self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))?;
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        for (space, key) in &batch.deletes {
            self.connection.prepare_cached(&delete(*space))?.execute([key])?;
        }
        for put in &batch.puts {
            let version = put.row.version.cast_signed();
            self.connection.prepare_cached(&upsert(put.space))?.execute(params![put.key, version, put.row.value])?;
            self.unfolded += put.row.value.len() + 2 * 4096;
        }
        let [log, change] = &mut self.numbers;
        for (table, number, entries) in [("log", log, &batch.log), ("change", change, &batch.changes)] {
            let sql = format!("INSERT INTO \"{table}\" (\"n\", \"value\") VALUES (?1, ?2)");
            for entry in entries {
                self.connection.prepare_cached(&sql)?.execute(params![*number, entry])?;
                *number += 1;
                self.unfolded += entry.len();
            }
        }
        Ok(())
    }
}

fn upsert(space: Space) -> String {
    format!(
        "INSERT INTO \"{space}\" (\"key\", \"version\", \"value\") VALUES (?1, ?2, ?3) \
         ON CONFLICT (\"key\") DO UPDATE SET \"version\" = ?2, \"value\" = ?3"
    )
}

fn delete(space: Space) -> String {
    format!("DELETE FROM \"{space}\" WHERE \"key\" = ?1")
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(96);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -2048)?;
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    for space in Space::ALL {
        connection.execute(&table(space), ())?;
    }
    Ok(connection)
}

/// Large values in a heap with an index, small ones in the tree of keys, numbered ones by number.
fn table(space: Space) -> String {
    match space {
        Space::Log | Space::Change => {
            format!("CREATE TABLE \"{space}\" (\"n\" INTEGER PRIMARY KEY, \"value\" BLOB NOT NULL) STRICT")
        }
        Space::Head | Space::Version | Space::Tree => format!(
            "CREATE TABLE \"{space}\" (\"key\" BLOB NOT NULL UNIQUE, \"version\" INTEGER NOT NULL, \
             \"value\" BLOB NOT NULL) STRICT"
        ),
        _ => format!(
            "CREATE TABLE \"{space}\" (\"key\" BLOB NOT NULL PRIMARY KEY, \"version\" INTEGER NOT NULL, \
             \"value\" BLOB NOT NULL) STRICT, WITHOUT ROWID"
        ),
    }
}
