//! Growing a log that is kept as static files: given its state and new entries, exactly the files to write.

use crate::bundle::{self, EntryTooLong};
use crate::checkpoint::Checkpoint;
use crate::edge::Edge;
use crate::files::{self, FileTiles, LogFiles};
use crate::hash::{Hash, leaf_hash};
use crate::tile::{BundleName, TILE_WIDTH, Tile, TileFault};

/// A log kept as files, ready to grow. It writes nothing itself.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    edge: Edge,
    /// The entries after the last full bundle, encoded.
    bundle: Vec<u8>,
}

/// What to write for a new size: every file before the checkpoint that speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The new number of entries.
    pub size: u64,
    /// The root hash over them.
    pub root: Hash,
    /// The files, each new: none replaces bytes written before.
    pub files: Vec<File>,
}

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the log's directory, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a log cannot be continued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotResume {
    /// A tile at the right edge is not to be had.
    #[error(transparent)]
    Tile(#[from] TileFault),
    /// The last bundle of entries is not to be had, or is not what its tile says.
    #[error("the entries {0} are missing or damaged")]
    Entries(BundleName),
    /// The stored tree is not the one that was signed.
    #[error("the stored tree of {size} entries does not have the signed root")]
    OtherRoot {
        /// The size of the checkpoint.
        size: u64,
    },
}

impl Builder {
    /// A log without entries.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Continues the log that `checkpoint` describes; the caller has verified the checkpoint, the stored edge is verified here.
    pub fn resume(checkpoint: &Checkpoint, files: &dyn LogFiles) -> Result<Builder, CannotResume> {
        let size = checkpoint.size;
        let edge = Edge::open(size, &FileTiles(files))?;
        if edge.root() != checkpoint.root {
            return Err(CannotResume::OtherRoot { size });
        }
        let leaves = edge.partial_tiles().find(|(tile, _)| tile.level() == 0);
        let bundle = match leaves {
            Some((tile, hashes)) => last_entries(tile, hashes, files)?,
            None => Vec::new(),
        };
        Ok(Builder { edge, bundle })
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root hash over all entries.
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// Appends entries and yields the files to write. On [`EntryTooLong`] nothing is appended.
    pub fn extend<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<Growth, EntryTooLong> {
        if let Some(entry) = entries.iter().find(|entry| entry.as_ref().len() > bundle::ENTRY_BYTES_MAX) {
            return Err(EntryTooLong { bytes: entry.as_ref().len() });
        }
        let mut files = Vec::new();
        let mut tiles = Vec::new();
        for entry in entries {
            bundle::push(&mut self.bundle, entry.as_ref())?;
            let filled = tiles.len();
            self.edge.append(leaf_hash(entry.as_ref()), |tile, hashes| {
                tiles.push(crate::edge::StoredTile { tile, bytes: hashes.as_flattened().to_vec() });
            });
            if let Some(leaves) = tiles.get(filled).map(|stored| stored.tile).filter(|tile| tile.level() == 0) {
                files.push(File { path: BundleName::beside(leaves).path(), bytes: std::mem::take(&mut self.bundle) });
            }
        }
        self.edge.settle(&mut tiles);
        if let Some(leaves) = tiles.iter().map(|stored| stored.tile).find(|tile| tile.level() == 0 && !tile.is_full()) {
            files.push(File { path: BundleName::beside(leaves).path(), bytes: self.bundle.clone() });
        }
        files.extend(tiles.into_iter().map(|stored| File { path: stored.tile.path(), bytes: stored.bytes }));
        Ok(Growth { size: self.size(), root: self.root(), files })
    }
}

/// Reads the entries after the last full bundle and checks them against their leaf hashes.
fn last_entries(leaves: Tile, hashes: &[Hash], files: &dyn LogFiles) -> Result<Vec<u8>, CannotResume> {
    let name = BundleName::beside(leaves);
    let damaged = || CannotResume::Entries(name);
    let (_, bytes) = files::bundle(files, name).ok().flatten().ok_or_else(damaged)?;
    let mut kept = Vec::with_capacity(bytes.len());
    let mut entries = bundle::entries(&bytes).take(usize::from(TILE_WIDTH));
    for hash in hashes {
        let entry =
            entries.next().and_then(Result::ok).filter(|entry| leaf_hash(entry) == *hash).ok_or_else(damaged)?;
        bundle::push(&mut kept, entry).map_err(|_| damaged())?;
    }
    Ok(kept)
}
