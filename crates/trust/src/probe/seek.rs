use super::{Stores, Trouble};
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// How deep directories are followed.
const DEPTH_MAX: usize = 12;

/// Entries of the directory for temporary files that are ours or the database's begin like this.
const TEMPORARY: &[&str] = &["candor", ".candor", "etilqs_"];

/// Looks for words in files, in every form in which a store could keep them in the clear.
pub struct Seeker {
    automaton: AhoCorasick,
    forms: Vec<(usize, &'static str)>,
    longest: usize,
}

/// A place where a word was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which of the words, from 0.
    pub word: usize,
    /// In which form.
    pub form: &'static str,
    /// In which file.
    pub file: PathBuf,
    /// The byte where it begins.
    pub at: u64,
}

/// What was looked through.
#[derive(Debug, Default)]
pub struct Swept {
    /// Files read to their end.
    pub files: u64,
    /// Files there were.
    pub total: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Where words were found.
    pub found: Vec<Found>,
    /// Files that could not be read, and why.
    pub unread: Vec<String>,
}

impl Seeker {
    /// Seeks these words: as they are and in other letter case, as UTF-16, in hexadecimal, in base64 at each alignment.
    pub fn new(words: &[&str]) -> Result<Self, Trouble> {
        let mut patterns = Vec::new();
        let mut forms = Vec::new();
        for (number, word) in words.iter().enumerate() {
            for (form, pattern) in forms_of(word) {
                patterns.push(pattern);
                forms.push((number, form));
            }
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(1);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|error| Trouble::new(format!("cannot build the search: {error}")))?;
        Ok(Self { automaton, forms, longest })
    }

    /// Looks through every store, but not through the runner's own secrets.
    pub fn sweep(&self, stores: &Stores) -> Result<Swept, Trouble> {
        let mut files = Vec::new();
        list(&stores.data, 0, &mut files)?;
        for path in &stores.also {
            list(path, 0, &mut files)?;
        }
        for entry in entries(&stores.temp)? {
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if TEMPORARY.iter().any(|ours| name.starts_with(ours)) {
                list(&entry, 0, &mut files)?;
            }
        }
        files.sort();
        files.dedup();
        files.retain(|file| !stores.own_secrets.contains(file) && !file.starts_with(&stores.scratch));
        let mut swept = Swept { total: files.len() as u64, ..Swept::default() };
        for file in files {
            match self.file(&file, &mut swept) {
                Ok(()) => swept.files += 1,
                // A journal that was folded into its file in the meantime.
                Err(error) if error.kind() == ErrorKind::NotFound => swept.total -= 1,
                Err(error) => swept.unread.push(format!("{}: {error}", shown(&file, stores))),
            }
        }
        Ok(swept)
    }

    /// The same on a thread that may wait for the disk.
    pub async fn sweep_aside(self, stores: &Stores) -> Result<Swept, Trouble> {
        let stores = stores.clone();
        let swept = tokio::task::spawn_blocking(move || self.sweep(&stores)).await;
        swept.map_err(|error| Trouble::new(format!("looking through the stores: {error}")))?
    }

    /// Looks through one file.
    pub fn file(&self, path: &Path, swept: &mut Swept) -> std::io::Result<()> {
        let mut file = File::open(path)?;
        let mut buffer = vec![0u8; CHUNK_BYTES + self.longest];
        let mut held = 0;
        let mut offset = 0u64;
        loop {
            let Some(free) = buffer.get_mut(held..) else { return Ok(()) };
            let read = file.read(free)?;
            if read == 0 {
                return Ok(());
            }
            swept.bytes += read as u64;
            let filled = held + read;
            let window = buffer.get(..filled).unwrap_or(&[]);
            for found in self.automaton.find_overlapping_iter(window) {
                // What ends within the part carried over was found before.
                if found.end() <= held {
                    continue;
                }
                if let Some((word, form)) = self.forms.get(found.pattern().as_usize()) {
                    let at = offset + found.start() as u64;
                    swept.found.push(Found { word: *word, form, file: path.to_owned(), at });
                }
            }
            // Carry over the end, in which a word may have begun.
            let keep = filled.min(self.longest - 1);
            buffer.copy_within(filled - keep..filled, 0);
            offset += (filled - keep) as u64;
            held = keep;
        }
    }
}

/// A file as it may be named in public: by its place below a store, without the machine's own directories.
pub(crate) fn shown(file: &Path, stores: &Stores) -> String {
    if let Ok(below) = file.strip_prefix(&stores.data) {
        return format!("data/{}", below.display());
    }
    if let Ok(below) = file.strip_prefix(&stores.temp) {
        return format!("temp/{}", below.display());
    }
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Each form with its bytes.
pub(crate) fn forms_of(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let lower = word.to_lowercase();
    let upper = word.to_uppercase();
    let mut capital: String = upper.chars().take(1).collect();
    capital.extend(lower.chars().skip(1));
    let mut forms = vec![("plain", word.as_bytes().to_vec())];
    for (other, form) in [(lower, "lower case"), (upper, "upper case"), (capital, "capitalised")] {
        if other != word {
            forms.push((form, other.clone().into_bytes()));
        }
        if form == "capitalised" {
            continue;
        }
        forms.push(("UTF-16 little endian", other.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        forms.push(("UTF-16 big endian", other.encode_utf16().flat_map(u16::to_be_bytes).collect()));
        forms.push(("hexadecimal", hex::encode(&other).into_bytes()));
        forms.push(("hexadecimal", hex::encode_upper(&other).into_bytes()));
        for lead in 0..3 {
            forms.push(("base64", base64_core(other.as_bytes(), lead)));
        }
    }
    forms.push(("backwards", word.bytes().rev().collect()));
    forms.sort();
    forms.dedup_by(|one, other| one.1 == other.1);
    forms
}

/// The part of base64 that does not depend on what stands around the word, `lead` bytes after a boundary.
fn base64_core(word: &[u8], lead: usize) -> Vec<u8> {
    let mut padded = vec![0u8; lead];
    padded.extend_from_slice(word);
    let encoded = STANDARD.encode(&padded);
    let from = (lead * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    encoded.as_bytes().get(from..to).unwrap_or(&[]).to_vec()
}

fn list(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Trouble> {
    let facts = match std::fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if facts.is_file() {
        files.push(path.to_owned());
    }
    if facts.is_dir() {
        if depth == DEPTH_MAX {
            return Err(Trouble::new("the data directory is nested too deeply to be looked through"));
        }
        for entry in entries(path)? {
            list(&entry, depth + 1, files)?;
        }
    }
    Ok(())
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let listed = match std::fs::read_dir(path) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry?.path());
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seek(word: &str, content: &[u8]) -> Vec<Found> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, content).unwrap();
        let mut swept = Swept::default();
        Seeker::new(&[word]).unwrap().file(&path, &mut swept).unwrap();
        assert_eq!(swept.bytes, content.len() as u64);
        swept.found
    }

    #[test]
    fn a_word_is_found_in_every_form_and_at_every_offset() {
        let word = "quixovarnbetl";
        for lead in 0..9 {
            let mut text = "x".repeat(lead);
            text.push_str(word);
            text.push_str("yyyy");
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for (form, bytes) in [
                ("plain", text.clone().into_bytes()),
                ("upper case", text.to_uppercase().into_bytes()),
                ("hexadecimal", hex::encode(&text).into_bytes()),
                ("base64", STANDARD.encode(&text).into_bytes()),
                ("UTF-16 little endian", utf16),
            ] {
                let found = seek(word, &bytes);
                assert!(found.iter().any(|found| found.form == form), "{form} after {lead}: {found:?}");
            }
        }
    }

    #[test]
    fn a_word_across_two_reads_is_found_once() {
        let word = "quixovarnbetl";
        for lead in CHUNK_BYTES - 20..CHUNK_BYTES + 60 {
            let mut content = vec![b'-'; lead];
            content.extend(word.as_bytes());
            content.extend([b'-'; 300]);
            let found = seek(word, &content);
            assert_eq!(found.len(), 1, "{lead}");
            assert_eq!(found[0].at, lead as u64);
        }
    }
}
