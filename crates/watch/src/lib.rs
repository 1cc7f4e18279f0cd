//! What looked like an attack: inspected at the door, written down, looked at by people.
//!
//! | file | what |
//! |---|---|
//! | `kinds.rs` | what is recorded: attempt, its content, a day's counts, exclusion, weekly digest |
//! | `roles.rs` | permissions, the security analyst's role, the duty of watching |
//! | `rules/` | pure: what a flood may cost, what is never kept, how narrow an exclusion must be, weeks |
//! | `guard.rs` | the door's guard: rules in force, exclusions of the house and of each organisation |
//! | `record.rs` | attempts become records, and counts where there are too many |
//! | `exclusions.rs` | a false positive becomes a narrow exclusion, in force at once |
//! | `digest.rs` | a week's figures, to be signed off |
//! | `pages.rs` | *Attacks*, for the security analyst of the house and of each organisation |
//!
//! INVARIANT: nothing is dropped in silence. An attempt is a record of its own, or counted in one that says how many.

mod digest;
mod exclusions;
mod guard;
mod kinds;
mod pages;
mod record;
mod roles;
pub mod rules;
mod sweep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use access::{Actor, Assurance, Ctx, Scope, Window};
use model::{KindDecl, Purpose, RequestId, TenantId, Time};
use shield::{Exclusions, Inspector};
use vault::Vault;

pub use exclusions::{Narrow, Pair};
pub use kinds::{Attempt, Content, Day, Digest, Exclusion, Verdict};
pub use pages::{NAV, site};
pub use roles::{PERMISSIONS, ROLES};

/// Every kind that watching stores.
pub const KINDS: &[&KindDecl] = kinds::ALL;

/// Watching over one vault, with the rules in force.
pub struct Watch {
    vault: Arc<Vault>,
    /// The tenant of the house itself, where attempts of strangers are written down.
    house: TenantId,
    inspector: Inspector,
    exclusions: RwLock<HashMap<TenantId, Arc<Exclusions>>>,
    flood: Mutex<rules::flood::Flood>,
}

impl Watch {
    /// Watching with these rules. Exclusions on record are not in force before [`Watch::reload`].
    pub fn new(vault: Arc<Vault>, house: TenantId, inspector: Inspector) -> Self {
        Self {
            vault,
            house,
            inspector,
            exclusions: RwLock::default(),
            flood: Mutex::new(rules::flood::Flood::new(rules::flood::Bounds::USUAL)),
        }
    }

    /// The rules in force.
    pub const fn inspector(&self) -> &Inspector {
        &self.inspector
    }

    /// The vault behind it.
    pub const fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The house on watch, whose grants stand in the same matrix as everybody's.
    fn duty(&self, tenant: TenantId, request: RequestId, now: Time) -> Ctx {
        Ctx {
            tenant,
            actor: Actor::Duty(roles::WATCH),
            grants: self.vault.registry().grants([(roles::WATCH, Window::ALWAYS, Scope::Tenant)]),
            assurance: Assurance::Key,
            purpose: Purpose::Security,
            session: None,
            request,
            now,
        }
    }
}
