//! The evidence log: an append-only Merkle log that a stranger can check.
//!
//! The tree is that of [RFC 6962] section 2.1 (hash: SHA-256), its signed heads are [C2SP] `tlog-checkpoint` notes
//! (`signed-note`, Ed25519), and its stored form is C2SP `tlog-tiles`. Nothing here knows what an entry means, what
//! time it is or where bytes are kept: bytes in, bytes and verdicts out.
//!
//! A walk through the crate:
//!
//! 1. [`hash`]: the three hashes of the tree.
//! 2. [`frontier`]: the right edge of the tree, enough to append and to know the root.
//! 3. [`tile`] and [`bundle`]: how the tree and its entries are stored; names, keys and encodings.
//! 4. [`edge`] and [`build`]: growing a stored tree, the first for a key-value store, the second for a directory.
//! 5. [`proof`]: inclusion and consistency, computed from tiles and checked without them.
//! 6. [`note`] and [`checkpoint`]: what is signed, and how.
//! 7. [`audit`]: the whole log against its checkpoints; a report, or exactly what broke.
//!
//! `verify/` holds two verifiers on foreign libraries (Go's `sumdb`, Python's `pymerkle`) that must agree with us.
//!
//! [RFC 6962]: https://www.rfc-editor.org/rfc/rfc6962
//! [C2SP]: https://c2sp.org

pub mod audit;
pub mod build;
pub mod bundle;
pub mod checkpoint;
pub mod edge;
pub mod files;
pub mod frontier;
pub mod hash;
pub mod note;
pub mod proof;
pub mod tile;

pub use audit::{Auditor, Breakage, Broken, Report};
pub use build::Builder;
pub use checkpoint::Checkpoint;
pub use edge::Edge;
pub use frontier::Frontier;
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use note::{SigningKey, VerifyingKey};
pub use proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use tile::{HeldTiles, Tile, Tiles};
