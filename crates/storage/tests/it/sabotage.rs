//! The conformance suite finds fault with engines that cheat, each in one way.

use std::sync::Arc;

use model::TenantId;
use storage::conformance::{self, House, Lasting};
use storage::{
    Batch, CommitError, CommitReply, Committed, Engine, Memory, Order, Reply, Row, Space, Span, StorageError,
};

/// What a cheating engine does wrong.
#[derive(Clone, Copy, Debug)]
enum Cheat {
    IgnoresChecks,
    LosesTheLastPut,
    ForgetsDeletions,
    SkipsAnIndex,
    MixesTenants,
    ScansOneWayOnly,
    IncludesTheEnd,
    WritesBeforeItChecks,
    AnswersWhenShut,
    TakesAnySize,
    InventsTenants,
}

struct Cheating {
    cheat: Cheat,
    inner: Memory,
    shut: std::sync::atomic::AtomicBool,
}

impl Cheating {
    fn tenant(&self, tenant: TenantId) -> TenantId {
        if matches!(self.cheat, Cheat::MixesTenants) { TenantId::from_bytes([1; 16]) } else { tenant }
    }
}

impl Engine for Cheating {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        self.inner.create(self.tenant(tenant))
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        self.inner.tenants()
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        Box::pin(async move {
            match self.inner.read(self.tenant(tenant), space, key).await {
                Err(StorageError::UnknownTenant) if matches!(self.cheat, Cheat::InventsTenants) => Ok(None),
                answer => answer,
            }
        })
    }

    fn scan(&self, tenant: TenantId, space: Space, mut span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        match self.cheat {
            Cheat::ScansOneWayOnly => span.order = Order::Ascending,
            Cheat::IncludesTheEnd => span.to.push(0),
            _ => {}
        }
        self.inner.scan(self.tenant(tenant), space, span)
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.log_len(self.tenant(tenant))
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.change_len(self.tenant(tenant))
    }

    fn commit(&self, tenant: TenantId, mut batch: Batch) -> CommitReply<'_> {
        Box::pin(async move {
            let tenant = self.tenant(tenant);
            match self.cheat {
                Cheat::IgnoresChecks => batch.checks.clear(),
                Cheat::LosesTheLastPut => drop(batch.puts.pop()),
                Cheat::ForgetsDeletions => batch.deletes.clear(),
                Cheat::WritesBeforeItChecks => {
                    let puts = Batch { puts: batch.puts.clone(), ..Batch::default() };
                    self.inner.commit(tenant, puts).await?;
                }
                Cheat::TakesAnySize => batch.puts.iter_mut().for_each(|put| put.key.truncate(512)),
                Cheat::AnswersWhenShut if self.shut.load(std::sync::atomic::Ordering::Relaxed) => {
                    return Ok(Committed { log_from: 0, change_from: 0 });
                }
                _ => {}
            }
            let skips = matches!(self.cheat, Cheat::SkipsAnIndex) && !batch.log.is_empty();
            let committed = self.inner.commit(tenant, batch).await?;
            let log_from = committed.log_from + u64::from(skips);
            Ok::<_, CommitError>(Committed { log_from, ..committed })
        })
    }

    fn shut(&self) -> Reply<'_, ()> {
        self.shut.store(true, std::sync::atomic::Ordering::Relaxed);
        self.inner.shut()
    }
}

struct HouseOf(Cheat);

impl House for HouseOf {
    fn lasting(&self) -> Lasting {
        Lasting::UntilShut
    }

    fn open(&self) -> Reply<'_, Arc<dyn Engine>> {
        let engine = Cheating { cheat: self.0, inner: Memory::new(), shut: false.into() };
        Box::pin(async { Ok(Arc::new(engine) as Arc<dyn Engine>) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_cheats_is_found_out() {
    for cheat in [
        Cheat::IgnoresChecks,
        Cheat::LosesTheLastPut,
        Cheat::ForgetsDeletions,
        Cheat::SkipsAnIndex,
        Cheat::MixesTenants,
        Cheat::ScansOneWayOnly,
        Cheat::IncludesTheEnd,
        Cheat::WritesBeforeItChecks,
        Cheat::AnswersWhenShut,
        Cheat::TakesAnySize,
        Cheat::InventsTenants,
    ] {
        assert!(conformance::run(&HouseOf(cheat), 1).await.is_err(), "{cheat:?} was not found out");
    }
}
