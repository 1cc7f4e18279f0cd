use std::sync::Arc;

use super::{Chance, Finding, House, Lasting, same};
use crate::{Batch, Check, CommitError, Expect, Put, Row, Space, Span, index_of_key};

const TASKS: u64 = 16;
const COMMITS_PER_TASK: u64 = 25;

/// Entries appended by many tasks at once have the indexes 0, 1, 2, …; each stands where its commit said, and the
/// entries of a batch stand together.
pub async fn logs_are_dense_under_concurrency(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0x10).tenant();
    let mut engine = house.open().await?;
    engine.create(tenant).await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let mut chance = Chance::new(seed ^ (task << 40));
                let mut acknowledged = Vec::new();
                for commit in 0..COMMITS_PER_TASK {
                    let entries = |count: u64| (0..count).map(|n| format!("{task}/{commit}/{n}").into_bytes());
                    let batch = Batch {
                        log: entries(chance.below(4)).collect(),
                        changes: entries(chance.below(3)).collect(),
                        ..Batch::default()
                    };
                    let committed = engine.commit(tenant, batch.clone()).await?;
                    let durable = engine.log_len(tenant).await?;
                    if durable < committed.log_from + batch.log.len() as u64 {
                        return Err(Finding("an acknowledged entry is beyond the durable length".to_owned()));
                    }
                    acknowledged.push((committed, batch));
                }
                Ok::<_, Finding>(acknowledged)
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.map_err(|error| Finding(format!("a task ended early: {error}")))??);
    }
    if house.lasting() == Lasting::AcrossRestarts {
        engine.shut().await?;
        engine = house.open().await?;
    }
    for space in [Space::Log, Space::Change] {
        let len = if space == Space::Log { engine.log_len(tenant).await? } else { engine.change_len(tenant).await? };
        let rows = engine.scan(tenant, space, Span::indexes(0, u64::MAX)).await?;
        let indexes: Vec<_> = rows.iter().filter_map(|(key, _)| index_of_key(key)).collect();
        same(format!("indexes of {space}"), &indexes, &(0..len).collect())?;
        let mut expected = vec![Vec::new(); rows.len()];
        for (committed, batch) in &acknowledged {
            let (from, entries) = match space {
                Space::Log => (committed.log_from, &batch.log),
                _ => (committed.change_from, &batch.changes),
            };
            let places = expected.iter_mut().skip(usize::try_from(from).unwrap_or(usize::MAX));
            places.zip(entries).for_each(|(place, entry)| place.clone_from(entry));
        }
        let got: Vec<_> = rows.into_iter().map(|(_, row)| row.value).collect();
        same(format!("entries of {space}"), &got, &expected)?;
    }
    Ok(engine.shut().await?)
}

/// Tasks that count up one row, each expecting the version it read, lose no count.
pub async fn counters_lose_no_update(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0x11).tenant();
    let engine = house.open().await?;
    engine.create(tenant).await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let mut done = 0;
                while done < 5 {
                    let found = engine.read(tenant, Space::Head, b"counter").await?;
                    match engine.commit(tenant, count_up(found)).await {
                        Ok(_) => done += 1,
                        Err(CommitError::Conflict { check: 0 }) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok::<(), Finding>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| Finding(format!("a task ended early: {error}")))??;
    }
    let counted = engine.read(tenant, Space::Head, b"counter").await?.map(|row| row.version);
    same("counts", &counted, &Some(TASKS * 5))?;
    same("entries of counts", &engine.log_len(tenant).await?, &(TASKS * 5))?;
    Ok(engine.shut().await?)
}

fn count_up(found: Option<Row>) -> Batch {
    let key = b"counter".to_vec();
    let expect = found.as_ref().map_or(Expect::Absent, |row| Expect::Version(row.version));
    let row = Row { version: found.map_or(1, |row| row.version + 1), value: Vec::new() };
    Batch {
        checks: vec![Check { space: Space::Head, key: key.clone(), expect }],
        puts: vec![Put { space: Space::Head, key, row }],
        log: vec![b"counted".to_vec()],
        ..Batch::default()
    }
}
