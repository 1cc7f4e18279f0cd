//! Engines that keep opaque rows: durable, atomic, a world of its own per tenant.
//!
//! An engine knows nothing of records, seals or evidence. It keeps bytes under `tenant / space / key`, and
//! changes them only in a [`Batch`]: preconditions, upserts, deletions and appends that happen together or
//! not at all. Read [`Engine`] first, it is the whole crate; [`engines`] lists who implements it.
//!
//! # What every engine promises
//!
//! - **Durable before acknowledged.** When [`Engine::commit`] resolves with `Ok`, the batch survives the death
//!   of the process and, as far as the disk honours a flush, of the machine. Many waiting batches share one flush.
//! - **All or nothing.** After any crash a batch is there whole or not at all. A batch whose commit had not
//!   resolved may be either.
//! - **Own conflicts only.** A failed [`Check`] fails its own batch, never a neighbour in the same group.
//! - **Dense logs.** The entries of [`Space::Log`] and [`Space::Change`] have the indexes 0, 1, 2, … without a gap,
//!   in the order in which batches were committed; the entries of one batch stand together. Whoever commits assigns
//!   the index, so no batch has to touch a counter that others wait for.
//! - **Serial.** Commits of one tenant happen one after another, and a read that starts after a commit resolved
//!   sees it. Two reads are two moments; one scan is one moment.
//! - **Damage is an answer.** A row that is not as it was written is [`StorageError::Damaged`], never data. So is a
//!   file that lost acknowledged commits.
//! - **Bounded.** See [`limits`]. Waiting commits are bounded too: a full queue makes `commit` wait.
//!
//! Dropping the future of a commit does not take the commit back.
//!
//! # Writing another engine
//!
//! Nothing here assumes a file or one process. A database server fits like this: a table per space with the tenant
//! first in its key; one committer per tenant (a lease with a fencing number, checked inside every transaction) that
//! drains its queue into one transaction, so that indexes of appended entries are known to it alone and no counter
//! row is updated, no lock is waited for and nobody is notified inside a commit; reads from the primary only, since
//! "sees it" is promised above. Give it to the `conformance` module (feature of that name) from
//! the first day.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod engines;
mod error;
pub mod limits;
mod row;

use std::future::Future;
use std::pin::Pin;

use model::TenantId;

pub use engines::{Examined, Memory, Sqlite, SqliteOptions};
pub use error::{CommitError, StorageError};
pub use row::{Batch, Check, Committed, Expect, Order, Put, Row, Space, Span, index_of_key, key_of_index};

/// What an engine's method returns: a boxed future, so that `dyn Engine` works.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;

/// What [`Engine::commit`] returns.
pub type CommitReply<'a> = Pin<Box<dyn Future<Output = Result<Committed, CommitError>> + Send + 'a>>;

/// A store of opaque rows. The tenant is the first argument of everything that touches one.
pub trait Engine: Send + Sync + 'static {
    /// Makes room for a tenant. Doing it again changes nothing.
    fn create(&self, tenant: TenantId) -> Reply<'_, ()>;

    /// Every tenant that was created, ascending.
    fn tenants(&self) -> Reply<'_, Vec<TenantId>>;

    /// The row under a key, or `None`.
    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>>;

    /// The rows of a span with their keys, in the order asked for, as of one moment.
    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>>;

    /// How many entries [`Space::Log`] durably holds.
    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64>;

    /// How many entries [`Space::Change`] durably holds.
    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64>;

    /// Checks the preconditions, then writes everything at once. Resolves when it is durable.
    fn commit(&self, tenant: TenantId, batch: Batch) -> CommitReply<'_>;

    /// Lets waiting commits finish, folds logs into files and closes. Afterwards everything is
    /// [`StorageError::Closed`].
    fn shut(&self) -> Reply<'_, ()>;
}
