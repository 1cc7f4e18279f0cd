//! The dental practice, on HL7 FHIR R4.
//!
//! | file | what |
//! |---|---|
//! | `kinds.rs` | what is recorded: patients, practitioners, documents and their bytes, as whole FHIR resources |
//! | `roles.rs` | permissions, and the jobs of a dental practice as roles |
//! | `fhir.rs` | pure: FHIR R4 read, checked, found and answered |
//! | `rules.rs` | pure: what people type at the desk, and what it changes in a resource |
//! | `records.rs` | resources as the vault's records: which record, and whose |
//! | `interface.rs` | the FHIR interface, for programs |
//! | `pages.rs` | the pages, for people |
//! | `synthetic.rs` | people who do not exist, and a practice furnished with them |

pub mod fhir;
mod furnish;
mod interface;
pub mod kinds;
mod pages;
mod records;
pub mod roles;
pub mod rules;
pub mod synthetic;

use std::sync::Arc;

use model::{KindDecl, Time};
use vault::Vault;
use web::Site;

pub use furnish::{Furnished, furnish};
pub use pages::NAV;
pub use roles::{FURNISH, PERMISSIONS, ROLES};

/// Every kind that the practice stores.
pub const KINDS: &[&KindDecl] = kinds::ALL;

/// What the pages and the interface work on.
#[derive(Clone)]
pub struct State {
    pub(crate) vault: Arc<Vault>,
    /// When the house began, which is when its interface last changed.
    pub(crate) begun: Time,
}

impl State {
    /// The practice over a vault.
    pub fn new(vault: Arc<Vault>) -> Self {
        let begun = vault.outside().now();
        Self { vault, begun }
    }
}

/// Every route of the practice.
pub fn site(state: State) -> Site {
    pages::site(state.clone()).join(interface::site(state))
}
