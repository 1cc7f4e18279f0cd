//! Tiles: the stored form of the tree, 256 hashes at a time (C2SP tlog-tiles).

use crate::hash::{HASH_BYTES, Hash, hashes};
use std::collections::BTreeMap;
use std::fmt;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Tree levels that one tile spans.
pub const TILE_HEIGHT: u32 = 8;

/// The highest tile level that a log of fewer than 2^64 entries can have.
pub const LEVEL_MAX: u8 = 7;

/// The name of one tile: `width` hashes at `level`, from position `index * 256` on.
///
/// INVARIANT: `level` is at most [`LEVEL_MAX`], `width` is 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

/// The name of one bundle of entries: `width` entries from entry `index * 256` on.
///
/// INVARIANT: `width` is 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleName {
    index: u64,
    width: u16,
}

/// What a path below the log's address can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `checkpoint`
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`
    Tile(Tile),
    /// `tile/entries/<N>[.p/<W>]`
    Bundle(BundleName),
}

/// Why a tile could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileFault {
    /// There is no such tile.
    #[error("tile {0} is missing")]
    Missing(Tile),
    /// The store could not read it.
    #[error("tile {tile} cannot be read: {why}")]
    Unreadable {
        /// Which tile.
        tile: Tile,
        /// What the store said.
        why: String,
    },
    /// It is not made of as many whole hashes as its name says.
    #[error("tile {0} has the wrong length")]
    Malformed(Tile),
}

/// Where tiles come from: a directory, a key-value store, memory.
pub trait Tiles {
    /// The bytes of `tile`; longer bytes are allowed (a tile only ever grows) and cut to its width by the caller.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, TileFault>;
}

/// Tiles held in memory by level and index, for callers that must fetch them asynchronously beforehand.
#[derive(Clone, Debug, Default)]
pub struct HeldTiles(BTreeMap<(u8, u64), Vec<u8>>);

impl Tile {
    /// A full tile.
    pub fn full(level: u8, index: u64) -> Option<Tile> {
        Tile::new(level, index, TILE_WIDTH)
    }

    /// A tile of `width` hashes; `None` if the level or the width is out of range.
    pub fn new(level: u8, index: u64, width: u16) -> Option<Tile> {
        let fits = level <= LEVEL_MAX && (1..=TILE_WIDTH).contains(&width);
        fits.then_some(Tile { level, index, width })
    }

    /// The tile at `level` and `index` as it stands in a log of `size` entries; `None` if it has no hash yet.
    pub fn in_log(level: u8, index: u64, size: u64) -> Option<Tile> {
        let width = Tile::hashes_at(level, size).saturating_sub(index.checked_mul(u64::from(TILE_WIDTH))?);
        Tile::new(level, index, width.min(u64::from(TILE_WIDTH)) as u16)
    }

    /// How many hashes `level` has in a log of `size` entries.
    pub fn hashes_at(level: u8, size: u64) -> u64 {
        size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
    }

    /// The partial tiles at the right edge of a log of `size` entries, lowest level first.
    pub fn edge_of(size: u64) -> Vec<Tile> {
        let edge = |level| {
            let hashes = Tile::hashes_at(level, size);
            let width = (hashes % u64::from(TILE_WIDTH)) as u16;
            Tile::new(level, hashes / u64::from(TILE_WIDTH), width)
        };
        (0..=LEVEL_MAX).filter_map(edge).collect()
    }

    /// All tiles of a log of `size` entries, lowest level first.
    pub fn all_of(size: u64) -> impl Iterator<Item = Tile> {
        (0..=LEVEL_MAX).flat_map(move |level| {
            let tiles = Tile::hashes_at(level, size).div_ceil(u64::from(TILE_WIDTH));
            (0..tiles).filter_map(move |index| Tile::in_log(level, index, size))
        })
    }

    /// The tile's level; level 0 holds leaf hashes.
    pub fn level(self) -> u8 {
        self.level
    }

    /// The tile's position within its level.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes the tile has.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether all 256 hashes are there.
    pub fn is_full(self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The key under which a key-value store keeps the tile: level, then index big endian; a growing tile keeps its key.
    pub fn key(self) -> [u8; 9] {
        let mut key = [self.level; 9];
        let (_, index) = key.split_at_mut(1);
        index.copy_from_slice(&self.index.to_be_bytes());
        key
    }

    /// The path below the log's address: `tile/<L>/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        format!("tile/{}/{}{}", self.level, Number(self.index), Partial(self.width))
    }

    /// The tile's hashes, cut to its width.
    pub fn cut(self, bytes: &[u8]) -> Result<&[Hash], TileFault> {
        let bytes = bytes.get(..usize::from(self.width) * HASH_BYTES).ok_or(TileFault::Malformed(self))?;
        hashes(bytes).ok_or(TileFault::Malformed(self))
    }
}

impl BundleName {
    /// The bundle at `index` in a log of `size` entries; `None` if it has no entry yet.
    pub fn in_log(index: u64, size: u64) -> Option<BundleName> {
        Tile::in_log(0, index, size).map(BundleName::beside)
    }

    /// The bundle whose entries are the leaves of `leaves`, a tile of level 0.
    pub fn beside(leaves: Tile) -> BundleName {
        BundleName { index: leaves.index, width: leaves.width }
    }

    /// All bundles of a log of `size` entries, in order.
    pub fn all_of(size: u64) -> impl Iterator<Item = BundleName> {
        (0..size.div_ceil(u64::from(TILE_WIDTH))).filter_map(move |index| BundleName::in_log(index, size))
    }

    /// The bundle's position.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many entries the bundle has.
    pub fn width(self) -> u16 {
        self.width
    }

    /// The index of its first entry.
    pub fn first_entry(self) -> u64 {
        self.index.saturating_mul(u64::from(TILE_WIDTH))
    }

    /// The full bundle at the same place, which replaces a partial one for good.
    pub fn filled(self) -> BundleName {
        BundleName { width: TILE_WIDTH, ..self }
    }

    /// The path below the log's address: `tile/entries/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        format!("tile/entries/{}{}", Number(self.index), Partial(self.width))
    }
}

impl Resource {
    /// Reads a path below the log's address; only the one spelling that we write is accepted.
    pub fn parse(path: &str) -> Option<Resource> {
        if path == "checkpoint" {
            return Some(Resource::Checkpoint);
        }
        let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match place.split_once(".p/") {
            Some((number, width)) => (number, plain_number(width)?),
            None => (place, u64::from(TILE_WIDTH)),
        };
        let index = placed_number(number)?;
        let tile = match level {
            "entries" => Tile::new(0, index, u16::try_from(width).ok()?)?,
            _ => Tile::new(u8::try_from(plain_number(level)?).ok()?, index, u16::try_from(width).ok()?)?,
        };
        // `.p/256` is no partial tile.
        if tile.is_full() == place.contains(".p/") {
            return None;
        }
        Some(if level == "entries" { Resource::Bundle(BundleName::beside(tile)) } else { Resource::Tile(tile) })
    }

    /// The path below the log's address.
    pub fn path(self) -> String {
        match self {
            Resource::Checkpoint => "checkpoint".to_owned(),
            Resource::Tile(tile) => tile.path(),
            Resource::Bundle(bundle) => bundle.path(),
        }
    }
}

impl HeldTiles {
    /// Keeps the bytes of `tile`, instead of any shorter ones at the same place.
    pub fn hold(&mut self, tile: Tile, bytes: Vec<u8>) {
        let held = self.0.entry((tile.level, tile.index)).or_default();
        if held.len() <= bytes.len() {
            *held = bytes;
        }
    }
}

impl Tiles for HeldTiles {
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, TileFault> {
        self.0.get(&(tile.level, tile.index)).cloned().ok_or(TileFault::Missing(tile))
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl fmt::Display for BundleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// An index in path elements of three digits, all but the last marked with `x`.
struct Number(u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Seven groups of three digits hold every u64.
        let groups = (0..7u32).rev().map(|group| self.0 / 1000u64.pow(group) % 1000);
        let leading = groups.clone().take(6).take_while(|group| *group == 0).count();
        for (position, group) in groups.enumerate().skip(leading) {
            match position {
                6 => write!(f, "{group:03}")?,
                _ => write!(f, "x{group:03}/")?,
            }
        }
        Ok(())
    }
}

/// The suffix of a partial tile.
struct Partial(u16);

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == TILE_WIDTH { Ok(()) } else { write!(f, ".p/{}", self.0) }
    }
}

/// A decimal number without sign or superfluous zeroes.
pub(crate) fn plain_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    (digits && canonical).then(|| text.parse().ok()).flatten()
}

/// An index as [`Number`] writes it.
fn placed_number(text: &str) -> Option<u64> {
    // Seven elements of at most four characters, with six separators.
    if text.len() > 34 {
        return None;
    }
    let digits: String = text.chars().filter(|c| c.is_ascii_digit()).collect();
    let number = digits.parse().ok()?;
    (Number(number).to_string() == text).then_some(number)
}
