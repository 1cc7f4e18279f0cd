//! Growing a stored tree: the partial tiles at its right edge, and the tiles that an append changes.

use crate::frontier::Frontier;
use crate::hash::{HASH_BYTES, Hash, hashes};
use crate::tile::{LEVEL_MAX, TILE_HEIGHT, TILE_WIDTH, Tile, TileFault, Tiles};

/// The right edge of a stored tree, ready to grow.
///
/// INVARIANT: `partial[l]` holds the hashes of level `l` after its last full tile, and `frontier` is their tree.
#[derive(Clone, Debug)]
pub struct Edge {
    frontier: Frontier,
    partial: Vec<Partial>,
}

#[derive(Clone, Debug, Default)]
struct Partial {
    hashes: Vec<u8>,
    changed: bool,
}

/// A tile and its bytes, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTile {
    /// Which tile.
    pub tile: Tile,
    /// Its hashes, one after another.
    pub bytes: Vec<u8>,
}

impl Default for Edge {
    fn default() -> Edge {
        Edge::empty()
    }
}

impl Edge {
    /// The edge of a log without entries.
    pub fn empty() -> Edge {
        Edge { frontier: Frontier::new(), partial: vec![Partial::default(); usize::from(LEVEL_MAX) + 1] }
    }

    /// Reads the edge of a log of `size` entries; it takes the tiles named by [`Tile::edge_of`].
    ///
    /// The tiles are believed: compare [`Edge::root`] with a root that you trust.
    pub fn open(size: u64, tiles: &dyn Tiles) -> Result<Edge, TileFault> {
        let mut edge = Edge::empty();
        let mut peaks = Vec::new();
        for tile in Tile::edge_of(size).into_iter().rev() {
            let bytes = tiles.tile(tile)?;
            let stored = tile.cut(&bytes)?;
            peaks.extend(peaks_of(stored));
            if let Some(partial) = edge.partial.get_mut(usize::from(tile.level())) {
                partial.hashes = stored.as_flattened().to_vec();
            }
        }
        // INVARIANT: a partial tile of width w yields one peak per set bit of w, so there are as many as set bits in `size`.
        edge.frontier = Frontier::of_peaks(size, peaks).unwrap_or_default();
        Ok(edge)
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root hash over all entries.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The compact form of the same edge.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Appends one leaf and hands every tile that this fills to `full`, lowest level first.
    pub fn append(&mut self, leaf: Hash, mut full: impl FnMut(Tile, &[Hash])) {
        let Edge { frontier, partial } = self;
        let size = frontier.size() + 1;
        frontier.append_with(leaf, |height, hash| {
            if !height.is_multiple_of(TILE_HEIGHT) {
                return;
            }
            let level = (height / TILE_HEIGHT) as u8;
            let Some(partial) = partial.get_mut(usize::from(level)) else { return };
            partial.hashes.extend_from_slice(hash);
            partial.changed = true;
            if partial.hashes.len() == usize::from(TILE_WIDTH) * HASH_BYTES {
                let index = Tile::hashes_at(level, size) / u64::from(TILE_WIDTH) - 1;
                if let (Some(tile), Some(hashes)) = (Tile::full(level, index), hashes(&partial.hashes)) {
                    full(tile, hashes);
                }
                partial.hashes.clear();
                partial.changed = false;
            }
        });
    }

    /// Appends leaves and yields every tile that must be stored for the new size: the filled ones, then the partial ones.
    pub fn grow(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Vec<StoredTile> {
        let mut tiles = Vec::new();
        for leaf in leaves {
            self.append(leaf, |tile, hashes| tiles.push(StoredTile { tile, bytes: hashes.as_flattened().to_vec() }));
        }
        self.settle(&mut tiles);
        tiles
    }

    /// Adds to `tiles` the partial tiles that changed since this was last asked.
    pub fn settle(&mut self, tiles: &mut Vec<StoredTile>) {
        for tile in Tile::edge_of(self.size()) {
            let Some(partial) = self.partial.get_mut(usize::from(tile.level())) else { continue };
            if std::mem::take(&mut partial.changed) {
                tiles.push(StoredTile { tile, bytes: partial.hashes.clone() });
            }
        }
    }

    /// The partial tiles as they stand, lowest level first.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        Tile::edge_of(self.size()).into_iter().filter_map(|tile| {
            let partial = self.partial.get(usize::from(tile.level()))?;
            Some((tile, hashes(&partial.hashes)?))
        })
    }
}

/// The perfect subtrees over fewer than 256 hashes, the largest first.
fn peaks_of(stored: &[Hash]) -> Vec<Hash> {
    let mut rest = stored;
    let mut peaks = Vec::new();
    for height in (0..TILE_HEIGHT).rev() {
        if stored.len() >> height & 1 == 1
            && let Some((subtree, after)) = rest.split_at_checked(1 << height)
        {
            peaks.push(crate::hash::root_of(subtree));
            rest = after;
        }
    }
    peaks
}
