//! Rules in the published format of open conformance rules (YAML), run natively over what was built.
//!
//! A rule file says which datasets it is for (`Scope`), what must not be (`Check`, a tree of `all`, `any` and `not` over
//! named operators), and what to tell (`Outcome`). A file that asks for anything that is not known here by name (an
//! operator, an operation, a kind of rule) is refused with that name; it is never run in part, because a check that is
//! left out looks like a check that passed.

mod operators;
mod rule;
mod table;
mod yaml;

use serde::Serialize;

use super::finding::Severity;
use super::{Built, File, Finding};
use rule::Rule;
pub(crate) use table::{Datum, Table};

/// Rule files, read.
#[derive(Debug, Default)]
pub struct Rulebook {
    rules: Vec<Result<Rule, Verdict>>,
}

/// How a rule of a rulebook came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "why")]
pub enum CameOut {
    /// It was run, and nothing breaks it.
    Passed,
    /// It was run, and something breaks it.
    Broken,
    /// No dataset is in its scope, or none has the variables that it speaks of.
    OutOfScope,
    /// It cannot be run here, and why.
    Refused(String),
}

/// One rule and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rule's own identifier, or the name of its file.
    pub rule: String,
    /// What it demands, in the words of the file.
    pub words: String,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: CameOut,
    /// Where it is broken: dataset, record, and the variables that the file wants shown.
    pub findings: Vec<Finding>,
}

const FILE_BYTES_MAX: usize = 256 * 1024;
const FINDINGS_PER_RULE_MAX: usize = 100;

impl Rulebook {
    /// Reads rule files by name; a file that cannot be run is kept as refused.
    pub fn read(files: &[(String, Vec<u8>)]) -> Rulebook {
        let one = |(name, bytes): &(String, Vec<u8>)| {
            let refused = |why: String| Verdict {
                rule: name.clone(),
                words: String::new(),
                outcome: CameOut::Refused(why),
                findings: Vec::new(),
            };
            if bytes.len() > FILE_BYTES_MAX {
                return Err(refused(format!("the file is larger than {FILE_BYTES_MAX} bytes")));
            }
            let text = std::str::from_utf8(bytes).map_err(|_| refused("the file is not UTF-8".to_owned()))?;
            let value = yaml::read(text).map_err(refused)?;
            Rule::read(&value, name).map_err(|(rule, words, why)| Verdict {
                rule,
                words,
                outcome: CameOut::Refused(why),
                findings: Vec::new(),
            })
        };
        Rulebook { rules: files.iter().map(one).collect() }
    }

    /// Runs every rule over the datasets of a build and the objects of its protocol.
    pub fn check(&self, built: &Built, protocol: &[u8]) -> Vec<Verdict> {
        let mut tables = table::of_files(&built.files);
        tables.extend(table::of_definition(protocol));
        self.run(&tables)
    }

    /// Runs every rule over datasets in Dataset-JSON.
    pub fn check_files(&self, files: &[File]) -> Vec<Verdict> {
        self.run(&table::of_files(files))
    }

    fn run(&self, tables: &[Table]) -> Vec<Verdict> {
        let one = |rule: &Result<Rule, Verdict>| match rule {
            Ok(rule) => verdict(rule, tables),
            Err(refused) => refused.clone(),
        };
        self.rules.iter().map(one).collect()
    }
}

fn verdict(rule: &Rule, tables: &[Table]) -> Verdict {
    let mut findings = Vec::new();
    let mut ran = false;
    let mut outcome = None;
    for table in tables.iter().filter(|table| rule.is_for(table)) {
        let joined = match rule.joined(table, tables) {
            Some(joined) => joined,
            None => continue,
        };
        let table = joined.as_ref().unwrap_or(table);
        match operators::rows(rule, table, tables) {
            Ok(rows) => {
                ran = true;
                let broken = rows.iter().enumerate().filter(|(_, broken)| **broken).map(|(at, _)| at);
                findings.extend(broken.take(FINDINGS_PER_RULE_MAX).map(|at| finding(rule, table, at)));
            }
            Err(operators::Trouble::NoColumn) => {}
            Err(operators::Trouble::Refused(why)) => outcome = Some(CameOut::Refused(why)),
        }
    }
    findings.truncate(FINDINGS_PER_RULE_MAX);
    let came_out = match (ran, findings.is_empty()) {
        (true, true) => CameOut::Passed,
        (true, false) => CameOut::Broken,
        (false, _) => CameOut::OutOfScope,
    };
    Verdict { rule: rule.id.clone(), words: rule.words.clone(), outcome: outcome.unwrap_or(came_out), findings }
}

fn finding(rule: &Rule, table: &Table, at: usize) -> Finding {
    let shown = |name: &String| {
        let column = table.name_of(name);
        let value = table.at(&column).and_then(|column| table.rows.get(at)?.get(column));
        format!("{column}={}", value.map_or(String::new(), Datum::shown))
    };
    let values: Vec<String> =
        if rule.per_record { rule.output.iter().take(8).map(shown).collect() } else { Vec::new() };
    let words =
        if values.is_empty() { rule.message.clone() } else { format!("{} ({})", rule.message, values.join(", ")) };
    let path = if rule.per_record { format!("{}/{}", table.name, at + 1) } else { table.name.clone() };
    Finding { rule: rule.id.clone(), severity: Severity::Error, path, words, source: rule.source.clone() }
}
