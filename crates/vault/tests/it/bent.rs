//! An engine that does something of ours at a chosen moment, or something wrong.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use model::TenantId;
use storage::{Batch, CommitReply, Engine, Reply, Row, Space, Span};

/// When to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A batch with preconditions is staged and about to be committed.
    Commit,
    /// A record's row was read and a person's key is about to be.
    Key,
    /// A record's row was read and its past versions are about to be.
    Versions,
}

type Act = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Forwards everything to the engine inside.
pub struct Bent {
    inner: Arc<dyn Engine>,
    act: Mutex<Option<(Moment, Act)>>,
    deaf: bool,
}

impl Bent {
    pub fn new(inner: Arc<dyn Engine>) -> Self {
        Self { inner, act: Mutex::new(None), deaf: false }
    }

    /// Drops what should be appended to the log.
    pub fn deaf(inner: Arc<dyn Engine>) -> Self {
        Self { inner, act: Mutex::new(None), deaf: true }
    }

    /// Once, at the next such moment.
    pub fn at<F: Future<Output = ()> + Send + 'static>(
        &self,
        moment: Moment,
        act: impl FnOnce() -> F + Send + 'static,
    ) {
        *self.act.lock().unwrap() = Some((moment, Box::new(move || Box::pin(act()))));
    }

    pub fn has_acted(&self) -> bool {
        self.act.lock().unwrap().is_none()
    }

    async fn now_is(&self, moment: Moment) {
        let due = {
            let mut act = self.act.lock().unwrap();
            let is_due = act.as_ref().is_some_and(|(when, _)| *when == moment);
            if is_due { act.take() } else { None }
        };
        if let Some((_, act)) = due {
            act().await;
        }
    }
}

impl Engine for Bent {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        self.inner.create(tenant)
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        self.inner.tenants()
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        Box::pin(async move {
            match space {
                Space::Key => self.now_is(Moment::Key).await,
                Space::Version => self.now_is(Moment::Versions).await,
                _ => {}
            }
            self.inner.read(tenant, space, key).await
        })
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        Box::pin(async move {
            if space == Space::Version {
                self.now_is(Moment::Versions).await;
            }
            self.inner.scan(tenant, space, span).await
        })
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.log_len(tenant)
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.change_len(tenant)
    }

    fn commit(&self, tenant: TenantId, mut batch: Batch) -> CommitReply<'_> {
        Box::pin(async move {
            if !batch.checks.is_empty() {
                self.now_is(Moment::Commit).await;
            }
            if self.deaf {
                batch.log.clear();
            }
            self.inner.commit(tenant, batch).await
        })
    }

    fn shut(&self) -> Reply<'_, ()> {
        self.inner.shut()
    }
}
