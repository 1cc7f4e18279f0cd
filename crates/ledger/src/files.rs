//! A log as static files, as C2SP tlog-tiles lays them out.

use crate::tile::{BundleName, Resource, TILE_WIDTH, Tile, TileFault, Tiles};
use std::io;
use std::path::{Path, PathBuf};

/// The largest file a log can have: a full bundle of the longest entries. Longer ones are refused unread.
pub const FILE_BYTES_MAX: u64 = TILE_WIDTH as u64 * (2 + crate::bundle::ENTRY_BYTES_MAX as u64);

/// Where the files of a log are read from: a directory, an archive, a web address.
pub trait LogFiles {
    /// The bytes of a file; `None` if there is no such file.
    fn read(&self, what: Resource) -> io::Result<Option<Vec<u8>>>;
}

/// The files of a log below a directory.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

/// The tiles among the files of a log.
#[derive(Clone, Copy)]
pub struct FileTiles<'a>(pub &'a dyn LogFiles);

impl Directory {
    /// The log below `root`.
    pub fn new(root: impl AsRef<Path>) -> Directory {
        Directory(root.as_ref().to_owned())
    }
}

impl LogFiles for Directory {
    fn read(&self, what: Resource) -> io::Result<Option<Vec<u8>>> {
        let path = self.0.join(what.path());
        match std::fs::metadata(&path) {
            Ok(facts) if facts.len() > FILE_BYTES_MAX => Err(io::Error::other("the file is too long")),
            Ok(_) => std::fs::read(&path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Tiles for FileTiles<'_> {
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, TileFault> {
        // A partial tile may be gone once the full one is there.
        let filled = Tile::full(tile.level(), tile.index()).filter(|_| !tile.is_full());
        let names = [Some(tile), filled];
        for name in names.into_iter().flatten() {
            let bytes = self.0.read(Resource::Tile(name));
            let bytes = bytes.map_err(|error| TileFault::Unreadable { tile, why: error.to_string() })?;
            match bytes {
                Some(bytes) if bytes.len() == usize::from(name.width()) * crate::hash::HASH_BYTES => return Ok(bytes),
                Some(_) => return Err(TileFault::Malformed(name)),
                None => continue,
            }
        }
        Err(TileFault::Missing(tile))
    }
}

/// The bytes of a bundle, or of the full one that has replaced it.
pub(crate) fn bundle(files: &dyn LogFiles, name: BundleName) -> io::Result<Option<(BundleName, Vec<u8>)>> {
    for name in [name, name.filled()] {
        if let Some(bytes) = files.read(Resource::Bundle(name))? {
            return Ok(Some((name, bytes)));
        }
    }
    Ok(None)
}
