//! The list of kinds; each declares itself in its own file.

mod attempt;
mod content;
mod day;
mod digest;
mod exclusion;

pub use attempt::{Attempt, Noted, Verdict};
pub use content::{Content, Kept, Shown};
pub use day::{Day, Tally};
pub use digest::Digest;
pub use exclusion::Exclusion;

use model::{Kind, KindDecl};

pub(crate) const ALL: &[&KindDecl] = &[Attempt::DECL, Content::DECL, Day::DECL, Digest::DECL, Exclusion::DECL];
