//! Checking a whole log: every entry, every tile, every checkpoint; a report, or exactly what broke.
//!
//! Entries are hashed as they stream by; nothing is kept but the right edge of the tree. Earlier checkpoints need no
//! consistency proofs here: the root at their size is recomputed. Tiles, where there are any, say *which* entry changed.

mod breakage;
mod whole;

pub use breakage::{Breakage, Broken, Report};
pub use whole::files;

use crate::checkpoint::Checkpoint;
use crate::edge::Edge;
use crate::hash::{Hash, leaf_hash, root_of};
use crate::note::VerifyingKey;
use crate::tile::{TILE_WIDTH, Tile, TileFault, Tiles};

/// Disagreements with tiles that are kept for judgement; the first ones tell the story.
const SUSPECTS_MAX: usize = 64;

/// What the auditor trusts beforehand, and the checkpoints to hold the log to.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    /// The name of the log.
    pub origin: &'a str,
    /// The keys that may sign for it.
    pub keys: &'a [VerifyingKey],
    /// The latest signed checkpoint.
    pub latest: &'a str,
    /// Signed checkpoints seen before, in any order.
    pub earlier: &'a [String],
}

/// An audit under way: give it every entry in order, then [`Auditor::finish`].
pub struct Auditor<'t> {
    latest: Checkpoint,
    /// Sorted by size; those before `passed` have been held against the log.
    earlier: Vec<(u64, Hash)>,
    passed: usize,
    /// The size of the last earlier checkpoint that the entries confirm, and of the first that they contradict.
    confirmed: u64,
    contradicted: Option<u64>,
    edge: Edge,
    comparison: Comparison<'t>,
    halted: Option<Breakage>,
    found: Vec<Breakage>,
    beyond: u64,
}

/// The stored tiles beside the recomputed ones.
struct Comparison<'t> {
    tiles: Option<&'t dyn Tiles>,
    size: u64,
    agreed: u64,
    suspects: Vec<Suspect>,
    faults: Vec<TileFault>,
}

/// A stored tile that differs from the recomputed one.
struct Suspect {
    tile: Tile,
    computed: Vec<Hash>,
}

impl<'t> Auditor<'t> {
    /// Opens the checkpoints. `tiles` are compared with the entries if they are given, all of them.
    pub fn begin(claimed: &Claimed<'_>, tiles: Option<&'t dyn Tiles>) -> Result<Auditor<'t>, Broken> {
        let latest = Checkpoint::opened(claimed.latest, claimed.origin, claimed.keys)
            .map_err(|why| Broken::one(Breakage::Checkpoint(why)))?;
        let mut found = Vec::new();
        let mut earlier = Vec::new();
        for (position, signed) in claimed.earlier.iter().enumerate() {
            match Checkpoint::opened(signed, claimed.origin, claimed.keys) {
                Ok(old) if old.size > latest.size => {
                    found.push(Breakage::Shortened { earlier: old.size, latest: latest.size });
                }
                Ok(old) => earlier.push((old.size, old.root)),
                Err(why) => found.push(Breakage::EarlierCheckpoint { position, why }),
            }
        }
        earlier.sort_unstable();
        let comparison = Comparison { tiles, size: latest.size, agreed: 0, suspects: Vec::new(), faults: Vec::new() };
        let mut auditor = Auditor {
            latest,
            earlier,
            passed: 0,
            confirmed: 0,
            contradicted: None,
            edge: Edge::empty(),
            comparison,
            halted: None,
            found,
            beyond: 0,
        };
        auditor.pass_checkpoints();
        Ok(auditor)
    }

    /// Takes the next entry. Entries after the latest checkpoint are counted but nothing vouches for them.
    pub fn entry(&mut self, entry: &[u8]) {
        if self.edge.size() == self.latest.size {
            self.beyond += 1;
            return;
        }
        let Auditor { edge, comparison, .. } = self;
        edge.append(leaf_hash(entry), |tile, hashes| comparison.hold_against(tile, hashes));
        self.pass_checkpoints();
    }

    /// How many entries the latest checkpoint counts.
    pub fn size(&self) -> u64 {
        self.latest.size
    }

    /// Says that the entries end early, and why.
    fn halt(&mut self, why: Breakage) {
        self.halted.get_or_insert(why);
    }

    /// The verdict.
    pub fn finish(mut self) -> Result<Report, Broken> {
        for (tile, hashes) in self.edge.partial_tiles() {
            self.comparison.hold_against(tile, hashes);
        }
        let complete = self.edge.size() == self.latest.size;
        let right = complete && self.edge.root() == self.latest.root;
        self.found.extend(self.halted.take());
        if right {
            let altered = self.comparison.suspects.iter().map(|suspect| Breakage::TileAltered(suspect.tile));
            self.found.extend(altered);
            self.found.extend(self.contradicted.map(|size| Breakage::Rewritten { size }));
        } else {
            self.name_the_changed(complete);
        }
        self.found.extend(self.comparison.faults.drain(..).map(Breakage::Tile));
        match Broken::of(self.found) {
            Some(broken) => Err(broken),
            None => Ok(Report {
                checkpoint: self.latest,
                earlier_checkpoints: self.earlier.len() as u64,
                tiles_compared: self.comparison.agreed,
                entries_beyond: self.beyond,
            }),
        }
    }

    /// Holds the log at its present size against every earlier checkpoint of that size.
    fn pass_checkpoints(&mut self) {
        let size = self.edge.size();
        while let Some((old, old_root)) = self.earlier.get(self.passed).filter(|(old, _)| *old == size) {
            if self.edge.root() == *old_root {
                if self.contradicted.is_none() {
                    self.confirmed = *old;
                }
            } else {
                self.contradicted.get_or_insert(*old);
            }
            self.passed += 1;
        }
    }

    /// The entries do not lead to the signed root: says which, as exactly as tiles and checkpoints allow.
    fn name_the_changed(&mut self, complete: bool) {
        let before = self.found.len();
        if let Some(tiles) = self.comparison.tiles {
            let vouched = Vouched { tiles, checkpoint: &self.latest, edge_holds: edge_holds(tiles, &self.latest) };
            let judged = self.comparison.suspects.iter().filter_map(|suspect| vouched.judge(suspect));
            self.found.extend(judged);
        }
        let told = self.found.iter().any(|found| matches!(found, Breakage::Bundle { .. }));
        if !complete && !told {
            self.found.push(Breakage::Missing { signed: self.latest.size, present: self.edge.size() });
        } else if complete && self.found.len() == before {
            let to = self.contradicted.unwrap_or(self.latest.size);
            self.found.push(Breakage::SomeEntry { from: self.confirmed, to });
        }
    }
}

impl Comparison<'_> {
    /// Compares recomputed hashes with the stored tile at their place.
    fn hold_against(&mut self, computed: Tile, hashes: &[Hash]) {
        let Some(tiles) = self.tiles else { return };
        let Some(tile) = Tile::in_log(computed.level(), computed.index(), self.size) else { return };
        let stored = tiles.tile(tile);
        match stored.as_deref().map_err(TileFault::clone).and_then(|bytes| tile.cut(bytes)) {
            Ok(stored) if stored.starts_with(hashes) => self.agreed += 1,
            Ok(_) if self.suspects.len() < SUSPECTS_MAX => {
                self.suspects.push(Suspect { tile, computed: hashes.to_vec() });
            }
            Err(fault) if self.faults.len() < SUSPECTS_MAX => self.faults.push(fault),
            Ok(_) | Err(_) => (),
        }
    }
}

/// The stored tiles as far as the signed root vouches for them.
struct Vouched<'a> {
    tiles: &'a dyn Tiles,
    checkpoint: &'a Checkpoint,
    edge_holds: bool,
}

impl Vouched<'_> {
    /// Who is wrong where a tile and the entries disagree; `None` if that follows from a disagreement further down.
    fn judge(&self, suspect: &Suspect) -> Option<Breakage> {
        let tile = suspect.tile;
        let Some(stored) = self.vouched_hashes(tile) else {
            let index = (tile.level() == 0).then(|| self.differing(suspect)?.first().copied()).flatten();
            return Some(match index {
                Some(index) if !self.edge_holds => Breakage::EntryOrTile { index, tile },
                _ => Breakage::TileAltered(tile),
            });
        };
        if tile.level() > 0 {
            return None;
        }
        Some(Breakage::Entries(differences(tile, &stored, &suspect.computed)))
    }

    fn differing(&self, suspect: &Suspect) -> Option<Vec<u64>> {
        let bytes = self.tiles.tile(suspect.tile).ok()?;
        Some(differences(suspect.tile, suspect.tile.cut(&bytes).ok()?, &suspect.computed))
    }

    /// The hashes of a stored tile, if they lead to the signed root: through its parents, or as part of the right edge.
    fn vouched_hashes(&self, tile: Tile) -> Option<Vec<Hash>> {
        let bytes = self.tiles.tile(tile).ok()?;
        let hashes = tile.cut(&bytes).ok()?;
        if !tile.is_full() {
            return self.edge_holds.then(|| hashes.to_vec());
        }
        let width = u64::from(TILE_WIDTH);
        let parent = Tile::in_log(tile.level() + 1, tile.index() / width, self.checkpoint.size)?;
        let parent_hashes = self.vouched_hashes(parent)?;
        let recorded = parent_hashes.get((tile.index() % width) as usize)?;
        (*recorded == root_of(hashes)).then(|| hashes.to_vec())
    }
}

fn edge_holds(tiles: &dyn Tiles, checkpoint: &Checkpoint) -> bool {
    Edge::open(checkpoint.size, tiles).is_ok_and(|edge| edge.root() == checkpoint.root)
}

/// The indices of the entries whose hashes differ.
fn differences(tile: Tile, stored: &[Hash], computed: &[Hash]) -> Vec<u64> {
    let first = tile.index() * u64::from(TILE_WIDTH);
    let pairs = (first..).zip(stored.iter().zip(computed));
    pairs.filter(|(_, (stored, computed))| stored != computed).map(|(index, _)| index).collect()
}
