//! What every engine must do, as a suite that any engine, or a sabotaged one, can be given to.
//!
//! Each check takes a [`House`] and a seed, works in tenants of its own and says what differed. The same seed asks
//! the same questions. [`run`] asks them all.

mod chance;
mod logs;
mod model_based;
mod rules;

use std::fmt;
use std::sync::Arc;

use crate::{CommitError, Engine, Reply, StorageError};
pub use chance::Chance;
pub use logs::{counters_lose_no_update, logs_are_dense_under_concurrency};
pub use model_based::{concurrent_rows_match_their_models, rows_match_a_model};
pub use rules::{
    a_conflict_fails_only_its_own_batch, a_shut_engine_answers_nothing, limits_are_refused, tenants_are_apart,
};

/// How long rows stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// Until the engine is shut.
    UntilShut,
    /// Until they are deleted: an engine opened later at the same place has them.
    AcrossRestarts,
}

/// Opens the engine under test.
pub trait House: Send + Sync {
    /// How long rows stay.
    fn lasting(&self) -> Lasting;

    /// Opens the engine, always at the same place. The one opened before was shut.
    fn open(&self) -> Reply<'_, Arc<dyn Engine>>;
}

/// What an engine did that it must not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding(pub String);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Finding {}

impl From<StorageError> for Finding {
    fn from(error: StorageError) -> Self {
        Self(format!("an operation failed that should not: {error}"))
    }
}

impl From<CommitError> for Finding {
    fn from(error: CommitError) -> Self {
        Self(format!("a commit failed that should not: {error}"))
    }
}

/// The whole suite.
pub async fn run(house: &dyn House, seed: u64) -> Result<(), Finding> {
    rows_match_a_model(house, seed).await?;
    concurrent_rows_match_their_models(house, seed).await?;
    logs_are_dense_under_concurrency(house, seed).await?;
    counters_lose_no_update(house, seed).await?;
    tenants_are_apart(house, seed).await?;
    a_conflict_fails_only_its_own_batch(house, seed).await?;
    limits_are_refused(house, seed).await?;
    a_shut_engine_answers_nothing(house, seed).await
}

/// Finds fault unless `got` is `wanted`.
fn same<T: PartialEq + fmt::Debug>(what: impl fmt::Display, got: &T, wanted: &T) -> Result<(), Finding> {
    if got == wanted {
        return Ok(());
    }
    Err(Finding(format!("{what}: got {got:?}, expected {wanted:?}")))
}
