use std::fmt;

/// One thing that is not as it should be: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, as it stands in `xtask/exceptions.txt`.
    pub rule: &'static str,
    /// Path from the root of the repository.
    pub file: String,
    /// From 1; 0 means the whole file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether it fails the check.
    pub weight: Weight,
}

/// Whether a finding fails the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Worth knowing; passes.
    Note,
    /// Fails.
    Error,
}

impl Finding {
    /// A finding that fails the check.
    pub fn error(
        rule: &'static str,
        file: &str,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { rule, file: file.to_owned(), line, what: what.into(), remedy: remedy.into(), weight: Weight::Error }
    }

    /// The same finding as a note.
    pub fn into_note(mut self) -> Self {
        self.weight = Weight::Note;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Note => "note",
            Weight::Error => "error",
        };
        if self.line == 0 {
            write!(f, "{weight}[{}] {}: {}\n    {}", self.rule, self.file, self.what, self.remedy)
        } else {
            write!(f, "{weight}[{}] {}:{}: {}\n    {}", self.rule, self.file, self.line, self.what, self.remedy)
        }
    }
}
