use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::TenantId;

use crate::{
    Batch, Check, CommitError, CommitReply, Committed, Engine, Expect, Order, Reply, Row, Space, Span, StorageError,
    key_of_index, limits,
};

/// Keeps rows in memory: for tests, and for houses that may forget. "Durable" means: until it is dropped.
#[derive(Default)]
pub struct Memory {
    house: Mutex<House>,
}

#[derive(Default)]
struct House {
    shut: bool,
    tenants: HashMap<TenantId, Rows>,
}

#[derive(Default)]
struct Rows {
    spaces: HashMap<Space, BTreeMap<Vec<u8>, Row>>,
    log_len: u64,
    change_len: u64,
}

impl Memory {
    /// A house with no tenants.
    pub fn new() -> Self {
        Self::default()
    }

    fn house(&self) -> Result<MutexGuard<'_, House>, StorageError> {
        // A batch is applied without a place to panic, so a poisoned lock guards whole rows.
        let house = self.house.lock().unwrap_or_else(PoisonError::into_inner);
        if house.shut { Err(StorageError::Closed) } else { Ok(house) }
    }

    fn look<T>(&self, tenant: TenantId, see: impl FnOnce(&Rows) -> T) -> Result<T, StorageError> {
        self.house()?.tenants.get(&tenant).map(see).ok_or(StorageError::UnknownTenant)
    }
}

impl Engine for Memory {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        Box::pin(async move {
            self.house()?.tenants.entry(tenant).or_default();
            Ok(())
        })
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        Box::pin(async move {
            let mut tenants: Vec<_> = self.house()?.tenants.keys().copied().collect();
            tenants.sort_unstable();
            Ok(tenants)
        })
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        Box::pin(async move {
            limits::check_key(key)?;
            self.look(tenant, |rows| rows.row(space, key).cloned())
        })
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        Box::pin(async move { self.look(tenant, |rows| rows.span(space, &span)) })
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        Box::pin(async move { self.look(tenant, |rows| rows.log_len) })
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        Box::pin(async move { self.look(tenant, |rows| rows.change_len) })
    }

    fn commit(&self, tenant: TenantId, batch: Batch) -> CommitReply<'_> {
        Box::pin(async move {
            limits::check_batch(&batch)?;
            let mut house = self.house()?;
            let rows = house.tenants.get_mut(&tenant).ok_or(StorageError::UnknownTenant)?;
            match batch.checks.iter().position(|check| !rows.holds(check)) {
                Some(check) => Err(CommitError::Conflict { check }),
                None => Ok(rows.apply(batch)),
            }
        })
    }

    fn shut(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            self.house.lock().unwrap_or_else(PoisonError::into_inner).shut = true;
            Ok(())
        })
    }
}

impl Rows {
    fn row(&self, space: Space, key: &[u8]) -> Option<&Row> {
        self.spaces.get(&space)?.get(key)
    }

    fn holds(&self, check: &Check) -> bool {
        match (check.expect, self.row(check.space, &check.key)) {
            (Expect::Absent, found) => found.is_none(),
            (Expect::Version(version), found) => found.is_some_and(|row| row.version == version),
        }
    }

    fn span(&self, space: Space, span: &Span) -> Vec<(Vec<u8>, Row)> {
        let Some(rows) = self.spaces.get(&space).filter(|_| span.from < span.to) else { return Vec::new() };
        let range = rows.range::<[u8], _>((
            std::ops::Bound::Included(span.from.as_slice()),
            std::ops::Bound::Excluded(span.to.as_slice()),
        ));
        let owned = |(key, row): (&Vec<u8>, &Row)| (key.clone(), row.clone());
        match span.order {
            Order::Ascending => range.take(span.limit).map(owned).collect(),
            Order::Descending => range.rev().take(span.limit).map(owned).collect(),
        }
    }

    fn apply(&mut self, batch: Batch) -> Committed {
        let committed = Committed { log_from: self.log_len, change_from: self.change_len };
        for (space, key) in batch.deletes {
            self.space(space).remove(&key);
        }
        for put in batch.puts {
            self.space(put.space).insert(put.key, put.row);
        }
        for value in batch.log {
            let key = key_of_index(self.log_len);
            self.space(Space::Log).insert(key, Row { version: 0, value });
            self.log_len += 1;
        }
        for value in batch.changes {
            let key = key_of_index(self.change_len);
            self.space(Space::Change).insert(key, Row { version: 0, value });
            self.change_len += 1;
        }
        committed
    }

    fn space(&mut self, space: Space) -> &mut BTreeMap<Vec<u8>, Row> {
        self.spaces.entry(space).or_default()
    }
}
