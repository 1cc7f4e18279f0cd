use std::path::{Path, PathBuf};

use model::Fault;

use super::failed;

/// A directory for what is written while measuring. It goes when this goes.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Takes an absent or empty directory.
    pub fn take(path: PathBuf) -> Result<Self, Fault> {
        std::fs::create_dir_all(&path).map_err(failed)?;
        let mut inside = std::fs::read_dir(&path).map_err(failed)?;
        if inside.next().is_some() {
            return Err(failed(format!("{} is not empty; it may be left from an earlier run", path.display())));
        }
        Ok(Self(path.canonicalize().map_err(failed)?))
    }

    /// A place below it.
    pub fn at(&self, part: &str) -> PathBuf {
        self.0.join(part)
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "what was written while measuring could not be removed");
        }
    }
}
