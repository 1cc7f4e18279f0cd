mod check;
mod committer;
mod examine;
mod mark;
mod queue;
mod readers;
mod rows;
mod schema;
mod writer;

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use model::TenantId;

use crate::{Batch, CommitError, CommitReply, Engine, Reply, Row, Space, Span, StorageError, limits};
use committer::{Place, Tenant};
pub use examine::Examined;
use mark::{Lengths, Mark};
use rows::Rows;

/// How [`Sqlite`] treats its files. The defaults are for production.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Read connections per open tenant for single rows.
    pub row_readers: usize,
    /// Read connections per open tenant for scans.
    pub span_readers: usize,
    /// A tenant of whom nothing is asked for this long is closed until it is needed; 30 s.
    pub close_after_idle: Duration,
    /// How long a group of commits is let gather while many come; a house with little to do never waits.
    pub gather: Duration,
    /// Files up to this size have their whole structure checked when they are opened (32 MiB: about 0.1 s). Larger
    /// ones are checked by [`Sqlite::examine`]; every row is checked whenever it is read, at any size.
    pub examine_on_open_bytes_max: u64,
    /// For benchmarks only: sleep this long after each flush, where the machine's flushes are not honest.
    pub danger_extra_sync_delay: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            row_readers: 4,
            span_readers: 2,
            close_after_idle: Duration::from_secs(30),
            gather: Duration::from_micros(400),
            examine_on_open_bytes_max: 32 << 20,
            danger_extra_sync_delay: Duration::ZERO,
        }
    }
}

/// Keeps rows in SQLite: one file per tenant, `DIR/tenants/<uuid>.sqlite`, with its mark (see `mark`) beside it.
///
/// Each open tenant has one thread that takes every commit that waits into one transaction and one flush
/// (`journal_mode=WAL`, `synchronous=FULL`); while it flushes, the next group gathers, so groups grow with the load.
/// Only where many come at once does it wait a fraction of a millisecond for more. Single rows are read where the task runs, scans on threads that may block.
///
/// Use it inside a tokio runtime. One process at a time: the directory is locked while it is open.
///
/// # What is noticed
///
/// | what happened to the file | noticed |
/// |---|---|
/// | a byte of a row or a key changed | whenever the row is read, or looked for and not found |
/// | the structure of a page changed | by SQLite on the way, by the look at opening, by [`Sqlite::examine`] |
/// | truncated, empty, foreign, another tenant's | when it is opened |
/// | write-ahead log truncated, changed or gone; an old copy put in place; the file gone | when it is opened: the mark beside it knows what was acknowledged |
///
/// After damage to the structure is found while committing, nothing more is written until the tenant is opened again.
///
/// # What it does not do
///
/// A flush is as honest as the disk. Bytes that were deleted are overwritten in the file, not on the device, which may
/// keep old blocks: encrypt the disk. Rows of other spaces than `Key` may leave traces in the write-ahead log until it
/// is folded: they are sealed, and their end is the end of their key.
// HOLE: in a file too large for the look at opening, damage to the frame of a page that SQLite does not notice by
// itself (a smaller number of cells, a pointer to a wrong page of the same tree) can make a row look absent until
// `examine` runs. The claim on stored integrity has to rest on `examine`, not on reads alone.
pub struct Sqlite {
    tenants_dir: PathBuf,
    options: SqliteOptions,
    open: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    /// Opening a tenant takes the gate of its last byte, so that it is opened once.
    gates: [tokio::sync::Mutex<()>; 16],
    shut: AtomicBool,
    /// Held from opening to shutting, against a second process.
    lock: File,
}

impl Sqlite {
    /// Opens the directory, making it if need be. Tenants are opened when they are first used.
    pub fn open(dir: &Path, options: SqliteOptions) -> Result<Self, StorageError> {
        let tenants_dir = dir.join("tenants");
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&tenants_dir).map_err(refused)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("storage.lock"));
        let lock = lock.map_err(refused)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StorageError::io("another process has this directory open"),
            TryLockError::Error(error) => refused(error),
        })?;
        Ok(Self {
            tenants_dir,
            options,
            open: RwLock::default(),
            gates: Default::default(),
            shut: AtomicBool::new(false),
            lock,
        })
    }

    /// Looks at the structure of a tenant's whole file and at every row in it. Reads everything: minutes for many GB.
    pub async fn examine(&self, tenant: TenantId) -> Result<Examined, StorageError> {
        let open = self.tenant(tenant).await?;
        blocking(move || open.readers.span(|connection| examine::examine(connection, &open.checker, |s| open.len(s))))
            .await
    }

    async fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>, StorageError> {
        if let Some(tenant) = self.opened(id)? {
            return Ok(tenant);
        }
        let _gate = self.gate(id).lock().await;
        if let Some(tenant) = self.opened(id)? {
            return Ok(tenant);
        }
        let (place, options) = (self.place(id), self.options.clone());
        let before = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let tenant = blocking(move || {
            // ORDER: the last committer of this file has to be gone before the next one looks at it.
            // How that went does not matter here: what is wrong with the file, if anything, shows now.
            drop(before.map(|before| before.wait_closed()));
            if place.exists(id)? { Tenant::open(&place, id, &options) } else { Err(StorageError::UnknownTenant) }
        })
        .await?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if self.shut.load(Ordering::Acquire) {
            tenant.close();
            return Err(StorageError::Closed);
        }
        open.insert(id, Arc::clone(&tenant));
        Ok(tenant)
    }

    fn opened(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StorageError> {
        if self.shut.load(Ordering::Acquire) {
            return Err(StorageError::Closed);
        }
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        Ok(open.get(&id).filter(|tenant| tenant.touch()).cloned())
    }

    fn gate(&self, id: TenantId) -> &tokio::sync::Mutex<()> {
        let [.., last] = *id.as_bytes();
        let [first, ..] = &self.gates;
        self.gates.get(usize::from(last % 16)).unwrap_or(first)
    }

    fn place(&self, id: TenantId) -> Place {
        Place { rows: self.tenants_dir.join(format!("{id}.sqlite")), mark: self.tenants_dir.join(format!("{id}.mark")) }
    }

    /// Refuses what comes, and returns those who are to be waited for.
    fn close(&self) -> Vec<Arc<Tenant>> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        self.shut.store(true, Ordering::Release);
        let tenants: Vec<_> = open.drain().map(|(_, tenant)| tenant).collect();
        for tenant in &tenants {
            tenant.close();
        }
        tenants
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        for tenant in self.close() {
            // Who wants to know calls `shut`. What was acknowledged is durable either way.
            drop(tenant.wait_closed());
        }
    }
}

impl Place {
    /// Whether the tenant was created. A file that was there and is not any more is damage.
    fn exists(&self, id: TenantId) -> Result<bool, StorageError> {
        if self.rows.try_exists().map_err(refused)? {
            return Ok(true);
        }
        match Mark::read(&self.mark, id)? {
            Some(lengths) if lengths != Lengths::default() => Err(StorageError::damaged("the tenant's file is gone")),
            _ => Ok(false),
        }
    }

    /// Makes the tenant's file, in full or not at all.
    // ORDER: the whole file under another name, then the mark, then the name.
    fn make(&self, id: TenantId) -> Result<(), StorageError> {
        let draft = self.rows.with_extension("draft");
        for rest in [draft.clone(), draft.with_extension("draft-wal"), draft.with_extension("draft-shm")] {
            match std::fs::remove_file(rest) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refused(error)),
                _ => {}
            }
        }
        schema::make(&draft, id)?;
        File::open(&draft).and_then(|file| file.sync_all()).map_err(refused)?;
        drop(Mark::open(&self.mark, id, Lengths::default())?);
        std::fs::rename(&draft, &self.rows).map_err(refused)?;
        match self.rows.parent() {
            Some(dir) => File::open(dir).and_then(|dir| dir.sync_all()).map_err(refused),
            None => Ok(()),
        }
    }
}

impl Engine for Sqlite {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        Box::pin(async move {
            let _gate = self.gate(tenant).lock().await;
            if self.opened(tenant)?.is_some() {
                return Ok(());
            }
            let place = self.place(tenant);
            blocking(move || if place.exists(tenant)? { Ok(()) } else { place.make(tenant) }).await
        })
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        Box::pin(async move {
            if self.shut.load(Ordering::Acquire) {
                return Err(StorageError::Closed);
            }
            let dir = self.tenants_dir.clone();
            blocking(move || {
                let mut tenants = Vec::new();
                for entry in std::fs::read_dir(dir).map_err(refused)? {
                    let name = entry.map_err(refused)?.file_name();
                    let id = name.to_str().and_then(|name| name.strip_suffix(".sqlite"));
                    tenants.extend(id.and_then(|id| id.parse::<TenantId>().ok()));
                }
                tenants.sort_unstable();
                Ok(tenants)
            })
            .await
        })
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        Box::pin(async move {
            limits::check_key(key)?;
            let open = self.tenant(tenant).await?;
            open.readers.row(|connection| Rows { connection, checker: &open.checker }.row(space, key, open.len(space)))
        })
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        /// Up to here a scan costs about as much as handing it to another thread.
        const ROWS_INLINE_MAX: usize = 16;
        Box::pin(async move {
            let open = self.tenant(tenant).await?;
            let len = open.len(space);
            if span.limit <= ROWS_INLINE_MAX {
                return open
                    .readers
                    .row(|connection| Rows { connection, checker: &open.checker }.span(space, &span, len));
            }
            blocking(move || {
                open.readers.span(|connection| Rows { connection, checker: &open.checker }.span(space, &span, len))
            })
            .await
        })
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        Box::pin(async move { Ok(self.tenant(tenant).await?.len(Space::Log)) })
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        Box::pin(async move { Ok(self.tenant(tenant).await?.len(Space::Change)) })
    }

    fn commit(&self, tenant: TenantId, mut batch: Batch) -> CommitReply<'_> {
        Box::pin(async move {
            let bytes = limits::check_batch(&batch)?;
            loop {
                match self.tenant(tenant).await?.submit(batch, bytes).await {
                    Ok(answer) => {
                        let lost = |_| CommitError::Storage(StorageError::io("the committer ended without an answer"));
                        return answer.await.map_err(lost)?;
                    }
                    // The tenant was closed for idleness at that moment: open it again.
                    Err(back) => batch = back,
                }
            }
        })
    }

    fn shut(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            // ORDER: no tenant is being opened or created from here on; then close; then let others have the directory.
            let mut gates = Vec::new();
            for gate in &self.gates {
                gates.push(gate.lock().await);
            }
            let tenants = self.close();
            let closed = blocking(move || {
                let closed: Vec<_> = tenants.iter().map(|tenant| tenant.wait_closed()).collect();
                closed.into_iter().collect()
            })
            .await;
            self.lock.unlock().map_err(refused)?;
            closed
        })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StorageError::io(format!("a storage thread ended early: {error}"))),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that it can be given to map_err")]
fn refused(error: std::io::Error) -> StorageError {
    StorageError::io(error.to_string())
}
