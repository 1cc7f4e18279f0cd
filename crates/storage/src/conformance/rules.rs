use std::sync::Arc;

use model::TenantId;

use super::{Chance, Finding, House, same};
use crate::{Batch, Check, CommitError, Engine, Expect, Put, Row, Space, Span, StorageError, limits};

fn put(space: Space, key: &[u8], value: &[u8]) -> Put {
    Put { space, key: key.to_vec(), row: Row { version: 1, value: value.to_vec() } }
}

/// The same key in two tenants is two rows; a tenant that was not created is unknown to every method.
pub async fn tenants_are_apart(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let mut chance = Chance::new(seed ^ 0x20);
    let (one, other, nobody) = (chance.tenant(), chance.tenant(), chance.tenant());
    let engine = house.open().await?;
    for tenant in [one, other, one] {
        engine.create(tenant).await?;
    }
    for space in Space::ALL.into_iter().filter(|space| !space.only_grows()) {
        let batch = Batch {
            puts: vec![put(space, b"key", b"of one")],
            log: vec![b"entry".to_vec()],
            changes: vec![b"change".to_vec()],
            ..Batch::default()
        };
        engine.commit(one, batch).await?;
        same(format!("{space} of the other"), &engine.read(other, space, b"key").await?, &None)?;
        let seen = engine.scan(other, space, Span::prefix(&[], usize::MAX)).await?;
        same(format!("all {space} of the other"), &seen.len(), &0)?;
    }
    engine.create(one).await?;
    same("a row after creating again", &engine.read(one, Space::Head, b"key").await?.is_some(), &true)?;
    same("log of the other", &engine.log_len(other).await?, &0)?;
    same("changes of the other", &engine.change_len(other).await?, &0)?;
    let tenants = engine.tenants().await?;
    same("the list of tenants", &[one, other, nobody].map(|tenant| tenants.contains(&tenant)), &[true, true, false])?;
    same("the order of tenants", &tenants.is_sorted(), &true)?;
    answers_only(&*engine, nobody, &StorageError::UnknownTenant).await?;
    Ok(engine.shut().await?)
}

/// Of many batches that wait together, those whose preconditions fail write nothing, and the others write all.
pub async fn a_conflict_fails_only_its_own_batch(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0x21).tenant();
    let engine = house.open().await?;
    engine.create(tenant).await?;
    let taken = Batch { puts: vec![put(Space::Unique, b"taken", b"")], ..Batch::default() };
    engine.commit(tenant, taken).await?;
    let tasks: Vec<_> = (0..60u8)
        .map(|n| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let fresh = Check { space: Space::Unique, key: vec![n], expect: Expect::Absent };
                let taken = Check { space: Space::Unique, key: b"taken".to_vec(), expect: Expect::Absent };
                let checks = if n % 3 == 0 { vec![fresh, taken] } else { vec![fresh] };
                let batch = Batch {
                    checks,
                    puts: vec![put(Space::Unique, &[n], b""), put(Space::Head, &[n], b"body")],
                    log: vec![vec![n]],
                    ..Batch::default()
                };
                engine.commit(tenant, batch).await
            })
        })
        .collect();
    for (n, task) in (0..60u8).zip(tasks) {
        let got = task.await.map_err(|error| Finding(format!("a task ended early: {error}")))?;
        if n % 3 == 0 {
            same(format!("batch {n}"), &got, &Err(CommitError::Conflict { check: 1 }))?;
        } else {
            got?;
        }
        for space in [Space::Unique, Space::Head] {
            let there = engine.read(tenant, space, &[n]).await?.is_some();
            same(format!("{space} of batch {n}"), &there, &(n % 3 != 0))?;
        }
    }
    same("entries", &engine.log_len(tenant).await?, &40)?;
    Ok(engine.shut().await?)
}

/// Sizes up to the limits are taken, sizes above are refused, and a refused batch changes nothing.
pub async fn limits_are_refused(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0x22).tenant();
    let engine = house.open().await?;
    engine.create(tenant).await?;
    let (key, value) = (vec![7; limits::KEY_BYTES_MAX], vec![9; limits::VALUE_BYTES_MAX]);
    let largest = put(Space::Head, &key, &value);
    engine.commit(tenant, Batch { puts: vec![largest.clone()], ..Batch::default() }).await?;
    let found = engine.read(tenant, Space::Head, &key).await?;
    same("the largest row", &(found == Some(largest.row.clone())), &true)?;

    let small = put(Space::Head, b"small", b"");
    let mut new_version = small.clone();
    new_version.row.version = limits::VERSION_MAX + 1;
    let too_large = [
        Batch { puts: vec![small.clone(), put(Space::Head, &[7; limits::KEY_BYTES_MAX + 1], b"")], ..Batch::default() },
        Batch {
            puts: vec![small.clone(), put(Space::Head, b"k", &vec![9; limits::VALUE_BYTES_MAX + 1])],
            ..Batch::default()
        },
        Batch { puts: vec![small.clone()], log: vec![vec![0; limits::VALUE_BYTES_MAX + 1]], ..Batch::default() },
        Batch { puts: vec![small.clone(); limits::BATCH_ITEMS_MAX + 1], ..Batch::default() },
        Batch { puts: vec![new_version], ..Batch::default() },
        Batch {
            puts: vec![small.clone()],
            changes: vec![value; limits::BATCH_BYTES_MAX / limits::VALUE_BYTES_MAX + 1],
            ..Batch::default()
        },
    ];
    for (n, batch) in too_large.into_iter().enumerate() {
        let got = engine.commit(tenant, batch).await;
        let refused = matches!(got, Err(CommitError::Storage(StorageError::TooLarge { .. })));
        same(format!("a batch that is too large, number {n}, is refused"), &refused, &true)?;
    }
    for space in Space::ALL.into_iter().filter(|space| space.only_grows()) {
        let wanted = Err(CommitError::Storage(StorageError::OnlyGrows { space }));
        let puts = Batch { puts: vec![small.clone(), put(space, &[0; 8], b"")], ..Batch::default() };
        same(format!("a put into {space}"), &engine.commit(tenant, puts).await, &wanted)?;
        let deletes = Batch { puts: vec![small.clone()], deletes: vec![(space, vec![0; 8])], ..Batch::default() };
        same(format!("a deletion from {space}"), &engine.commit(tenant, deletes).await, &wanted)?;
    }
    same("the small row of refused batches", &engine.read(tenant, Space::Head, b"small").await?, &None)?;
    Ok(engine.shut().await?)
}

/// After `shut` every method says so.
pub async fn a_shut_engine_answers_nothing(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0x23).tenant();
    let engine = house.open().await?;
    engine.create(tenant).await?;
    engine.commit(tenant, Batch { log: vec![vec![1]], ..Batch::default() }).await?;
    engine.shut().await?;
    same("create", &engine.create(tenant).await, &Err(StorageError::Closed))?;
    same("tenants", &engine.tenants().await, &Err(StorageError::Closed))?;
    answers_only(&*engine, tenant, &StorageError::Closed).await
}

async fn answers_only(engine: &dyn Engine, tenant: TenantId, wanted: &StorageError) -> Result<(), Finding> {
    same("read", &engine.read(tenant, Space::Head, b"key").await, &Err(wanted.clone()))?;
    let scanned = engine.scan(tenant, Space::Head, Span::prefix(&[], 100)).await;
    same("scan", &scanned, &Err(wanted.clone()))?;
    same("log_len", &engine.log_len(tenant).await, &Err(wanted.clone()))?;
    same("change_len", &engine.change_len(tenant).await, &Err(wanted.clone()))?;
    let committed = engine.commit(tenant, Batch::default()).await;
    same("commit", &committed, &Err(CommitError::Storage(wanted.clone())))
}
