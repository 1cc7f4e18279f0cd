//! Why rules could not be loaded.

/// A reason that rules were refused, with the place in the rule file.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A directive, operator, variable, transformation or action outside the supported subset, or a mistake.
    #[error("{file}:{line}: {what}")]
    Rule {
        /// The file as it was named to the loader.
        file: String,
        /// Line on which the directive begins, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A file could not be read.
    #[error("{path}: {cause}")]
    File {
        /// The path that was tried.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The rules as a whole do not fit together.
    #[error("{what}")]
    Whole {
        /// What is wrong.
        what: String,
    },
}
