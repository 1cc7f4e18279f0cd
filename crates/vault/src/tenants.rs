use std::sync::Arc;

use model::{Fault, RecordId, TenantId};
use seal::{TenantKeys, WrappedKey};
use storage::{Batch, Check, CommitError, Expect, Order, Put, Row, Space, Span};

use crate::{Vault, rows, seal_fault, storage_fault};

impl Vault {
    /// Makes room and a key for a new organisation. Making it twice changes nothing.
    pub async fn create_tenant(&self, tenant: TenantId) -> Result<(), Fault> {
        let doing = "making room for an organisation";
        self.engine.create(tenant).await.map_err(storage_fault(doing))?;
        // A new key beside old evidence would hide that the old key was lost.
        if self.engine.log_len(tenant).await.map_err(storage_fault(doing))? > 0 {
            return self.tenant_keys(tenant).await.map(|_| ());
        }
        let (_, wrapped) = self
            .environment
            .new_tenant(tenant, self.outside.as_ref())
            .map_err(seal_fault("making an organisation's key"))?;
        let key = rows::tenant_key(1);
        let batch = Batch {
            checks: vec![Check { space: Space::Key, key: key.clone(), expect: Expect::Absent }],
            puts: vec![Put { space: Space::Key, key, row: Row { version: 1, value: wrapped.as_bytes().to_vec() } }],
            ..Batch::default()
        };
        match self.engine.commit(tenant, batch).await {
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(CommitError::Storage(error)) => Err(storage_fault("storing an organisation's key")(error)),
        }
    }

    /// Every organisation of the house.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, Fault> {
        self.engine.tenants().await.map_err(storage_fault("listing the organisations"))
    }

    /// A new version of an organisation's key. Older records stay readable; new ones use the new key.
    pub async fn rotate_tenant_key(&self, tenant: TenantId) -> Result<(), Fault> {
        let old = self.tenant_keys(tenant).await?;
        let doing = "rotating an organisation's key";
        let (keys, wrapped) = self.environment.rotate_tenant(&old, self.outside.as_ref()).map_err(seal_fault(doing))?;
        let versions = self.wrapped_tenant_keys(tenant).await?.len();
        let key = rows::tenant_key(u32::try_from(versions + 1).map_err(|error| Fault::new(doing, error))?);
        let batch = Batch {
            checks: vec![Check { space: Space::Key, key: key.clone(), expect: Expect::Absent }],
            puts: vec![Put { space: Space::Key, key, row: Row { version: 1, value: wrapped.as_bytes().to_vec() } }],
            ..Batch::default()
        };
        self.engine.commit(tenant, batch).await.map_err(|error| Fault::new(doing, error))?;
        self.tenants.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(tenant, Arc::new(keys));
        Ok(())
    }

    /// The id under which a record about a text is found, without the text: a keyed digest of it.
    pub async fn digest_id(&self, tenant: TenantId, purpose: &str, text: &str) -> Result<RecordId, Fault> {
        let keys = self.tenant_keys(tenant).await?;
        Ok(RecordId::from_foreign("", || keys.lookup_digest(purpose, text.as_bytes())))
    }

    pub(crate) async fn tenant_keys(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, Fault> {
        let known = self.tenants.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&tenant).cloned();
        if let Some(keys) = known {
            return Ok(keys);
        }
        let wrapped = self.wrapped_tenant_keys(tenant).await?;
        let keys =
            self.environment.open_tenant(tenant, &wrapped).map_err(seal_fault("opening an organisation's key"))?;
        // A rotation in between put newer ones there: those stay.
        let mut known = self.tenants.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Arc::clone(known.entry(tenant).or_insert_with(|| Arc::new(keys))))
    }

    async fn wrapped_tenant_keys(&self, tenant: TenantId) -> Result<Vec<WrappedKey>, Fault> {
        let span = Span { from: b"t".to_vec(), to: b"u".to_vec(), order: Order::Ascending, limit: 10_000 };
        let rows = self.engine.scan(tenant, Space::Key, span).await;
        let rows = rows.map_err(storage_fault("reading an organisation's keys"))?;
        rows.into_iter()
            .map(|(_, row)| WrappedKey::from_bytes(row.value))
            .collect::<Result<_, _>>()
            .map_err(seal_fault("reading an organisation's keys"))
    }
}
