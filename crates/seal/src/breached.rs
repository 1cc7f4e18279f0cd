//! A file that knows which passwords have leaked, without holding one: a Bloom filter over their SHA-1 digests.
//!
//! ```text
//!   0   16  magic `candor-breached1`
//!  16    8  bits, big endian, a multiple of 8
//!  24    8  looks, big endian: how many bits each password sets
//!  32    …  the bits
//! ```
//!
//! Bit *i* of a password is `(a + i × b) mod bits`, where *a* and *b* are the first two groups of eight bytes of its
//! SHA-1, which is how public lists name leaked passwords. A leaked password is always found; another is taken for a
//! leaked one about once in a thousand, and then another must be chosen. The file is read where it lies, so a list of a
//! thousand million passwords costs 1.8 GB of disk and no memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

const MAGIC: &[u8; 16] = b"candor-breached1";
const HEAD: u64 = 32;
/// One in a thousand: 1.44 × log2(1000) bits for each password, and log2(1000) looks.
const BITS_EACH: u64 = 15;
const LOOKS: u64 = 10;

/// The SHA-1 of a password, as public lists of leaked passwords have it.
pub type Leaked = [u8; 20];

/// The digest of a password that stands in a list as it is.
pub fn leaked(password: &[u8]) -> Leaked {
    let mut out = [0; 20];
    out.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, password).as_ref());
    out
}

/// A filter being made, in memory.
pub struct Filling {
    bits: u64,
    bytes: Vec<u8>,
}

impl Filling {
    /// An empty filter for about so many passwords.
    pub fn new(passwords: u64) -> Self {
        let bits = (passwords.max(64) * BITS_EACH).next_multiple_of(8);
        Self { bits, bytes: vec![0; usize::try_from(bits / 8).unwrap_or(usize::MAX)] }
    }

    /// Adds one.
    pub fn add(&mut self, leaked: &Leaked) {
        for bit in places(leaked, self.bits, LOOKS) {
            if let Some(byte) = usize::try_from(bit / 8).ok().and_then(|at| self.bytes.get_mut(at)) {
                *byte |= 1 << (bit % 8);
            }
        }
    }

    /// Writes the file.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&self.bits.to_be_bytes())?;
        out.write_all(&LOOKS.to_be_bytes())?;
        out.write_all(&self.bytes)
    }
}

/// A filter on disk.
pub struct Breached {
    file: Mutex<File>,
    bits: u64,
    looks: u64,
}

impl Breached {
    /// Opens a file that [`Filling::write`] made; anything else is refused.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = [0u8; HEAD as usize];
        file.read_exact(&mut head)?;
        let bad = |words: &str| io::Error::new(io::ErrorKind::InvalidData, words.to_owned());
        let number = |at: usize| head.get(at..at + 8).and_then(|it| it.try_into().ok()).map_or(0, u64::from_be_bytes);
        let (bits, looks) = (number(16), number(24));
        if !head.starts_with(MAGIC) {
            return Err(bad("this is not a file of breached passwords"));
        }
        let whole = bits >= 64 && bits % 8 == 0 && file.metadata()?.len() == HEAD + bits / 8;
        if !whole || !(1..=64).contains(&looks) {
            return Err(bad("this file of breached passwords is not whole"));
        }
        Ok(Self { file: Mutex::new(file), bits, looks })
    }

    /// Whether a password is among those that leaked. Blocks for a few reads.
    pub fn holds(&self, password: &[u8]) -> io::Result<bool> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        for bit in places(&leaked(password), self.bits, self.looks) {
            let mut byte = [0u8; 1];
            file.seek(SeekFrom::Start(HEAD + bit / 8))?;
            file.read_exact(&mut byte)?;
            if byte[0] >> (bit % 8) & 1 == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn places(leaked: &Leaked, bits: u64, looks: u64) -> impl Iterator<Item = u64> {
    let number = |at: usize| leaked.get(at..at + 8).and_then(|it| it.try_into().ok()).map_or(0, u64::from_be_bytes);
    let (first, step) = (number(0), number(8) | 1);
    (0..looks).map(move |look| first.wrapping_add(look.wrapping_mul(step)) % bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(count: u32) -> tempfile::NamedTempFile {
        let mut filling = Filling::new(u64::from(count));
        (0..count).for_each(|number| filling.add(&leaked(format!("leaked {number}").as_bytes())));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        filling.write(&mut file).unwrap();
        file
    }

    #[test]
    fn every_leaked_password_is_found_and_few_others() {
        let file = file(20_000);
        let breached = Breached::open(file.path()).unwrap();
        assert!((0..20_000).all(|number| breached.holds(format!("leaked {number}").as_bytes()).unwrap()));
        let wrong = (0..20_000).filter(|number| breached.holds(format!("fresh {number}").as_bytes()).unwrap()).count();
        assert!(wrong < 60, "{wrong} of 20,000 were taken for leaked ones");
    }

    #[test]
    fn what_is_not_a_whole_filter_is_refused() {
        let file = file(100);
        let whole = std::fs::read(file.path()).unwrap();
        let mut other = whole.clone();
        other[0] ^= 1;
        for bad in [&[][..], &whole[..whole.len() - 1], &other, &[&whole[..], b"more"].concat()] {
            std::fs::write(file.path(), bad).unwrap();
            assert!(Breached::open(file.path()).is_err());
        }
    }

    /// The digest that public lists give for `password`.
    #[test]
    fn digests_are_those_of_public_lists() {
        assert_eq!(hex::encode_upper(leaked(b"password")), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }
}
