use std::collections::BTreeMap;
use std::sync::Arc;

use model::TenantId;

use super::{Chance, Finding, House, Lasting, same};
use crate::{
    Batch, Check, CommitError, Committed, Engine, Expect, Order, Put, Row, Space, Span, index_of_key, key_of_index,
};

const STEPS: usize = 600;
const TASKS: u8 = 8;
const STEPS_PER_TASK: usize = 80;

/// What an engine should hold, in the plainest way to say it.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(Space, Vec<u8>), Row>,
    log: Vec<Vec<u8>>,
    changes: Vec<Vec<u8>>,
}

impl Model {
    fn row(&self, space: Space, key: &[u8]) -> Option<Row> {
        let appended = match space {
            Space::Log => &self.log,
            Space::Change => &self.changes,
            _ => return self.rows.get(&(space, key.to_vec())).cloned(),
        };
        let value = appended.get(usize::try_from(index_of_key(key)?).ok()?)?;
        Some(Row { version: 0, value: value.clone() })
    }

    fn all(&self, space: Space) -> Vec<(Vec<u8>, Row)> {
        let entries = match space {
            Space::Log => &self.log,
            Space::Change => &self.changes,
            _ => {
                let own = self.rows.iter().filter(|((at, _), _)| *at == space);
                return own.map(|((_, key), row)| (key.clone(), row.clone())).collect();
            }
        };
        let numbered = entries.iter().zip(0..);
        numbered.map(|(value, n)| (key_of_index(n), Row { version: 0, value: value.clone() })).collect()
    }

    fn span(&self, space: Space, span: &Span) -> Vec<(Vec<u8>, Row)> {
        let mut rows = self.all(space);
        rows.retain(|(key, _)| *key >= span.from && *key < span.to);
        if span.order == Order::Descending {
            rows.reverse();
        }
        rows.truncate(span.limit);
        rows
    }

    fn commit(&mut self, batch: Batch) -> Result<Committed, CommitError> {
        for (index, check) in batch.checks.iter().enumerate() {
            let found = self.row(check.space, &check.key).map(|row| row.version);
            let wanted = match check.expect {
                Expect::Absent => None,
                Expect::Version(version) => Some(version),
            };
            if found != wanted {
                return Err(CommitError::Conflict { check: index });
            }
        }
        let committed = Committed { log_from: self.log.len() as u64, change_from: self.changes.len() as u64 };
        for at in batch.deletes {
            self.rows.remove(&at);
        }
        for put in batch.puts {
            self.rows.insert((put.space, put.key), put.row);
        }
        self.log.extend(batch.log);
        self.changes.extend(batch.changes);
        Ok(committed)
    }
}

/// Random questions and commits, one after another, get the answers that a plain map would give; also after a
/// restart, if rows last that long.
pub async fn rows_match_a_model(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let mut chance = Chance::new(seed);
    let tenant = chance.tenant();
    let mut model = Model::default();
    let mut engine = house.open().await?;
    engine.create(tenant).await?;
    for step in 0..STEPS {
        if chance.once_in(150) && house.lasting() == Lasting::AcrossRestarts {
            engine.shut().await?;
            engine = house.open().await?;
        }
        let what = format!("seed {seed}, step {step}");
        one_step(&*engine, tenant, &mut model, &mut chance, None, &what).await?;
    }
    everything_is_as_in(&model, &*engine, tenant, &format!("seed {seed}, at the end")).await?;
    engine.shut().await?;
    if house.lasting() == Lasting::AcrossRestarts {
        let engine = house.open().await?;
        everything_is_as_in(&model, &*engine, tenant, &format!("seed {seed}, after a restart")).await?;
        engine.shut().await?;
    }
    Ok(())
}

/// The same by many tasks at once, each with keys of its own.
pub async fn concurrent_rows_match_their_models(house: &dyn House, seed: u64) -> Result<(), Finding> {
    let tenant = Chance::new(seed ^ 0xC0).tenant();
    let engine = house.open().await?;
    engine.create(tenant).await?;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                let mut chance = Chance::new(seed ^ (u64::from(task) << 32));
                let mut model = Model::default();
                for step in 0..STEPS_PER_TASK {
                    let what = format!("seed {seed}, task {task}, step {step}");
                    one_step(&*engine, tenant, &mut model, &mut chance, Some(task), &what).await?;
                }
                Ok::<(), Finding>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| Finding(format!("a task ended early: {error}")))??;
    }
    Ok(engine.shut().await?)
}

/// Asks or changes something. With an owner, only keys that start with its byte, and nothing appended.
async fn one_step(
    engine: &dyn Engine,
    tenant: TenantId,
    model: &mut Model,
    chance: &mut Chance,
    owner: Option<u8>,
    what: &str,
) -> Result<(), Finding> {
    let space = space(chance, owner);
    match chance.below(4) {
        0 => {
            let key = key(chance, space, owner);
            let got = engine.read(tenant, space, &key).await?;
            same(format!("{what}: read {space} {key:?}"), &got, &model.row(space, &key))
        }
        1 => {
            let span = span(chance, space, owner);
            let got = engine.scan(tenant, space, span.clone()).await?;
            same(format!("{what}: scan {space} {span:?}"), &got, &model.span(space, &span))
        }
        _ => {
            let batch = batch(chance, model, owner);
            let got = engine.commit(tenant, batch.clone()).await;
            let mut wanted = model.commit(batch);
            if let (Some(_), Ok(got), Ok(wanted)) = (owner, &got, &mut wanted) {
                *wanted = *got; // Others append too.
            }
            same(format!("{what}: commit"), &got, &wanted)?;
            if owner.is_none() {
                same(format!("{what}: log_len"), &engine.log_len(tenant).await?, &(model.log.len() as u64))?;
                same(format!("{what}: change_len"), &engine.change_len(tenant).await?, &(model.changes.len() as u64))?;
            }
            Ok(())
        }
    }
}

async fn everything_is_as_in(model: &Model, engine: &dyn Engine, tenant: TenantId, what: &str) -> Result<(), Finding> {
    for space in Space::ALL {
        let everything = Span::prefix(&[], usize::MAX);
        let got = engine.scan(tenant, space, everything).await?;
        same(format!("{what}: all of {space}"), &got, &model.all(space))?;
    }
    same(format!("{what}: log_len"), &engine.log_len(tenant).await?, &(model.log.len() as u64))?;
    same(format!("{what}: change_len"), &engine.change_len(tenant).await?, &(model.changes.len() as u64))
}

fn space(chance: &mut Chance, owner: Option<u8>) -> Space {
    loop {
        let space = chance.one_of(Space::Head, &Space::ALL);
        if owner.is_none() || !space.only_grows() {
            return space;
        }
    }
}

/// A key from so few that the same ones come again and again.
fn key(chance: &mut Chance, space: Space, owner: Option<u8>) -> Vec<u8> {
    if space.only_grows() && !chance.once_in(10) {
        return key_of_index(chance.below(400));
    }
    let mut key: Vec<u8> = owner.into_iter().collect();
    key.extend(match chance.below(12) {
        0 => vec![u8::MAX; 3],
        1 => chance.bytes(300, 256),
        _ => chance.bytes(3, 4),
    });
    key
}

fn span(chance: &mut Chance, space: Space, owner: Option<u8>) -> Span {
    let (from, to) = (key(chance, space, owner), key(chance, space, owner));
    let order = if chance.once_in(2) { Order::Ascending } else { Order::Descending };
    let limit = chance.one_of(1000, &[0, 1, 3, 17, 1000]);
    // Most of the time the right way round.
    if from > to && !chance.once_in(10) {
        return Span { from: to, to: from, order, limit };
    }
    Span { from, to, order, limit }
}

fn batch(chance: &mut Chance, model: &Model, owner: Option<u8>) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..chance.below(3) {
        let space = space(chance, owner);
        let key = key(chance, space, owner);
        // True most of the time, so that batches with several checks get through.
        let expect = match (model.row(space, &key), chance.once_in(6)) {
            (Some(row), false) => Expect::Version(row.version),
            (None, false) | (Some(_), true) => Expect::Absent,
            (None, true) => Expect::Version(chance.below(4)),
        };
        batch.checks.push(Check { space, key, expect });
    }
    for _ in 0..chance.below(5) {
        let space = space(chance, owner);
        if !space.only_grows() {
            let key = key(chance, space, owner);
            let most = chance.one_of(40, &[0, 40, 40, 900, 9_000]);
            let row = Row { version: chance.below(4), value: chance.bytes(most, 256) };
            batch.puts.push(Put { space, key, row });
        }
    }
    for _ in 0..chance.below(3) {
        let space = space(chance, owner);
        if !space.only_grows() {
            batch.deletes.push((space, key(chance, space, owner)));
        }
    }
    batch.log = (0..chance.below(3)).map(|_| chance.bytes(60, 256)).collect();
    batch.changes = (0..chance.below(2)).map(|_| chance.bytes(60, 256)).collect();
    batch
}
