use std::sync::{Mutex, PoisonError};

use model::TenantId;
use storage::{Batch, CommitReply, Engine, Memory, Reply, Row, Space, Span};

/// An engine in memory that keeps every batch it took, so that the same rows can be written again by other means.
#[derive(Default)]
pub(super) struct Recorder {
    inner: Memory,
    taken: Mutex<Vec<Batch>>,
}

impl Recorder {
    /// Everything committed since this was last called.
    pub fn take(&self) -> Vec<Batch> {
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Engine for Recorder {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        self.inner.create(tenant)
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        self.inner.tenants()
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        self.inner.read(tenant, space, key)
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        self.inner.scan(tenant, space, span)
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.log_len(tenant)
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.change_len(tenant)
    }

    fn commit(&self, tenant: TenantId, batch: Batch) -> CommitReply<'_> {
        Box::pin(async move {
            let committed = self.inner.commit(tenant, batch.clone()).await?;
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
            Ok(committed)
        })
    }

    fn shut(&self) -> Reply<'_, ()> {
        self.inner.shut()
    }
}
