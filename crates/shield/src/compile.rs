//! Turns directives into a program; what it does not know is an error with its place.

mod actions;
mod targets;

use crate::error::LoadError;
use crate::gate::Literals;
use crate::operator::Operator;
use crate::program::{Disruption, Key, Link, Program, Role, Rule, RuleIndex, Target, Targets};
use crate::source;
use crate::variable::Variable;
use actions::Actions;
use std::collections::HashMap;
use std::sync::Arc;

/// One rule file as bytes, and the data files beside it.
pub(crate) struct RuleFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The bytes of a data file, from the rule file that names it and its name.
pub(crate) type Data<'d> = &'d dyn Fn(&str, &str) -> Result<Vec<u8>, String>;

/// Compiles files in order.
pub(crate) struct Compiler<'d> {
    program: Program,
    data: Data<'d>,
    file: Arc<str>,
    markers: HashMap<Vec<u8>, RuleIndex>,
    skips: Vec<(RuleIndex, Vec<u8>)>,
    late: Vec<Late>,
    chain_ids: HashMap<Vec<crate::transform::Transform>, usize>,
    target_ids: HashMap<Vec<u8>, usize>,
    operator_ids: HashMap<(Vec<u8>, String), usize>,
    open_chain: bool,
}

/// What can only be settled when every rule is known.
enum Late {
    Control { rule: RuleIndex, link: usize, control: actions::LateControl },
    Update { file: Arc<str>, line: usize, rules: Vec<RuleIndex>, targets: Vec<Target> },
    Remove { rules: Vec<RuleIndex> },
}

impl<'d> Compiler<'d> {
    pub(crate) fn new(data: Data<'d>) -> Self {
        let mut compiler = Self {
            program: Program::default(),
            data,
            file: "".into(),
            markers: HashMap::new(),
            skips: Vec::new(),
            late: Vec::new(),
            chain_ids: HashMap::new(),
            target_ids: HashMap::new(),
            operator_ids: HashMap::new(),
            open_chain: false,
        };
        compiler.chain(Vec::new());
        compiler
    }

    pub(crate) fn file(&mut self, file: &RuleFile) -> Result<(), LoadError> {
        self.file = file.name.as_str().into();
        let at = |line: usize, what: String| LoadError::Rule { file: file.name.clone(), line, what };
        let directives = source::directives(&file.bytes).map_err(|(line, what)| at(line, what))?;
        let mut last = 0;
        for directive in directives {
            last = directive.line;
            self.directive(&directive).map_err(|what| at(directive.line, what))?;
        }
        if self.open_chain { Err(at(last, "the file ends inside a chain".to_owned())) } else { Ok(()) }
    }

    fn directive(&mut self, directive: &source::Directive) -> Result<(), String> {
        let (name, words) = directive.words.split_first().ok_or("an empty directive")?;
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let none: &[u8] = b"";
        match (name.as_str(), words) {
            ("secrule", [targets, operator]) => self.rule(directive.line, targets, operator, none),
            ("secrule", [targets, operator, actions]) => self.rule(directive.line, targets, operator, actions),
            ("secaction", [actions]) => self.action(directive.line, actions),
            ("secmarker", [marker]) => {
                self.markers.insert(marker.clone(), self.program.rules.len());
                Ok(())
            }
            ("seccomponentsignature" | "seccollectiontimeout", [_]) => Ok(()),
            ("secdefaultaction", [actions]) => Actions::check_default(actions),
            ("secruleupdatetargetbyid", [ids, targets]) => {
                let rules = self.rules_by_id(&String::from_utf8_lossy(ids))?;
                self.update(directive.line, rules, targets)
            }
            ("secruleupdatetargetbytag", [tag, targets]) => {
                let rules = self.rules_by_tag(&String::from_utf8_lossy(tag));
                self.update(directive.line, rules, targets)
            }
            ("secruleremovebyid", ids) if !ids.is_empty() => {
                for ids in ids {
                    let rules = self.rules_by_id(&String::from_utf8_lossy(ids))?;
                    self.late.push(Late::Remove { rules });
                }
                Ok(())
            }
            ("secruleremovebytag", [tag]) => {
                let rules = self.rules_by_tag(&String::from_utf8_lossy(tag));
                self.late.push(Late::Remove { rules });
                Ok(())
            }
            (other, words) => Err(format!("the directive {other} with {} words is outside the subset", words.len())),
        }
    }

    fn update(&mut self, line: usize, rules: Vec<RuleIndex>, source: &[u8]) -> Result<(), String> {
        let targets = targets::parse(source, &mut self.program.names)?;
        self.late.push(Late::Update { file: Arc::clone(&self.file), line, rules, targets });
        Ok(())
    }

    fn rule(&mut self, line: usize, targets: &[u8], operator: &[u8], list: &[u8]) -> Result<(), String> {
        let targets = self.targets(targets)?;
        let (operator, negated) = self.operator(operator)?;
        self.add(line, targets, operator, negated, list)
    }

    fn action(&mut self, line: usize, list: &[u8]) -> Result<(), String> {
        if self.open_chain {
            return Err("SecAction inside a chain".to_owned());
        }
        let targets = self.targets(b"UNIQUE_ID")?;
        self.program.operators.push(Operator::always());
        self.add(line, targets, self.program.operators.len() - 1, false, list)
    }

    fn add(&mut self, line: usize, targets: usize, operator: usize, negated: bool, list: &[u8]) -> Result<(), String> {
        let continues = self.open_chain;
        let actions = Actions::parse(list, &mut self.program.names)?;
        let link = Link {
            targets,
            chain: self.chain(actions.transforms.clone()),
            view: 0,
            every_step: actions.every_step,
            operator,
            negated,
            capture: actions.capture,
            settings: actions.settings,
            controls: Vec::new(),
        };
        let index = if continues {
            let index = self.program.rules.len().checked_sub(1).ok_or("a chain without a first rule")?;
            if actions.id.is_some() || actions.phase.is_some() {
                return Err("only the first rule of a chain has an id and a phase".to_owned());
            }
            index
        } else {
            let id = actions.id.ok_or("a rule without an id")?;
            if self.program.by_id.contains_key(&id) {
                return Err(format!("the id {id} is used twice"));
            }
            let index = self.program.rules.len();
            self.program.by_id.insert(id, index);
            for tag in &actions.tags {
                self.program.by_tag.entry(tag.to_string()).or_default().push(index);
            }
            self.program.rules.push(Rule {
                id,
                phase: actions.phase.unwrap_or(2),
                file: Arc::clone(&self.file),
                line,
                links: Vec::new(),
                disruption: Disruption::Pass,
                status: actions.status.unwrap_or(403),
                logged: actions.logged,
                message: actions.message,
                severity: actions.severity,
                tags: actions.tags,
                skip_to: None,
            });
            index
        };
        let rule = self.program.rules.get_mut(index).ok_or("a rule that is not there")?;
        if let Some(disruption) = actions.disruption {
            rule.disruption = disruption;
        }
        let link_index = rule.links.len();
        rule.links.push(link);
        for control in actions.controls {
            self.late.push(Late::Control { rule: index, link: link_index, control });
        }
        if let Some(marker) = actions.skip_after {
            self.skips.push((index, marker));
        }
        self.open_chain = actions.chain;
        Ok(())
    }

    fn chain(&mut self, steps: Vec<crate::transform::Transform>) -> usize {
        if let Some(id) = self.chain_ids.get(&steps) {
            return *id;
        }
        let with_triggers = steps.iter().map(|step| (*step, step.triggers())).collect();
        let mut chain = crate::program::Chain { steps: with_triggers, ..Default::default() };
        for step in &steps {
            chain.triggers = chain.triggers.union(&step.triggers());
            chain.changes_empty |= step.changes_empty();
        }
        self.program.chains.push(chain);
        let id = self.program.chains.len() - 1;
        self.chain_ids.insert(steps, id);
        id
    }

    fn targets(&mut self, source: &[u8]) -> Result<usize, String> {
        if let Some(id) = self.target_ids.get(source) {
            return Ok(*id);
        }
        let list = targets::parse(source, &mut self.program.names)?;
        if list.iter().all(|target| target.role == Role::Spare) {
            return Err("a rule that looks nowhere".to_owned());
        }
        self.program.targets.push(fixed(list));
        let id = self.program.targets.len() - 1;
        self.target_ids.insert(source.to_vec(), id);
        Ok(id)
    }

    fn operator(&mut self, source: &[u8]) -> Result<(usize, bool), String> {
        let (negated, rest) = match source.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, source),
        };
        let (name, argument) = match rest.strip_prefix(b"@") {
            Some(rest) => {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                let (name, argument) = rest.split_at(end);
                (String::from_utf8_lossy(name).into_owned(), argument.trim_ascii_start())
            }
            None => ("rx".to_owned(), rest),
        };
        // The same test is compiled once; data files are named relative to the rule file.
        let key = (
            rest.to_vec(),
            if name.to_ascii_lowercase().contains("file") { self.file.to_string() } else { String::new() },
        );
        if let Some(id) = self.operator_ids.get(&key) {
            return Ok((*id, negated));
        }
        let file = Arc::clone(&self.file);
        let data = |name: &str| (self.data)(&file, name);
        let operator = Operator::compile(&name, argument, &mut self.program.names, &data)?;
        self.program.operators.push(operator);
        let id = self.program.operators.len() - 1;
        self.operator_ids.insert(key, id);
        Ok((id, negated))
    }

    fn rules_by_id(&self, ids: &str) -> Result<Vec<RuleIndex>, String> {
        actions::rules_by_id(&self.program, ids)
    }

    fn rules_by_tag(&self, tag: &str) -> Vec<RuleIndex> {
        self.program.by_tag.get(tag).cloned().unwrap_or_default()
    }

    /// Settles what refers to other rules, and builds the gates.
    pub(crate) fn finish(mut self) -> Result<Program, LoadError> {
        for (rule, marker) in std::mem::take(&mut self.skips) {
            let target = self.markers.get(&marker).copied();
            let Some(rule) = self.program.rules.get_mut(rule) else { continue };
            let name = String::from_utf8_lossy(&marker).into_owned();
            let missing = || LoadError::Rule {
                file: rule.file.to_string(),
                line: rule.line,
                what: format!("there is no marker {name}"),
            };
            rule.skip_to = Some(target.ok_or_else(missing)?);
        }
        let mut removed = Vec::new();
        for late in std::mem::take(&mut self.late) {
            match late {
                Late::Control { rule, link, control } => {
                    let settled = control.settle(&self.program);
                    let Some(rule) = self.program.rules.get_mut(rule) else { continue };
                    let place = (rule.file.to_string(), rule.line);
                    let settled = settled.map_err(|what| LoadError::Rule { file: place.0, line: place.1, what })?;
                    if let (Some(control), Some(link)) = (settled, rule.links.get_mut(link)) {
                        link.controls.push(control);
                    }
                }
                Late::Update { file, line, rules, targets } => {
                    if rules.is_empty() {
                        let what = "no rule above has this id or tag".to_owned();
                        return Err(LoadError::Rule { file: file.to_string(), line, what });
                    }
                    self.widen(&rules, &targets);
                }
                Late::Remove { rules } => removed.extend(rules),
            }
        }
        for (index, rule) in self.program.rules.iter().enumerate() {
            let phase = rule.phase.checked_sub(1).and_then(|phase| self.program.phases.get_mut(phase));
            if let (Some(phase), false) = (phase, removed.contains(&index)) {
                phase.push(index);
            }
        }
        self.number_views();
        let literals = Literals::build(&mut self.program.operators).map_err(|what| LoadError::Whole { what })?;
        self.program.literals = literals;
        Ok(self.program)
    }

    fn number_views(&mut self) {
        let mut views: HashMap<(usize, usize), usize> = HashMap::new();
        for link in self.program.rules.iter_mut().flat_map(|rule| &mut rule.links) {
            let next = views.len();
            link.view = *views.entry((link.targets, link.chain)).or_insert(next);
        }
        self.program.views = views.len();
    }

    fn widen(&mut self, rules: &[RuleIndex], added: &[Target]) {
        for rule in rules {
            let Some(link) = self.program.rules.get_mut(*rule).and_then(|rule| rule.links.first_mut()) else {
                continue;
            };
            let Some(now) = self.program.targets.get(link.targets) else { continue };
            let list = now.list.iter().chain(added).cloned().collect();
            link.targets = self.program.targets.len();
            self.program.targets.push(fixed(list));
        }
    }
}

fn fixed(list: Vec<Target>) -> Targets {
    let fixed = list.iter().all(|target| !target.variable.moves() || target.role == Role::Spare);
    let slot = match list.as_slice() {
        [
            Target { variable: Variable::Tx, key: Key::Named(_, Some(slot)), role: role @ (Role::Look | Role::Count) },
        ] => Some((*slot, *role)),
        _ => None,
    };
    Targets { list, fixed, slot }
}

/// One target as an exclusion names it.
pub(crate) fn target(source: &str, names: &mut crate::program::Names) -> Result<Target, String> {
    targets::target(source.as_bytes(), names)
}
