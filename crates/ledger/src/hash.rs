//! The three hashes of the tree: an entry, an inner node, and the empty tree (RFC 6962 section 2.1).

use aws_lc_rs::digest::{Context, SHA256, digest};

/// A SHA-256 output: a leaf, an inner node or a root.
pub type Hash = [u8; HASH_BYTES];

/// Bytes in one hash.
pub const HASH_BYTES: usize = 32;

/// Entries up to this many bytes are hashed in one call from the stack.
const SHORT_ENTRY_BYTES_MAX: usize = 511;

/// The hash of an entry: SHA-256 of `0x00` and the entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    // The one-shot call works without allocating; a `Context` allocates. Entries are short, so they take the first.
    let mut short = [0u8; SHORT_ENTRY_BYTES_MAX + 1];
    if let Some((prefixed, _)) = short.split_at_mut_checked(entry.len() + 1)
        && let Some((_, body)) = prefixed.split_first_mut()
    {
        body.copy_from_slice(entry);
        return plain(digest(&SHA256, prefixed).as_ref());
    }
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(entry);
    plain(context.finish().as_ref())
}

/// The hash of an inner node: SHA-256 of `0x01`, the left hash and the right hash.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1u8; 1 + 2 * HASH_BYTES];
    let (_, pair) = bytes.split_at_mut(1);
    let (first, second) = pair.split_at_mut(HASH_BYTES);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    plain(digest(&SHA256, &bytes).as_ref())
}

/// The root of a log without entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Plain SHA-256, for key ids.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    plain(digest(&SHA256, bytes).as_ref())
}

/// The hashes in a run of bytes; `None` if the bytes are not whole hashes.
pub(crate) fn hashes(bytes: &[u8]) -> Option<&[Hash]> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    rest.is_empty().then_some(hashes)
}

/// The root over a run of perfect subtrees of equal height, as RFC 6962 splits them; the empty root for none.
pub(crate) fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = crate::Frontier::new();
    for hash in hashes {
        frontier.append(*hash);
    }
    frontier.root()
}

fn plain(output: &[u8]) -> Hash {
    let mut hash = [0u8; HASH_BYTES];
    hash.copy_from_slice(output);
    hash
}
