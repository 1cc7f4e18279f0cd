//! Inclusion and consistency proofs: computed from tiles, checked without them (RFC 6962 section 2.1, RFC 9162 section 2.1).

use crate::hash::{Hash, empty_root, hashes, node_hash, root_of};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileFault, Tiles};

/// The most hashes that a proof in a log of fewer than 2^64 entries can have.
pub const PROOF_HASHES_MAX: usize = 65;

/// Why a proof could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprovable {
    /// The entry is not in a log of that size.
    #[error("a log of {size} entries has no entry {index}")]
    NoSuchEntry {
        /// The entry asked for.
        index: u64,
        /// The size of the log.
        size: u64,
    },
    /// The older log is longer than the newer one.
    #[error("a log of {new} entries cannot continue one of {old}")]
    Backwards {
        /// The size of the older log.
        old: u64,
        /// The size of the newer log.
        new: u64,
    },
    /// A tile that the proof needs is not to be had.
    #[error(transparent)]
    Tile(#[from] TileFault),
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refuted {
    /// The question itself is wrong: the entry lies outside the log, or the older log is longer.
    #[error("the proof is about a place outside the log")]
    OutOfRange,
    /// A proof for these numbers has another length.
    #[error("the proof has the wrong length")]
    WrongLength,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    WrongRoot,
    /// The bytes are not whole hashes, or too many.
    #[error("these bytes are no proof")]
    Malformed,
}

/// Proves that entry `index` is in the log of `size` entries: the hashes beside its path, from the leaf up.
///
/// It takes the tiles named by [`tiles_for_inclusion`].
pub fn inclusion_proof(index: u64, size: u64, tiles: &dyn Tiles) -> Result<Vec<Hash>, Unprovable> {
    let spans = inclusion_spans(index, size).ok_or(Unprovable::NoSuchEntry { index, size })?;
    Ok(hashes_of(&spans, size, tiles)?)
}

/// Proves that the log of `new` entries begins with the log of `old` entries.
///
/// It takes the tiles named by [`tiles_for_consistency`]. Nothing needs proof when the sizes are equal or `old` is 0.
pub fn consistency_proof(old: u64, new: u64, tiles: &dyn Tiles) -> Result<Vec<Hash>, Unprovable> {
    let spans = consistency_spans(old, new).ok_or(Unprovable::Backwards { old, new })?;
    Ok(hashes_of(&spans, new, tiles)?)
}

/// The tiles that [`inclusion_proof`] reads; none if there is no such entry.
pub fn tiles_for_inclusion(index: u64, size: u64) -> Vec<Tile> {
    tiles_of(&inclusion_spans(index, size).unwrap_or_default(), size)
}

/// The tiles that [`consistency_proof`] reads; none if the sizes are the wrong way round.
pub fn tiles_for_consistency(old: u64, new: u64) -> Vec<Tile> {
    tiles_of(&consistency_spans(old, new).unwrap_or_default(), new)
}

/// Checks that the entry with hash `leaf` is entry `index` of the log with `size` entries and this root (RFC 9162 2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), Refuted> {
    if index >= size {
        return Err(Refuted::OutOfRange);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for beside in proof {
        if last == 0 {
            return Err(Refuted::WrongLength);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, &hash);
            climb_left_edge(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(Refuted::WrongRoot),
        _ => Err(Refuted::WrongLength),
    }
}

/// Checks that the log of `new` entries begins with the log of `old` entries (RFC 9162 2.1.4.2).
///
/// Every log begins with the empty log, and a log with itself: the proof is then empty.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), Refuted> {
    if old > new {
        return Err(Refuted::OutOfRange);
    }
    if old == 0 || old == new {
        let holds = if old == new { old_root == new_root } else { *old_root == empty_root() };
        return match (proof.is_empty(), holds) {
            (false, _) => Err(Refuted::WrongLength),
            (true, false) => Err(Refuted::WrongRoot),
            (true, true) => Ok(()),
        };
    }
    // The old root is itself a node of the new tree if the old log was perfect; the proof then leaves it out.
    let (first, rest) = match old.is_power_of_two() {
        true => (old_root, proof),
        false => proof.split_first().ok_or(Refuted::WrongLength)?,
    };
    let shared = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1).checked_shr(shared).unwrap_or(0), (new - 1).checked_shr(shared).unwrap_or(0));
    let (mut old_hash, mut new_hash) = (*first, *first);
    for beside in rest {
        if last == 0 {
            return Err(Refuted::WrongLength);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(beside, &old_hash);
            new_hash = node_hash(beside, &new_hash);
            climb_left_edge(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, old_hash == *old_root && new_hash == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(Refuted::WrongRoot),
        _ => Err(Refuted::WrongLength),
    }
}

/// Reads a proof from its hashes one after another.
pub fn from_bytes(bytes: &[u8]) -> Result<&[Hash], Refuted> {
    hashes(bytes).filter(|proof| proof.len() <= PROOF_HASHES_MAX).ok_or(Refuted::Malformed)
}

/// A proof as its hashes one after another.
pub fn to_bytes(proof: &[Hash]) -> Vec<u8> {
    proof.as_flattened().to_vec()
}

/// After joining with the left: passes the levels where the last node has no brother and moves up alone.
fn climb_left_edge(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

/// Entries `from` to `to` (exclusive): a subtree of the log, perfect or at its right edge.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
}

impl Span {
    fn size(self) -> u64 {
        self.to - self.from
    }

    /// Where RFC 6962 splits this span: after the largest power of two below its size.
    fn halves(self) -> (Span, Span) {
        let middle = self.from + (1 << (u64::BITS - 1 - (self.size() - 1).leading_zeros()));
        (Span { to: middle, ..self }, Span { from: middle, ..self })
    }

    /// The perfect subtrees of this span, the largest first, as (height, position at that height).
    fn perfect(self) -> impl Iterator<Item = (u32, u64)> {
        let mut from = self.from;
        std::iter::from_fn(move || {
            let height = (self.to - from).checked_ilog2()?;
            let position = from >> height;
            from += 1 << height;
            Some((height, position))
        })
    }
}

/// RFC 6962 `PATH(index, D[size])`.
fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let mut spans = Vec::new();
    let mut here = Span { from: 0, to: size };
    while here.size() > 1 {
        let (left, right) = here.halves();
        let beside;
        (here, beside) = if index < left.to { (left, right) } else { (right, left) };
        spans.push(beside);
    }
    spans.reverse();
    Some(spans)
}

/// RFC 6962 `PROOF(old, D[new])`, without the node that is the old root itself.
fn consistency_spans(old: u64, new: u64) -> Option<Vec<Span>> {
    if old > new {
        return None;
    }
    if old == 0 {
        return Some(Vec::new());
    }
    let mut spans = Vec::new();
    let mut here = Span { from: 0, to: new };
    while here.to != old {
        let (left, right) = here.halves();
        let beside;
        (here, beside) = if old <= left.to { (left, right) } else { (right, left) };
        spans.push(beside);
    }
    if here.from != 0 {
        spans.push(here);
    }
    spans.reverse();
    Some(spans)
}

/// The tile that holds a perfect subtree, and the first and one-past-last of its hashes there.
fn place(height: u32, position: u64, size: u64) -> Option<(Tile, usize, usize)> {
    let inner = height % TILE_HEIGHT;
    let first = position << inner;
    let tile = Tile::in_log((height / TILE_HEIGHT) as u8, first / u64::from(TILE_WIDTH), size)?;
    let first = (first % u64::from(TILE_WIDTH)) as usize;
    Some((tile, first, first + (1 << inner)))
}

fn tiles_of(spans: &[Span], size: u64) -> Vec<Tile> {
    let nodes = spans.iter().flat_map(|span| span.perfect());
    let mut tiles: Vec<Tile> =
        nodes.filter_map(|(height, position)| place(height, position, size)).map(|(tile, _, _)| tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

fn hashes_of(spans: &[Span], size: u64, tiles: &dyn Tiles) -> Result<Vec<Hash>, TileFault> {
    let mut read: Option<(Tile, Vec<u8>)> = None;
    let mut subtree = |height, position| -> Result<Option<Hash>, TileFault> {
        let Some((tile, first, end)) = place(height, position, size) else { return Ok(None) };
        let bytes = match read.take() {
            Some((held, bytes)) if held == tile => bytes,
            _ => tiles.tile(tile)?,
        };
        let hash = root_of(tile.cut(&bytes)?.get(first..end).ok_or(TileFault::Malformed(tile))?);
        read = Some((tile, bytes));
        Ok(Some(hash))
    };
    let mut proof = Vec::with_capacity(spans.len());
    for span in spans {
        let mut peaks = Vec::new();
        for (height, position) in span.perfect() {
            peaks.extend(subtree(height, position)?);
        }
        proof.extend(peaks.into_iter().rev().reduce(|right, left| node_hash(&left, &right)));
    }
    Ok(proof)
}
