//! What the trial designer records. A protocol and every artefact are documents, kept byte for byte.
//!
//! INVARIANT: no kind here is about a participant of a trial; the only people named are those who decided something.

mod approval;
mod artefact;
mod build;
mod choices;
mod decisions;
mod protocol;
mod sheet;
mod study;

use model::{ActorId, Kind, KindDecl, Time};
use serde::{Deserialize, Serialize};

pub use approval::{Approval, Approved, Signature};
pub use artefact::ARTEFACT;
pub use build::{Artefact, Build};
pub use choices::{KeptChoice, OrganisationChoices};
pub use decisions::{Decided, Decision, Decisions};
pub use protocol::PROTOCOL;
pub use sheet::SHEET;
pub use study::{Facts, Study};

/// Every kind of the trial designer.
pub const ALL: &[&KindDecl] =
    &[Study::DECL, PROTOCOL, Decisions::DECL, OrganisationChoices::DECL, Build::DECL, ARTEFACT, Approval::DECL, SHEET];

/// Who did something, and when. The name is kept as it was then, as on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// The account, or the key of a program.
    pub by: ActorId,
    /// What they were called.
    pub name: String,
    /// When.
    pub at: Time,
}
