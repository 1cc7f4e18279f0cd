//! Checkpoints: the signed head of a log (C2SP tlog-checkpoint).

use crate::hash::Hash;
use crate::note::{self, NoteError, SigningKey, VerifyingKey};
use crate::tile::plain_number;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a log says of itself at one size: this many entries, with this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root hash over them.
    pub root: Hash,
    /// Further lines; the format allows them and gives them no meaning.
    pub extensions: Vec<String>,
}

/// Why a note is no checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note did not open.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not origin, size, root.
    #[error("the note is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It speaks of another log.
    #[error("the checkpoint is of the log {0}")]
    OtherLog(String),
}

impl Checkpoint {
    /// A checkpoint without further lines.
    pub fn new(origin: &str, size: u64, root: Hash) -> Checkpoint {
        Checkpoint { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads the text of a note that has been opened.
    pub fn from_text(text: &str) -> Result<Checkpoint, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Malformed("the last line does not end"))?;
        if body.split('\n').any(str::is_empty) {
            return Err(CheckpointError::Malformed("it has an empty line"));
        }
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Malformed("it has fewer than three lines"));
        };
        let size = plain_number(size).ok_or(CheckpointError::Malformed("the size is not a number"))?;
        let root = STANDARD.decode(root).ok().and_then(|root| Hash::try_from(root).ok());
        let root = root.ok_or(CheckpointError::Malformed("the root is not a hash"))?;
        let extensions = lines.map(str::to_owned).collect();
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions })
    }

    /// The signed note. Fails if the origin or an extension line is empty or has control characters.
    pub fn signed(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        let text = self.to_text();
        if Checkpoint::from_text(&text)? != *self {
            return Err(CheckpointError::Malformed("a line has a newline in it"));
        }
        Ok(key.sign(&text)?)
    }

    /// Opens a signed note by one of `keys` and reads the checkpoint, which must be of the log `origin`.
    pub fn opened(signed: &str, origin: &str, keys: &[VerifyingKey]) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::from_text(note::open(signed, keys)?.text)?;
        if checkpoint.origin == origin { Ok(checkpoint) } else { Err(CheckpointError::OtherLog(checkpoint.origin)) }
    }
}
