//! The right edge of the tree: one hash per perfect subtree, at most 64 of them.

use crate::hash::{HASH_BYTES, Hash, empty_root, hashes, node_hash};

/// The compact right edge of a log: enough to append to it and to know its root.
///
/// INVARIANT: `peaks` holds one hash per set bit of `size`, the largest subtree first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// Why stored bytes are no frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not the right edge of a log")]
pub struct NotAFrontier;

impl Frontier {
    /// The edge of a log without entries.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The edge made of `peaks`, one per set bit of `size`, the largest subtree first.
    pub fn of_peaks(size: u64, peaks: Vec<Hash>) -> Result<Frontier, NotAFrontier> {
        if peaks.len() != size.count_ones() as usize {
            return Err(NotAFrontier);
        }
        Ok(Frontier { size, peaks })
    }

    /// Appends one leaf.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _| ());
    }

    /// Appends one leaf and tells `seen` of every perfect subtree that this completes: its height (the leaf is 0), its hash.
    pub fn append_with(&mut self, leaf: Hash, mut seen: impl FnMut(u32, &Hash)) {
        let mut subtree = leaf;
        seen(0, &subtree);
        for height in 1..=self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                subtree = node_hash(&left, &subtree);
                seen(height, &subtree);
            }
        }
        self.peaks.push(subtree);
        // A log of 2^64 entries is out of reach: at 10^9 entries a second it takes 585 years.
        self.size = self.size.wrapping_add(1);
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash over all entries.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return empty_root() };
        peaks.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// The stored form: the size as eight bytes big endian, then the peaks, the largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.peaks.len() * HASH_BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(self.peaks.as_flattened());
        bytes
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Frontier, NotAFrontier> {
        let (size, peaks) = bytes.split_first_chunk::<8>().ok_or(NotAFrontier)?;
        let peaks = hashes(peaks).ok_or(NotAFrontier)?;
        Frontier::of_peaks(u64::from_be_bytes(*size), peaks.to_vec())
    }
}
