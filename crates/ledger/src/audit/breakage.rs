//! What an audit can say.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::tile::{BundleName, Tile, TileFault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// Entries named in one sentence; more are counted.
const NAMED_MAX: usize = 8;

/// The log is whole: every entry is what was logged, and every checkpoint is of this log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The latest checkpoint, which the entries confirm.
    pub checkpoint: Checkpoint,
    /// How many earlier checkpoints the entries confirm.
    pub earlier_checkpoints: u64,
    /// How many stored tiles are what the entries give.
    pub tiles_compared: u64,
    /// Entries after the latest checkpoint: nothing vouches for them yet.
    pub entries_beyond: u64,
}

/// The log is not whole; at least one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What was found, the most telling first.
    pub found: Vec<Breakage>,
}

/// One thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breakage {
    /// The latest checkpoint is not to be trusted, so nothing could be checked.
    #[error("the latest checkpoint cannot be trusted: {0}")]
    Checkpoint(CheckpointError),
    /// An earlier checkpoint is not to be trusted.
    #[error("earlier checkpoint {position} cannot be trusted: {why}")]
    EarlierCheckpoint {
        /// Which of the given ones, from 0.
        position: usize,
        /// Why not.
        why: CheckpointError,
    },
    /// There is no checkpoint file, or it cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    NoCheckpoint(String),
    /// A checkpoint signed before counts more entries than the latest.
    #[error("the log was shortened: an earlier checkpoint counts {earlier} entries, the latest {latest}")]
    Shortened {
        /// Entries then.
        earlier: u64,
        /// Entries now.
        latest: u64,
    },
    /// Fewer entries are there than were signed.
    #[error("the log was shortened: the checkpoint counts {signed} entries, {present} are there")]
    Missing {
        /// Entries in the checkpoint.
        signed: u64,
        /// Entries found.
        present: u64,
    },
    /// These entries are not those whose hashes are in the tree under the signed root.
    #[error("{}", NotLogged(.0))]
    Entries(Vec<u64>),
    /// Without tiles nobody can say which entry it is, only between which checkpoints.
    #[error("an entry from {from} on and before {to} is not what was logged")]
    SomeEntry {
        /// All entries before this one are confirmed.
        from: u64,
        /// One past the last that it can be.
        to: u64,
    },
    /// The log is whole, but it is another one than was signed before.
    #[error("the log was rewritten: an earlier checkpoint of {size} entries is not of this log")]
    Rewritten {
        /// The size of that checkpoint.
        size: u64,
    },
    /// A stored tile is not what was built.
    #[error("{0} is not what the entries give")]
    TileAltered(Tile),
    /// A stored tile is not to be had.
    #[error(transparent)]
    Tile(TileFault),
    /// An entry and its tile disagree, and the tiles do not lead to the signed root either.
    #[error("entry {index} is not what {tile} says, and the tiles do not have the signed root")]
    EntryOrTile {
        /// The first such entry in that tile.
        index: u64,
        /// The tile.
        tile: Tile,
    },
    /// A bundle of entries is not to be had or cannot be taken apart.
    #[error("{bundle} is broken at entry {entry}: {why}")]
    Bundle {
        /// The bundle.
        bundle: BundleName,
        /// The first entry that it does not yield.
        entry: u64,
        /// Why.
        why: String,
    },
}

impl Broken {
    pub(crate) fn one(breakage: Breakage) -> Broken {
        Broken { found: vec![breakage] }
    }

    pub(crate) fn of(found: Vec<Breakage>) -> Option<Broken> {
        if found.is_empty() { None } else { Some(Broken { found }) }
    }

    /// The entries that are known to have been changed.
    pub fn changed_entries(&self) -> Vec<u64> {
        let named = self.found.iter().filter_map(|found| match found {
            Breakage::Entries(entries) => Some(entries.as_slice()),
            _ => None,
        });
        named.flatten().copied().collect()
    }
}

impl std::error::Error for Broken {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, breakage) in self.found.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{breakage}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checkpoint { origin, size, root, .. } = &self.checkpoint;
        write!(f, "{origin}: all {size} entries are what was logged (root {})", STANDARD.encode(root))?;
        write!(f, "; {} earlier checkpoints and {} tiles agree", self.earlier_checkpoints, self.tiles_compared)?;
        match self.entries_beyond {
            0 => Ok(()),
            newer => write!(f, "; {newer} entries are newer than the checkpoint"),
        }
    }
}

/// A sentence about changed entries.
struct NotLogged<'a>(&'a [u64]);

impl fmt::Display for NotLogged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [index] = self.0 {
            return write!(f, "entry {index} is not what was logged");
        }
        f.write_str("entries ")?;
        for (position, index) in self.0.iter().take(NAMED_MAX).enumerate() {
            write!(f, "{}{index}", if position == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(NAMED_MAX) {
            0 => f.write_str(" are not what was logged"),
            more => write!(f, " and {more} more are not what was logged"),
        }
    }
}
