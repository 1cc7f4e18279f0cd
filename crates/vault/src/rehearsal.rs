//! A vault over memory, for the tests of whoever stands on it: they need neither engines nor keys to have one.
//!
//! Behind the feature `rehearsal`, which only tests and examples turn on. Rows live in memory, and so does the root key.

use std::sync::{Arc, Mutex, PoisonError};

use access::Registry;
use ledger::note::SigningKey;
use model::{Fault, KindDecl, Outside, TenantId};
use seal::{Environment, KeyBytes, KeyService, SealError};
use storage::{Engine, Memory, Order, Space, Span};

use crate::{Parts, Vault, leaf_bytes, seal_fault, storage_fault};

/// A vault over memory, and a look behind it that leaves no trace.
pub struct Rehearsal {
    /// The vault.
    pub vault: Arc<Vault>,
    engine: Arc<Memory>,
}

impl Rehearsal {
    /// A vault of these permissions and kinds, without organisations.
    pub fn new(registry: Registry, kinds: Vec<&'static KindDecl>, outside: Arc<dyn Outside>) -> Result<Self, Fault> {
        let root = Arc::new(InMemory::default());
        let made = Environment::create(root, "rehearsal", outside.as_ref());
        let (environment, _) = made.map_err(seal_fault("making the keys of a rehearsal"))?;
        let log_key = SigningKey::from_seed("rehearsal.example/log", &[7; 32]);
        let log_key = log_key.map_err(|error| Fault::new("making the log key of a rehearsal", error))?;
        let engine = Arc::new(Memory::new());
        let registry = Arc::new(registry);
        let vault = Vault::open(Parts { engine: engine.clone(), environment, outside, registry, kinds, log_key })?;
        Ok(Self { vault: Arc::new(vault), engine })
    }

    /// All evidence of an organisation, as it is hashed, oldest first. This look at it is not recorded.
    pub async fn evidence(&self, tenant: TenantId) -> Result<Vec<Vec<u8>>, Fault> {
        let entries = self.rows(tenant, Space::Log).await?;
        Ok((0..).zip(entries).map(|(index, stored)| leaf_bytes(index, &stored)).collect())
    }

    /// How many records of an organisation there are, in use or not, past versions not counted.
    pub async fn records(&self, tenant: TenantId) -> Result<usize, Fault> {
        Ok(self.rows(tenant, Space::Head).await?.len())
    }

    /// How many changes an organisation has seen.
    pub async fn changes(&self, tenant: TenantId) -> Result<usize, Fault> {
        Ok(self.rows(tenant, Space::Change).await?.len())
    }

    async fn rows(&self, tenant: TenantId, space: Space) -> Result<Vec<Vec<u8>>, Fault> {
        let span = Span { from: Vec::new(), to: vec![u8::MAX; 64], order: Order::Ascending, limit: 1_000_000 };
        let rows = self.engine.scan(tenant, space, span).await.map_err(storage_fault("looking behind a rehearsal"))?;
        Ok(rows.into_iter().map(|(_, row)| row.value).collect())
    }
}

/// A root that keeps what it wraps and gives out a number for it.
#[derive(Default)]
struct InMemory(Mutex<Vec<(Vec<u8>, KeyBytes)>>);

impl KeyService for InMemory {
    fn name(&self) -> &str {
        "rehearsal"
    }

    fn wrap(&self, context: &[u8], key: &KeyBytes, _: &dyn Outside) -> Result<Vec<u8>, SealError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((context.to_vec(), KeyBytes::from_bytes(*key.expose())));
        Ok((kept.len() as u64 - 1).to_be_bytes().to_vec())
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<KeyBytes, SealError> {
        let unknown = SealError::Malformed { expected: "a key of this rehearsal", words: "nothing is kept under it" };
        let number = <[u8; 8]>::try_from(wrapped).map(u64::from_be_bytes).unwrap_or(u64::MAX);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = usize::try_from(number).ok().and_then(|number| kept.get(number));
        found.filter(|(bound, _)| bound == context).map(|(_, key)| KeyBytes::from_bytes(*key.expose())).ok_or(unknown)
    }
}
