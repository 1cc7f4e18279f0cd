use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use model::TenantId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::SqliteOptions;
use super::check::Checker;
use super::mark::{Lengths, Mark};
use super::queue::{Job, Next, Queue};
use super::readers::Readers;
use super::rows::Rows;
use super::schema::{check_structure, failed, open_writer};
use super::writer::Group;
use crate::{Batch, CommitError, Committed, Space, StorageError};

/// The write-ahead log is folded into the file when about this much was written to it.
const FOLD_BYTES: u64 = 8 << 20;
/// What a small commit writes to the log: a few pages.
const COMMIT_PAGES_BYTES: u64 = 4 * 4096;

/// A tenant whose file is open: readers, and a thread that commits.
pub(super) struct Tenant {
    pub(super) checker: Checker,
    pub(super) readers: Readers,
    queue: Queue,
    log_len: AtomicU64,
    change_len: AtomicU64,
    /// Something was asked of it since the committer last looked.
    used: AtomicBool,
    /// The committer has ended; the tenant has to be opened again.
    over: AtomicBool,
    thread: Mutex<Option<JoinHandle<Result<(), StorageError>>>>,
}

/// Where a tenant's rows and its mark lie.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) rows: PathBuf,
    pub(super) mark: PathBuf,
}

impl Tenant {
    /// Opens a tenant's file, looks at it and starts its committer.
    pub(super) fn open(place: &Place, id: TenantId, options: &SqliteOptions) -> Result<Arc<Self>, StorageError> {
        let connection = open_writer(&place.rows, id)?;
        if size(&place.rows)? <= options.examine_on_open_bytes_max {
            check_structure(&connection)?;
        }
        let checker = Checker::new(id);
        let rows = Rows { connection: &connection, checker: &checker };
        let silent = connection
            .query_row("SELECT \"silent\" FROM \"identity\"", (), |row| row.get::<_, i64>(0))
            .map_err(failed)?
            .cast_unsigned();
        let (log, change) = (rows.count_numbered(Space::Log)?, rows.count_numbered(Space::Change)?);
        let lengths = Lengths { log, change, silent };
        let mark = Mark::open(&place.mark, id, lengths)?;
        let tenant = Arc::new(Self {
            checker: checker.clone(),
            readers: Readers::new(place.rows.clone(), options.row_readers, options.span_readers),
            queue: Queue::new(options.gather),
            log_len: AtomicU64::new(log),
            change_len: AtomicU64::new(change),
            used: AtomicBool::new(true),
            over: AtomicBool::new(false),
            thread: Mutex::new(None),
        });
        let committer = Committer {
            tenant: Arc::clone(&tenant),
            options: options.clone(),
            connection,
            checker,
            mark,
            lengths,
            unfolded_bytes: 0,
            unscrubbed: false,
            sick: None,
        };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .stack_size(1 << 20)
            .spawn(move || committer.run())
            .map_err(|error| StorageError::io(format!("no thread for a committer: {error}")))?;
        *tenant.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(tenant)
    }

    /// Says that it is needed; `false` if it is over.
    pub(super) fn touch(&self) -> bool {
        self.used.store(true, Ordering::Relaxed);
        !self.over.load(Ordering::Acquire)
    }

    /// Queues a batch, or gives it back if the tenant is over.
    pub(super) async fn submit(
        &self,
        batch: Batch,
        bytes: usize,
    ) -> Result<oneshot::Receiver<Result<Committed, CommitError>>, Batch> {
        self.queue.push(batch, bytes).await
    }

    /// The durable length of a numbered space; 0 for others.
    pub(super) fn len(&self, space: Space) -> u64 {
        match space {
            Space::Log => self.log_len.load(Ordering::Acquire),
            Space::Change => self.change_len.load(Ordering::Acquire),
            _ => 0,
        }
    }

    /// Lets nothing more in.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    /// Waits until the committer has done what waited and has closed the file.
    pub(super) fn wait_closed(&self) -> Result<(), StorageError> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(closed)) => closed,
            Some(Err(_)) => Err(StorageError::io("a committer panicked")),
        }
    }
}

fn size(path: &Path) -> Result<u64, StorageError> {
    Ok(std::fs::metadata(path).map_err(|error| StorageError::io(error.to_string()))?.len())
}

/// The one that writes a tenant's file.
struct Committer {
    tenant: Arc<Tenant>,
    options: SqliteOptions,
    connection: Connection,
    checker: Checker,
    mark: Mark,
    lengths: Lengths,
    unfolded_bytes: u64,
    /// Bytes of a destroyed key may still stand in the write-ahead log.
    unscrubbed: bool,
    /// The file's structure is damaged: nothing more is written to it.
    sick: Option<StorageError>,
}

/// Ends a tenant even if its committer panics, so that nobody waits for an answer that will not come.
struct Ending(Arc<Tenant>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
        self.0.queue.abandon();
    }
}

impl Committer {
    fn run(mut self) -> Result<(), StorageError> {
        let ending = Ending(Arc::clone(&self.tenant));
        loop {
            match self.tenant.queue.next(self.options.close_after_idle) {
                Next::Work(jobs) => self.group(jobs),
                Next::Nothing if self.tenant.used.swap(false, Ordering::Relaxed) => {}
                Next::Nothing if self.tenant.queue.close_if_empty() => break,
                Next::Nothing => {}
                Next::Closed => break,
            }
        }
        drop(ending);
        self.tenant.readers.close();
        self.fold("TRUNCATE")?;
        self.mark.flush()?;
        self.connection.close().map_err(|(_, error)| failed(error))
    }

    /// Commits what waited and answers everyone.
    fn group(&mut self, jobs: Vec<Job>) {
        let answers = match &self.sick {
            Some(sick) => Err(sick.clone()),
            None => self.transact(&jobs),
        };
        match answers {
            Ok(answers) => {
                for (job, answer) in jobs.into_iter().zip(answers) {
                    job.answer(answer);
                }
            }
            Err(error) => {
                self.roll_back(&error);
                for job in jobs {
                    job.answer(Err(error.clone().into()));
                }
            }
        }
        // ORDER: after the answers, so that nobody waits for it. If it fails, the log keeps what it has and the next
        // group tries again; a failure that lasts shows when the file is closed.
        if self.unfolded_bytes >= FOLD_BYTES && self.sick.is_none() {
            self.sick = self.fold("PASSIVE").err().filter(is_damage);
        }
    }

    /// One transaction, one flush. An error means that no batch of the group is acknowledged.
    // ORDER: COMMIT (which flushes), wipe the log, note the mark; only then may anyone be answered.
    fn transact(&mut self, jobs: &[Job]) -> Result<Vec<Result<Committed, CommitError>>, StorageError> {
        let mut group = Group::begin(&self.connection, &self.checker, self.lengths)?;
        let answers = jobs.iter().map(|job| group.add(&job.batch)).collect::<Result<Vec<_>, _>>()?;
        if !group.wrote {
            group.abandon()?;
            return Ok(answers);
        }
        self.unscrubbed |= group.wiped;
        self.lengths = group.commit()?;
        self.unfolded_bytes += jobs.iter().map(Job::log_bytes).sum::<u64>() + COMMIT_PAGES_BYTES;
        if self.unscrubbed {
            self.scrub()?;
        }
        if !self.options.danger_extra_sync_delay.is_zero() {
            std::thread::sleep(self.options.danger_extra_sync_delay);
        }
        self.mark.set(self.lengths)?;
        self.tenant.log_len.store(self.lengths.log, Ordering::Release);
        self.tenant.change_len.store(self.lengths.change, Ordering::Release);
        Ok(answers)
    }

    fn roll_back(&mut self, error: &StorageError) {
        let undone = if self.connection.is_autocommit() { Ok(()) } else { self.connection.execute_batch("ROLLBACK") };
        if is_damage(error) {
            self.sick = Some(error.clone());
        } else if let Err(error) = undone {
            self.sick = Some(failed(error));
        }
    }

    /// Makes the write-ahead log empty, so that it holds no old copy of a page with a destroyed key.
    fn scrub(&mut self) -> Result<(), StorageError> {
        let tenant = Arc::clone(&self.tenant);
        // Most of the work while others read; then, since a reader inside its transaction would keep the log from
        // being emptied, the rest alone.
        self.fold("PASSIVE")?;
        let _pause = tenant.readers.pause();
        self.fold("TRUNCATE")?;
        self.unscrubbed = false;
        Ok(())
    }

    /// Folds the write-ahead log into the file.
    fn fold(&mut self, how: &str) -> Result<(), StorageError> {
        let sql = format!("PRAGMA wal_checkpoint({how})");
        let busy: i64 = self.connection.query_row(&sql, (), |row| row.get(0)).map_err(failed)?;
        if busy != 0 && how == "TRUNCATE" {
            return Err(StorageError::io("another process reads the file, so its log cannot be emptied"));
        }
        self.unfolded_bytes = 0;
        Ok(())
    }
}

fn is_damage(error: &StorageError) -> bool {
    matches!(error, StorageError::Damaged { .. })
}
