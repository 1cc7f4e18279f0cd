use model::{Refusal, RefusalKind};

/// Why a text cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words} (at {path}, line {line}, column {column})")]
pub struct Unreadable {
    /// `Malformed` or `TooLarge`.
    pub kind: RefusalKind,
    /// FHIRPath of the value that was being read.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong and what is expected. Holds no content.
    pub words: String,
}

impl From<Unreadable> for Refusal {
    fn from(no: Unreadable) -> Self {
        let words = match no.kind {
            RefusalKind::TooLarge => "This is more than is taken at once.",
            _ => "This cannot be read as JSON.",
        };
        Self::new(no.kind, words)
            .at(no.path, format!("{} This is at line {}, column {}.", no.words, no.line, no.column))
    }
}
