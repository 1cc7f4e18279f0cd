//! Every engine is given to the suite; the suite is given engines that cheat.

use std::sync::Arc;

use storage::conformance::{self, House, Lasting};
use storage::{Engine, Memory, Reply, Sqlite, SqliteOptions};

struct InMemory;

impl House for InMemory {
    fn lasting(&self) -> Lasting {
        Lasting::UntilShut
    }

    fn open(&self) -> Reply<'_, Arc<dyn Engine>> {
        Box::pin(async { Ok(Arc::new(Memory::new()) as Arc<dyn Engine>) })
    }
}

struct OnDisk(tempfile::TempDir);

impl House for OnDisk {
    fn lasting(&self) -> Lasting {
        Lasting::AcrossRestarts
    }

    fn open(&self) -> Reply<'_, Arc<dyn Engine>> {
        Box::pin(async { Ok(Arc::new(Sqlite::open(self.0.path(), SqliteOptions::default())?) as Arc<dyn Engine>) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_what_every_engine_must_do() {
    for seed in 1..=5 {
        conformance::run(&InMemory, seed).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_what_every_engine_must_do() {
    for seed in 1..=3 {
        let house = OnDisk(tempfile::tempdir().unwrap());
        conformance::run(&house, seed).await.unwrap();
    }
}
