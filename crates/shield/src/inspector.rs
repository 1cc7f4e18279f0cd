//! Rules and settings together, ready for requests.

use crate::compile::{Compiler, RuleFile};
use crate::error::LoadError;
use crate::inspect::{Run, Spared};
use crate::load;
use crate::pack;
use crate::program::{Program, Rereads, RuleIndex};
use crate::request::Request;
use crate::settings::{Exclusion, Exclusions, Rules, Settings, Terms};
use crate::store::{Held, Store};
use crate::verdict::{Step, Verdict};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

/// Inspects requests; cheap to share between threads, never changed.
pub struct Inspector {
    program: Program,
    settings: Settings,
    spared: Exclusions,
    start: Store,
    seed: u64,
}

impl Inspector {
    /// Loads the `*.conf` files of directories, in order.
    pub fn load(directories: &[PathBuf], settings: Settings) -> Result<Self, LoadError> {
        Self::new(load::directories(directories)?, settings)
    }

    /// Compiles rules given as text; data files cannot be named.
    pub fn from_text(name: &str, rules: &str, settings: Settings) -> Result<Self, LoadError> {
        let data = |_: &str, name: &str| Err(format!("{name}: rules given as text have no data files"));
        let mut compiler = Compiler::new(&data);
        compiler.file(&RuleFile { name: name.to_owned(), bytes: rules.as_bytes().to_vec() })?;
        Self::new(compiler.finish()?, settings)
    }

    /// The rules of the house, which need no files.
    pub fn built_in(settings: Settings) -> Result<Self, LoadError> {
        let data = |_: &str, name: &str| Err(format!("{name}: the built-in rules have no data files"));
        let mut compiler = Compiler::new(&data);
        for (name, rules) in pack::FILES {
            compiler.file(&RuleFile { name: (*name).to_owned(), bytes: rules.as_bytes().to_vec() })?;
        }
        let program = Program { rereads: Rereads::Base64, ..compiler.finish()? };
        Self::new(program, settings)
    }

    pub(crate) fn new(mut program: Program, settings: Settings) -> Result<Self, LoadError> {
        let spared = Exclusions(spared(&mut program, &settings.exclusions)?);
        let level = settings.paranoia.to_string();
        let mut values = vec![("crs_setup_version".to_owned(), "334".to_owned())];
        for name in
            ["paranoia_level", "executing_paranoia_level", "blocking_paranoia_level", "detection_paranoia_level"]
        {
            values.push((name.to_owned(), level.clone()));
        }
        values.push(("inbound_anomaly_score_threshold".to_owned(), settings.inbound_threshold.to_string()));
        values.push(("outbound_anomaly_score_threshold".to_owned(), settings.outbound_threshold.to_string()));
        values.extend(settings.variables.iter().cloned());
        for (name, _) in &values {
            program.names.slot(name.as_bytes());
        }
        let mut start = Store::new(&program.names);
        for (name, value) in values {
            let slot = program.names.slot(name.as_bytes());
            start.put(slot, Some(Held::of(value.as_bytes())));
        }
        let seed = RandomState::new().hash_one(start.len());
        Ok(Self { program, settings, spared, start, seed })
    }

    /// Inspects one request.
    pub fn inspect(&self, request: &Request<'_>) -> Verdict {
        self.inspect_under(request, Terms::default())
    }

    /// Inspects one request under terms of its own.
    pub fn inspect_under(&self, request: &Request<'_>, terms: Terms<'_>) -> Verdict {
        self.run(request, terms).finish().0
    }

    /// Looks up what exclusions name. One that names no loaded rule is an error.
    pub fn exclusions(&self, list: &[Exclusion]) -> Result<Exclusions, LoadError> {
        // A field of the transaction that no rule knows gets a slot in the copy only, where nothing is ever found.
        let mut names = self.program.names.clone();
        Ok(Exclusions(spared_by(&self.program, &mut names, list)?))
    }

    /// What a rule says of itself, by its id.
    pub fn told(&self, id: u32) -> Option<Told<'_>> {
        let rule = self.program.rules.get(*self.program.by_id.get(&id)?)?;
        Some(Told { message: rule.message.source(), tags: &rule.tags, file: &rule.file })
    }

    /// Inspects one request and tells of every rule what came of it.
    pub fn explain(&self, request: &Request<'_>) -> (Verdict, Vec<Step>) {
        self.run(request, Terms::default()).traced().finish()
    }

    fn run<'i, 'r>(&'i self, request: &'i Request<'r>, terms: Terms<'i>) -> Run<'i, 'r> {
        Run::new((&self.program, &self.settings, self.seed), &self.spared, &self.start, request, terms)
    }

    /// How many rules are loaded.
    pub fn rules(&self) -> usize {
        self.program.rules.len()
    }

    /// The file in which a rule stands.
    pub fn file_of(&self, id: u32) -> Option<&str> {
        let index = self.program.by_id.get(&id)?;
        self.program.rules.get(*index).map(|rule| &*rule.file)
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// What a rule says of itself.
pub struct Told<'i> {
    /// Its message, with macros as written.
    pub message: String,
    /// Its tags.
    pub tags: &'i [std::sync::Arc<str>],
    /// The file it stands in.
    pub file: &'i str,
}

fn spared(program: &mut Program, exclusions: &[Exclusion]) -> Result<Vec<Spared>, LoadError> {
    let mut names = std::mem::take(&mut program.names);
    let spared = spared_by(program, &mut names, exclusions);
    program.names = names;
    spared
}

fn spared_by(
    program: &Program,
    names: &mut crate::program::Names,
    exclusions: &[Exclusion],
) -> Result<Vec<Spared>, LoadError> {
    let mut list = Vec::new();
    for exclusion in exclusions {
        let wanted = |(index, rule): (usize, &crate::program::Rule)| -> Option<RuleIndex> {
            let is_wanted = match &exclusion.rules {
                Rules::Id(id) => rule.id == *id,
                Rules::Ids(from, to) => (*from..=*to).contains(&rule.id),
                Rules::Tag(tag) => rule.tags.iter().any(|own| **own == **tag),
                Rules::All => true,
            };
            is_wanted.then_some(index)
        };
        let rules: Vec<RuleIndex> = program.rules.iter().enumerate().filter_map(wanted).collect();
        if rules.is_empty() {
            return Err(LoadError::Whole { what: format!("an exclusion names no loaded rule: {:?}", exclusion.rules) });
        }
        let field = match &exclusion.field {
            None => None,
            Some(field) => Some(
                crate::compile::target(field, names)
                    .map_err(|what| LoadError::Whole { what: format!("an exclusion for {field}: {what}") })?,
            ),
        };
        list.push(Spared { route: exclusion.route.clone(), rules, field });
    }
    Ok(list)
}
