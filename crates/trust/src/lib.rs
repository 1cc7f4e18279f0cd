//! The trust centre: promises as declarations, probes that test them on the running house, verdicts that a stranger can
//! check offline.
//!
//! A walk through the crate:
//!
//! 1. [`ClaimDecl`]: a promise, its words, its probe. [`claims::ALL`] is the list; `claims/` has one file each.
//! 2. [`probe`]: what a probe is given ([`Visit`]) and what it hands back ([`Finding`]).
//! 3. [`house`]: the house as the runner sees it, from outside: the public interface, raw bytes, nothing else.
//! 4. [`runner`]: a process of its own with its own keys, which runs probes when they are due.
//! 5. [`statement`]: the signed result of one run; `archive.rs` appends it to a public log.
//! 6. [`bundle`]: everything a stranger needs in one file, and [`bundle::verify`], which needs nothing else of ours.
//! 7. [`site`]: the public pages. The server only reads what the runner wrote; no address here writes anything.
//!
//! INVARIANT: nothing here is green by default. A claim that never ran is *evidence missing*, an overdue one is *stale*,
//! and a probe whose negative control was not caught proves nothing.

mod archive;
pub mod bundle;
mod claim;
pub mod claims;
mod digest;
pub mod house;
mod keys;
mod pages;
pub mod probe;
pub mod runner;
pub mod scratch;
mod shelf;
pub mod statement;
mod verdict;
pub mod wording;

pub use claim::{ClaimDecl, Counts, ProbeDecl, Proof};
pub use claims::declared;
pub use house::Credentials;
pub use keys::PublicKeys;
pub use pages::{State, site};
pub use probe::{Control, Finding, Population, Trouble, Visit};
pub use verdict::Verdict;
