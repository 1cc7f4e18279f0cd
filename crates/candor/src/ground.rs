//! What lies where in the data directory, and files that only their owner may read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use model::{Fault, Outside, TenantId};
use serde::{Deserialize, Serialize};

/// The data directory.
#[derive(Debug, Clone)]
pub struct Ground(PathBuf);

/// What a house is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The tenant of the house itself.
    pub house: TenantId,
    /// Its name in the public log: letters, digits, dots and hyphens.
    pub deployment: String,
}

impl Ground {
    /// Takes a directory, making it if need be, for its owner alone.
    pub fn take(path: &Path) -> Result<Self, Fault> {
        let ground = Self(path.to_owned());
        for part in ["", "keys", "tls", "runner", "trust"] {
            let dir = path.join(part);
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
            made.map_err(|error| Fault::new(format!("making the directory {}", dir.display()), error))?;
        }
        let absolute = ground.0.canonicalize().map_err(|error| Fault::new("finding the data directory", error))?;
        Ok(Self(absolute))
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// A place below it.
    pub fn at(&self, part: &str) -> PathBuf {
        self.0.join(part)
    }

    /// The house's name, made at the first start.
    pub fn name(&self, outside: &dyn Outside) -> Result<Name, Fault> {
        if let Some(name) = self.read_json("house.json")? {
            return Ok(name);
        }
        let house = outside.tenant_id();
        let digits: String = house.to_string().chars().rev().filter(char::is_ascii_hexdigit).take(10).collect();
        let name = Name { house, deployment: format!("candor-{digits}") };
        self.write_json("house.json", &name)?;
        Ok(name)
    }

    /// A file's text, or none if there is no such file.
    pub fn read(&self, part: &str) -> Result<Option<Vec<u8>>, Fault> {
        match fs::read(self.at(part)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::new(format!("reading {part}"), error)),
        }
    }

    /// A file as JSON, or none if there is no such file.
    pub fn read_json<T: serde::de::DeserializeOwned>(&self, part: &str) -> Result<Option<T>, Fault> {
        let bytes = self.read(part)?;
        bytes
            .map(|bytes| serde_json::from_slice(&bytes).map_err(|error| Fault::new(format!("reading {part}"), error)))
            .transpose()
    }

    /// Writes a file for its owner alone: whole under another name first, then in place.
    pub fn write(&self, part: &str, bytes: &[u8]) -> Result<(), Fault> {
        let place = self.at(part);
        let fresh = self.at(&format!("{part}.new"));
        let written = (|| {
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&fresh, &place)
        })();
        written.map_err(|error: std::io::Error| Fault::new(format!("writing {part}"), error))
    }

    /// Writes a file as JSON for its owner alone.
    pub fn write_json(&self, part: &str, value: &impl Serialize) -> Result<(), Fault> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| Fault::new(format!("writing {part}"), error))?;
        self.write(part, &bytes)
    }
}
