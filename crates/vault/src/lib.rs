//! The one way in and the one way out of everything durable.
//!
//! [`Vault::commit`] decides, seals, versions, indexes, logs and captures a batch of changes in one
//! engine transaction. [`Vault::read`] and [`Vault::search`] decide, open and record; what they return
//! exists only after its evidence is durable. Nothing else can make a sealed row or an evidence entry.
//!
//! | file | what |
//! |---|---|
//! | `change.rs` | what a caller asks for: [`Change`], [`Changes`], [`Draft`], [`Receipt`] |
//! | `commit.rs` | the one write |
//! | `once.rs` | idempotency keys |
//! | `stage.rs`, `stage/` | each change turned into rows; erasure |
//! | `read.rs`, `search.rs` | the one way out, by id and by terms |
//! | `present.rs` | whether a record is there, without opening it |
//! | `evidence.rs` | the canonical bytes of an audit entry |
//! | `log.rs` | entries gathered into the Merkle tree and signed checkpoints |
//! | `mark.rs` | what evidence says about whom |
//! | `rows.rs` | row layouts and keys |
//! | `terms.rs` | searchable values as keyed digests |
//! | `keyring.rs` | what is remembered for a moment: opened keys, and when who-is-who last changed |
//! | `tenants.rs` | tenants and their keys |
//! | `rehearsal.rs` | a vault over memory, for tests of whoever stands on one |

mod change;
mod commit;
mod evidence;
mod feed;
mod keyring;
mod log;
mod mark;
mod once;
mod present;
mod read;
#[cfg(feature = "rehearsal")]
mod rehearsal;
mod rows;
mod search;
mod stage;
mod tenants;
mod terms;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};

use access::{Permission, Registry};
use ledger::note::SigningKey;
use model::{Fault, KindDecl, Outside, TenantId};
use seal::Environment;
use storage::Engine;

use keyring::{Keyring, Tides};

pub use change::{Change, Changes, Draft, Expected, Receipt, Written};
pub use evidence::{Note, leaf_bytes};
pub use feed::{Fed, Feed};
pub use log::Head;
pub use present::Present;
pub use read::{Opened, Past};
#[cfg(feature = "rehearsal")]
pub use rehearsal::Rehearsal;
pub use rows::row_key;
pub use search::{Clause, Found, Needle, Query};

/// Limits of one call. Each protects the house from one caller.
pub mod limits {
    /// Bytes of one record's body.
    pub const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
    /// Changes in one commit.
    pub const CHANGES_MAX: usize = 2_000;
    /// Bytes of all bodies in one commit.
    pub const COMMIT_BYTES_MAX: usize = 24 * 1024 * 1024;
    /// Terms of one record.
    pub const TERMS_MAX: usize = 400;
    /// Records on one page of a search.
    pub const PAGE_MAX: usize = 50;
    /// Candidates that one search term may have before the search must be narrowed; a list is counted up to one more.
    pub const CANDIDATES_MAX: usize = 20_000;
    /// Versions in one answer of a history.
    pub const HISTORY_MAX: usize = 200;
    /// Characters of an idempotency key.
    pub const ONCE_CHARS_MAX: usize = 128;
}

/// Everything durable, behind one decision.
pub struct Vault {
    engine: Arc<dyn Engine>,
    environment: Environment,
    outside: Arc<dyn Outside>,
    registry: Arc<Registry>,
    kinds: BTreeMap<&'static str, Shelf>,
    log_key: SigningKey,
    tenants: RwLock<HashMap<TenantId, Arc<seal::TenantKeys>>>,
    keyring: Keyring<seal::SubjectKey>,
    tides: Tides,
}

/// What a vault is made of.
pub struct Parts {
    /// Where sealed rows are kept.
    pub engine: Arc<dyn Engine>,
    /// The keys of this environment.
    pub environment: Environment,
    /// Time and randomness.
    pub outside: Arc<dyn Outside>,
    /// Permissions and roles.
    pub registry: Arc<Registry>,
    /// Every kind that may be stored.
    pub kinds: Vec<&'static KindDecl>,
    /// Signs the checkpoints of every tenant's log.
    pub log_key: SigningKey,
}

/// A kind with its permissions resolved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shelf {
    decl: &'static KindDecl,
    read: Permission,
    create: Permission,
    revise: Permission,
    retire: Permission,
}

impl Vault {
    /// Joins the parts. A kind whose permissions nobody declares, or that is declared twice, is a fault.
    pub fn open(parts: Parts) -> Result<Self, Fault> {
        let mut kinds = BTreeMap::new();
        for decl in parts.kinds {
            let permission = |name: &'static str| {
                parts.registry.permission(name).ok_or_else(|| {
                    Fault::new("opening the vault", format!("kind {} needs {name}, which nobody declares", decl.name))
                })
            };
            let shelf = Shelf {
                decl,
                read: permission(decl.acts.read)?,
                create: permission(decl.acts.create)?,
                revise: permission(decl.acts.revise)?,
                retire: permission(decl.acts.retire)?,
            };
            if kinds.insert(decl.name, shelf).is_some() {
                return Err(Fault::new("opening the vault", format!("kind {} is declared twice", decl.name)));
            }
        }
        Ok(Self {
            engine: parts.engine,
            environment: parts.environment,
            outside: parts.outside,
            registry: parts.registry,
            kinds,
            log_key: parts.log_key,
            tenants: RwLock::default(),
            keyring: Keyring::default(),
            tides: Tides::default(),
        })
    }

    /// Permissions and roles, as declared.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Time and randomness.
    pub fn outside(&self) -> &Arc<dyn Outside> {
        &self.outside
    }

    /// Every declared kind, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &'static KindDecl> {
        self.kinds.values().map(|shelf| shelf.decl)
    }

    /// A number that has risen if a record of who-is-who (purpose [`model::Purpose::Security`]) of this organisation may
    /// have changed since it was asked for last. Whoever remembers such records asks before reading them, and forgets
    /// them when the number is another.
    pub fn tide(&self, tenant: TenantId) -> u64 {
        self.tides.of(tenant).load(std::sync::atomic::Ordering::Acquire)
    }

    fn shelf(&self, decl: &'static KindDecl) -> Result<Shelf, Fault> {
        self.kinds
            .get(decl.name)
            .copied()
            .ok_or_else(|| Fault::new("finding a kind", format!("{} is not among the vault's kinds", decl.name)))
    }
}

/// Whether a fault only says that there is no such organisation.
pub fn is_unknown_tenant(fault: &Fault) -> bool {
    matches!(fault.cause.downcast_ref::<storage::StorageError>(), Some(storage::StorageError::UnknownTenant))
}

/// A storage error met while doing something.
fn storage_fault(doing: &'static str) -> impl Fn(storage::StorageError) -> Fault {
    move |error| Fault::new(doing, error)
}

/// A sealing error met while doing something.
fn seal_fault(doing: &'static str) -> impl Fn(seal::SealError) -> Fault {
    move |error| Fault::new(doing, error)
}
