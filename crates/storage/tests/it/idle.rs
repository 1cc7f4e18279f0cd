//! Tenants of whom nothing is asked cost little and come back by themselves.

use std::sync::Arc;
use std::time::Duration;

use storage::conformance::Chance;
use storage::{Batch, Engine, Sqlite, SqliteOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_closed_for_idleness_opens_again_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let close_after_idle = Duration::from_millis(3);
    let options = SqliteOptions { close_after_idle, ..SqliteOptions::default() };
    let engine = Arc::new(Sqlite::open(dir.path(), options).unwrap());
    let mut chance = Chance::new(1);
    let tenants: Vec<_> = (0..40).map(|_| chance.tenant()).collect();
    for tenant in &tenants {
        engine.create(*tenant).await.unwrap();
    }
    for round in 0..10 {
        let tasks: Vec<_> = tenants
            .iter()
            .map(|tenant| {
                let (engine, tenant) = (Arc::clone(&engine), *tenant);
                // Some pauses are just as long as the patience, so that a commit meets the closing.
                let pause = Duration::from_micros(chance.below(9_000));
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    engine.commit(tenant, Batch { log: vec![vec![1]], ..Batch::default() }).await.unwrap()
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().log_from, round);
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let logs = || std::fs::read_dir(dir.path().join("tenants")).unwrap().map(|entry| entry.unwrap().path());
    let open = logs().filter(|path| path.extension().is_some_and(|extension| extension == "sqlite-wal")).count();
    assert_eq!(open, 0, "files of idle tenants are closed");
    for tenant in &tenants {
        assert_eq!(engine.log_len(*tenant).await.unwrap(), 10);
    }
    engine.shut().await.unwrap();
}

#[tokio::test]
async fn a_directory_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    assert!(Sqlite::open(dir.path(), SqliteOptions::default()).is_err());
    engine.shut().await.unwrap();
    assert!(Sqlite::open(dir.path(), SqliteOptions::default()).is_ok());
}
