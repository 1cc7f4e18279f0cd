//! The clinical-trial designer: a structured protocol in, every CDISC artefact out.
//!
//! [`design`] is pure: bytes in, files out, no clock and no disk. Pages and records come on top of it.
//!
//! | file | what |
//! |---|---|
//! | `design.rs` | pure: the generator |
//! | `drafting.rs` | proposals of a language model, for those who want it; the designer works whole without |
//! | `push.rs` | a study build to a capture system, with a receipt |
//! | `rules.rs` | pure: what people do to a study, and what it changes in its protocol |
//! | `kinds.rs` | what is recorded: protocols, decisions, builds and their artefacts, approvals |
//! | `roles.rs` | permissions, and the jobs around a study as roles |
//! | `records.rs` | studies as the vault's records |
//! | `workshop.rs` | the generator at work for many: bounded, off the threads that answer, nothing built twice |
//! | `pages.rs` | the pages |

pub mod design;
pub mod drafting;
mod furnish;
pub mod kinds;
mod pages;
pub mod push;
mod records;
pub mod roles;
pub mod rules;
mod workshop;

use std::sync::Arc;

use model::KindDecl;
use vault::Vault;
use web::Site;

pub use furnish::furnish;
pub use pages::NAV;
pub use roles::{FURNISH, PERMISSIONS, ROLES};

/// Every kind that the trial designer stores.
pub const KINDS: &[&KindDecl] = kinds::ALL;

/// Where a designer begins.
pub const HOME: &str = "/trials/studies";

/// What the pages work on.
#[derive(Clone)]
pub struct State {
    pub(crate) vault: Arc<Vault>,
    pub(crate) workshop: Arc<workshop::Workshop>,
}

impl State {
    /// The trial designer over a vault.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault, workshop: Arc::default() }
    }
}

/// Every route of the trial designer.
pub fn site(state: State) -> Site {
    pages::site(state)
}
