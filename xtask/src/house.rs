use std::collections::BTreeSet;

/// Everything the checks look at: the files and the packages, already read.
#[derive(Debug, Clone, Default)]
pub struct House {
    /// Every file that git tracks or would track, by path.
    pub files: Vec<File>,
    /// Every package in the lock file's graph, ours included.
    pub packages: Vec<Package>,
    /// Names of the packages that are built for some target. The graph names a few that no feature turns on.
    pub built: BTreeSet<String>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Path from the root, with `/`.
    pub path: String,
    /// Its text; empty if it is not UTF-8.
    pub text: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// Whether git tracks it.
    pub tracked: bool,
}

/// One package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The licence expression it declares.
    pub licence: Option<String>,
    /// Where it comes from; none for a package in this repository.
    pub source: Option<String>,
    /// Its manifest from the root of the repository, for ours; else its absolute path.
    pub manifest: String,
    /// Entry files of its targets, from the root of the repository. Only for ours.
    pub roots: Vec<String>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package it names.
    pub name: String,
    /// When it is needed.
    pub need: Need,
}

/// When a dependency is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To run.
    Run,
    /// To build.
    Build,
    /// To test.
    Test,
}

impl House {
    /// The file at that path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The packages of this repository.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl File {
    /// Its name without the folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it is never part of the house: compiled for tests, examples and measurements only.
    pub fn is_test(&self) -> bool {
        let folders = ["/tests/", "/examples/", "/benches/"];
        self.path.ends_with("/tests.rs") || folders.iter().any(|folder| self.path.contains(folder))
    }
}

impl Package {
    /// The folder of its manifest.
    pub fn folder(&self) -> &str {
        self.manifest.strip_suffix("/Cargo.toml").unwrap_or("")
    }

    /// The line in its manifest that names `dependency`, from 1; 0 if none does.
    pub fn line_of(&self, house: &House, dependency: &str) -> usize {
        let Some(manifest) = house.file(&self.manifest) else { return 0 };
        manifest
            .text
            .lines()
            .position(|line| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '='])))
            .map_or(0, |index| index + 1)
    }
}

/// Sample houses for the sabotage tests.
#[cfg(test)]
pub mod sample {
    use super::*;

    impl House {
        /// The same house with one more tracked file.
        pub fn with(mut self, path: &str, text: &str) -> Self {
            self.files.retain(|file| file.path != path);
            self.files.push(File { path: path.into(), text: text.into(), bytes: text.len(), tracked: true });
            self
        }

        /// The same house with one more crate of ours that depends on the named ones.
        pub fn with_crate(self, name: &str, dependencies: &[(&str, Need)]) -> Self {
            let manifest = format!("crates/{name}/Cargo.toml");
            let root = format!("crates/{name}/src/lib.rs");
            let mut house = self
                .with(&manifest, &format!("[package]\nname = \"{name}\"\n\n[lints]\nworkspace = true\n"))
                .with(&root, "//! Something.\n");
            house.packages.push(Package {
                name: name.into(),
                version: "0.1.0".into(),
                licence: Some("Apache-2.0 OR MIT".into()),
                source: None,
                manifest,
                roots: vec![root],
                dependencies: dependencies
                    .iter()
                    .map(|(name, need)| Dependency { name: (*name).into(), need: *need })
                    .collect(),
            });
            house
        }

        /// The same house with one more package from elsewhere.
        pub fn with_foreign(mut self, name: &str, licence: Option<&str>, source: &str) -> Self {
            self.built.insert(name.into());
            self.packages.push(Package {
                name: name.into(),
                version: "1.0.0".into(),
                licence: licence.map(Into::into),
                source: Some(source.into()),
                manifest: String::new(),
                roots: Vec::new(),
                dependencies: Vec::new(),
            });
            self
        }
    }
}
