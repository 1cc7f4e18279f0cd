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
    Ok(list)
}

/// The files of a directory: its own, or, if it is a whole rule set, its set-up, the plug-ins that come before the rules,
/// the rules, and the plug-ins that come after.
fn files_of(directory: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut files = rule_files(directory)?;
    let (rules, plugins) = (directory.join("rules"), directory.join("plugins"));
    if !rules.is_dir() {
        return Ok(files);
    }
    let plugins = if plugins.is_dir() { rule_files(&plugins)? } else { Vec::new() };
    let part = |end: &str| {
        let ends = |file: &&PathBuf| file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(end));
        plugins.iter().filter(ends).cloned().collect::<Vec<_>>()
    };
    files.extend(part("-config"));
    files.extend(part("-before"));
    files.extend(rule_files(&rules)?);
    files.extend(part("-after"));
    Ok(files)
}

pub(crate) fn directories(directories: &[PathBuf]) -> Result<Program, LoadError> {
    let data = |file: &str, name: &str| {
        let path = Path::new(file).parent().unwrap_or(Path::new(".")).join(name);
        std::fs::read(&path).map_err(|cause| format!("{}: {cause}", path.display()))
    };
    let mut compiler = Compiler::new(&data);
    for directory in directories {
        let files = if directory.is_file() { vec![directory.clone()] } else { files_of(directory)? };
        if files.is_empty() {
            return Err(LoadError::Whole { what: format!("{}: there are no rule files", directory.display()) });
        }
        for path in files {
            compiler.file(&RuleFile { name: path.display().to_string(), bytes: read(&path)? })?;
        }
    }
    compiler.finish()
}
