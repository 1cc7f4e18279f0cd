//! The local root key: one small file.
//!
//! ```text
//!   0   8  magic `CandorKF`
//!   8   1  format, 1
//!   9   1  protection: 0 owner, 1 passphrase
//!  10   4  Argon2id memory in KiB, big-endian; 0 without passphrase
//!  14   4  Argon2id passes
//!  18   4  Argon2id lanes
//!  22  16  Argon2id salt; zeros without passphrase
//!  38  16  id of the root key
//!  54  32  salt ┐
//!  86  32  commitment │ the root key, sealed with suite 1, bound to bytes 0 to 53
//! 118  32  ciphertext │
//! 150  16  tag  ┘
//! 166      the end
//! ```
//!
//! With a passphrase the sealing key is Argon2id of it. Without one the sealing key is a constant: then
//! the seal only detects damage, and what protects the root key is that nobody but the owner can read the file.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use argon2::Block;
use model::Outside;
use zeroize::Zeroizing;

use crate::cipher::{self, Label};
use crate::password::{Cost, argon2id};
use crate::wrapped::KeyId;
use crate::{KeyBytes, KeyFileProblem, KeyService, SealError, Secret};

/// The size of every key file, in bytes.
pub const KEY_FILE_BYTES: usize = HEADER + 32 + 32 + 32 + 16;

const MAGIC: [u8; 8] = *b"CandorKF";
const FORMAT: u8 = 1;
const HEADER: usize = 54;
const ROOT: Label = Label("candor/key-file/1");
const WRAP: Label = Label("candor/wrap/environment-key/1");
/// The second recommended option of RFC 9106 §4, on one lane because nothing would run the others beside it.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const PASSPHRASE_BYTES_MIN: usize = 8;
const PASSPHRASE_BYTES_MAX: usize = 1024;

/// What keeps others from using the file.
pub enum Protection {
    /// The operating system: only the file's owner can read it (mode 0600 or less).
    Owner,
    /// A passphrase of at least 8 bytes, through Argon2id.
    Passphrase(Secret),
}

/// A root key in a local file; implements [`KeyService`].
pub struct KeyFile {
    name: String,
    root: KeyBytes,
}

impl KeyFile {
    /// Makes a new root key and writes it, readable for the owner only. Never overwrites a file.
    pub fn create(path: &Path, protection: &Protection, outside: &dyn Outside) -> Result<Self, SealError> {
        let place = At(path);
        let (id, root) = (KeyId::generate(outside), KeyBytes::generate(outside));
        let header = match protection {
            Protection::Owner => Header { cost: None, salt: [0; 16], id },
            Protection::Passphrase(_) => {
                let mut salt = [0u8; 16];
                outside.fill(&mut salt);
                let cost = Cost::new(MEMORY_KIB, PASSES, 1).map_err(|_| SealError::Primitive)?;
                Header { cost: Some(cost), salt, id }
            }
        };
        let sealing = place.sealing_key(&header, protection)?;
        let bytes = header.to_bytes();
        let sealed = Zeroizing::new(cipher::seal(&sealing, ROOT, &bytes, &bytes, root.expose(), outside)?);
        place.write(&sealed)?;
        Ok(Self::new(id, root))
    }

    /// Opens an existing root key.
    pub fn open(path: &Path, protection: &Protection) -> Result<Self, SealError> {
        let place = At(path);
        let bytes = place.read(protection)?;
        let (header_bytes, body) = bytes.split_at_checked(HEADER).ok_or_else(|| place.truncated(bytes.len()))?;
        let header = Header::from_bytes(&bytes).map_err(|problem| place.wrong(problem))?;
        if bytes.len() < KEY_FILE_BYTES {
            return Err(place.truncated(bytes.len()));
        }
        let sealing = place.sealing_key(&header, protection)?;
        let opened = cipher::open(&sealing, ROOT, header_bytes, body, "a key file").map(Zeroizing::new);
        let root = opened.ok().and_then(|plain| KeyBytes::from_slice(&plain)).ok_or_else(|| {
            place.wrong(match protection {
                Protection::Owner => KeyFileProblem::Changed,
                Protection::Passphrase(_) => KeyFileProblem::WrongPassphrase,
            })
        })?;
        Ok(Self::new(header.id, root))
    }

    fn new(id: KeyId, root: KeyBytes) -> Self {
        Self { name: format!("key file {id}"), root }
    }
}

impl KeyService for KeyFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn wrap(&self, context: &[u8], key: &KeyBytes, outside: &dyn Outside) -> Result<Vec<u8>, SealError> {
        cipher::seal(&self.root, WRAP, context, &[], key.expose(), outside)
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<KeyBytes, SealError> {
        let plain = Zeroizing::new(cipher::open(&self.root, WRAP, context, wrapped, "a wrapped key")?);
        KeyBytes::from_slice(&plain)
            .ok_or(SealError::Malformed { expected: "a wrapped key", words: "the key inside has another length" })
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFile({})", self.name)
    }
}

struct Header {
    /// Of the passphrase, if there is one.
    cost: Option<Cost>,
    salt: [u8; 16],
    id: KeyId,
}

impl Header {
    fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.cost.map_or([0; 3], |cost| [cost.memory_kib(), cost.passes(), cost.lanes()]);
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(&MAGIC);
        out.push(FORMAT);
        out.push(u8::from(self.cost.is_some()));
        numbers.iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(self.id.as_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileProblem> {
        let short = || KeyFileProblem::Truncated { len: bytes.len(), expected: KEY_FILE_BYTES };
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or_else(short)?;
        let (format, rest) = rest.split_first().ok_or_else(short)?;
        let (protection, rest) = rest.split_first().ok_or_else(short)?;
        let (memory_kib, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (passes, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (lanes, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (salt, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let (id, _) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        if *magic != MAGIC {
            return Err(KeyFileProblem::NotAKeyFile);
        }
        if *format != FORMAT {
            return Err(KeyFileProblem::UnknownFormat(*format));
        }
        let numbers = [*memory_kib, *passes, *lanes].map(u32::from_be_bytes);
        let cost = match (*protection, numbers) {
            (0, [0, 0, 0]) => None,
            (1, [memory_kib, passes, lanes]) => {
                Some(Cost::new(memory_kib, passes, lanes).map_err(|_| KeyFileProblem::OutOfBounds)?)
            }
            _ => return Err(KeyFileProblem::Changed),
        };
        Ok(Self { cost, salt: *salt, id: KeyId::from_bytes(*id) })
    }
}

/// The path, so that every complaint names it.
struct At<'a>(&'a Path);

impl At<'_> {
    fn sealing_key(&self, header: &Header, protection: &Protection) -> Result<KeyBytes, SealError> {
        let (cost, passphrase) = match (header.cost, protection) {
            (None, Protection::Owner) => return Ok(KeyBytes::from_bytes([0; 32])),
            (Some(cost), Protection::Passphrase(passphrase)) => (cost, passphrase),
            (None, Protection::Passphrase(_)) => {
                let words = "a passphrase was given, but the file has none; open it without one";
                return Err(self.wrong(KeyFileProblem::OtherProtection(words)));
            }
            (Some(_), Protection::Owner) => {
                let words = "the file is protected by a passphrase, and none was given";
                return Err(self.wrong(KeyFileProblem::OtherProtection(words)));
            }
        };
        if !(PASSPHRASE_BYTES_MIN..=PASSPHRASE_BYTES_MAX).contains(&passphrase.len()) {
            let (min, max) = (PASSPHRASE_BYTES_MIN, PASSPHRASE_BYTES_MAX);
            return Err(self.wrong(KeyFileProblem::PassphraseLength { min, max }));
        }
        let mut key = KeyBytes::from_bytes([0; 32]);
        let mut memory = vec![Block::new(); cost.blocks()];
        argon2id(cost, passphrase.expose(), &header.salt, key.expose_mut(), &mut memory)
            .map_err(|_| SealError::Primitive)?;
        Ok(key)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), SealError> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.0);
        let mut file = opened.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => self.wrong(KeyFileProblem::Exists),
            _ => self.system("create it", &error),
        })?;
        // ORDER: the file and then its name are on disk before the key is used, so nothing is ever
        // sealed under a root key that a power cut could take away.
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            // Half a key file would only stand in the way of the next attempt.
            return Err(match std::fs::remove_file(self.0) {
                Ok(()) => self.system("write it", &error),
                Err(_) => self.system("write it, nor remove the part that was written", &error),
            });
        }
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| self.system("write its folder to disk", &error))
    }

    fn read(&self, protection: &Protection) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let file = File::open(self.0).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.wrong(KeyFileProblem::Missing),
            _ => self.system("open it", &error),
        })?;
        // The open file is asked, not the path, so nobody can exchange it in between.
        let metadata = file.metadata().map_err(|error| self.system("read its mode", &error))?;
        if !metadata.is_file() {
            return Err(self.wrong(KeyFileProblem::NotAFile));
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if matches!(protection, Protection::Owner) && mode & 0o077 != 0 {
            return Err(self.wrong(KeyFileProblem::OpenToOthers { mode }));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES + 1));
        file.take(KEY_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| self.system("read it", &error))?;
        if bytes.len() > KEY_FILE_BYTES {
            return Err(self.wrong(KeyFileProblem::TooLong { expected: KEY_FILE_BYTES }));
        }
        Ok(bytes)
    }

    fn truncated(&self, len: usize) -> SealError {
        self.wrong(KeyFileProblem::Truncated { len, expected: KEY_FILE_BYTES })
    }

    fn wrong(&self, problem: KeyFileProblem) -> SealError {
        SealError::KeyFile { path: PathBuf::from(self.0), problem }
    }

    fn system(&self, doing: &'static str, error: &std::io::Error) -> SealError {
        self.wrong(KeyFileProblem::System { doing, words: error.to_string() })
    }
}
