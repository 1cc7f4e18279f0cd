//! Reads rule directories; the only place in this crate that touches files.

use crate::compile::{Compiler, RuleFile};
use crate::error::LoadError;
use crate::program::Program;
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|cause| LoadError::File { path: path.display().to_string(), cause })
}

/// The `*.conf` files of a directory in the order of their names.
fn rule_files(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let fail = |cause| LoadError::File { path: directory.display().to_string(), cause };
    let mut list = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|extension| extension == "conf") {
            list.push(path);
        }
    }
    list.sort();
    if list.is_empty() && directory.join("rules").is_dir() {
        return rule_files(&directory.join("rules"));
    }
    Ok(list)
}

pub(crate) fn directories(directories: &[PathBuf]) -> Result<Program, LoadError> {
    let data = |file: &str, name: &str| {
        let path = Path::new(file).parent().unwrap_or(Path::new(".")).join(name);
        std::fs::read(&path).map_err(|cause| format!("{}: {cause}", path.display()))
    };
    let mut compiler = Compiler::new(&data);
    for directory in directories {
        let files = if directory.is_file() { vec![directory.clone()] } else { rule_files(directory)? };
        if files.is_empty() {
            return Err(LoadError::Whole { what: format!("{}: there are no rule files", directory.display()) });
        }
        for path in files {
            compiler.file(&RuleFile { name: path.display().to_string(), bytes: read(&path)? })?;
        }
    }
    compiler.finish()
}
