//! Commits that wait together become durable together, however many there are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use storage::conformance::Chance;
use storage::{Batch, Engine, Sqlite, SqliteOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_wait_share_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let flush = Duration::from_millis(20);
    let options = SqliteOptions { danger_extra_sync_delay: flush, ..SqliteOptions::default() };
    let engine = Arc::new(Sqlite::open(dir.path(), options).unwrap());
    let tenant = Chance::new(1).tenant();
    engine.create(tenant).await.unwrap();
    let started = Instant::now();
    let tasks: Vec<_> = (0..400u16)
        .map(|n| {
            let engine = Arc::clone(&engine);
            let batch = Batch { log: vec![n.to_be_bytes().to_vec()], ..Batch::default() };
            tokio::spawn(async move { engine.commit(tenant, batch).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let took = started.elapsed();
    assert!(took < flush * 400 / 4, "400 commits took {took:?}; one flush each would take {:?}", flush * 400);
    assert!(took >= flush, "a flush takes {flush:?}, so {took:?} is too good to be true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_queue_holds_waits_and_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Arc::new(Sqlite::open(dir.path(), SqliteOptions::default()).unwrap());
    let tenant = Chance::new(2).tenant();
    engine.create(tenant).await.unwrap();
    // 96 MiB at once, where 64 MiB may wait.
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let engine = Arc::clone(&engine);
            let batch = Batch { log: vec![vec![7; 4 << 20]], ..Batch::default() };
            tokio::spawn(async move { engine.commit(tenant, batch).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(engine.log_len(tenant).await.unwrap(), 24);
    engine.shut().await.unwrap();
}
