//! Entry bundles: up to 256 entries, each behind its length in two bytes big endian (C2SP tlog-tiles).

/// The most bytes one entry can have: what two length bytes can say.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// An entry is too long for the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {bytes} bytes is longer than the {ENTRY_BYTES_MAX} that a log can hold")]
pub struct EntryTooLong {
    /// Its length.
    pub bytes: usize,
}

/// A bundle ends in the middle of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bundle ends in the middle of an entry")]
pub struct CutShort;

/// Appends one entry to the bytes of a bundle.
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The entries of a bundle, borrowed from its bytes; after [`CutShort`] there are no more.
pub fn entries(bundle: &[u8]) -> Entries<'_> {
    Entries { rest: bundle }
}

/// See [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<&'a [u8], CutShort>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let split = self
            .rest
            .split_first_chunk::<2>()
            .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        let Some((entry, rest)) = split else {
            self.rest = &[];
            return Some(Err(CutShort));
        };
        self.rest = rest;
        Some(Ok(entry))
    }
}
