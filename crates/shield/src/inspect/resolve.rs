//! From targets to the values they stand for.

use super::Run;
use crate::macros::{Macro, Part};
use crate::program::{Key, Role, Rule, Target};
use crate::store::Held;
use crate::texts::TextId;
use crate::variable::Variable;
use std::borrow::Cow;
use std::sync::Arc;

/// One place that a rule looks at.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub variable: Variable,
    pub name: Name,
    pub subject: Subject,
}

#[derive(Clone, Debug)]
pub(super) enum Name {
    None,
    /// The name of a value of the request.
    Of(usize),
    Made(Arc<[u8]>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Subject {
    Text(TextId),
    Number(i64),
}

impl<'i, 'r> Run<'i, 'r> {
    pub(super) fn resolve(&mut self, targets: &'i [Target]) -> Vec<Spot> {
        let mut spots = Vec::new();
        for target in targets {
            match target.role {
                Role::Look => self.look(target, &mut spots),
                Role::Count => {
                    let mut counted = Vec::new();
                    self.look(target, &mut counted);
                    let subject = Subject::Number(i64::try_from(counted.len()).unwrap_or(i64::MAX));
                    spots.push(Spot { variable: target.variable, name: Name::None, subject });
                }
                Role::Spare => {}
            }
        }
        for target in targets.iter().filter(|target| target.role == Role::Spare) {
            spots.retain(|spot| !self.is_under(spot, target));
        }
        spots
    }

    fn look(&mut self, target: &Target, spots: &mut Vec<Spot>) {
        match target.variable {
            Variable::Args => {
                self.listed(Variable::Args, Variable::ArgsGet, &target.key, spots);
                self.listed(Variable::Args, Variable::ArgsPost, &target.key, spots);
            }
            Variable::ArgsNames => {
                self.listed(Variable::ArgsNames, Variable::ArgsGetNames, &target.key, spots);
                self.listed(Variable::ArgsNames, Variable::ArgsPostNames, &target.key, spots);
            }
            Variable::ArgsCombinedSize => {
                let sides = [Variable::ArgsGet, Variable::ArgsPost, Variable::ArgsGetNames, Variable::ArgsPostNames];
                let indexes = sides.iter().flat_map(|side| self.values.of(*side));
                let bytes = indexes.filter_map(|index| self.values.get(*index));
                let total: usize = bytes.map(|value| self.texts.bytes(value.text).len()).sum();
                let subject = Subject::Number(i64::try_from(total).unwrap_or(i64::MAX));
                spots.push(Spot { variable: target.variable, name: Name::None, subject });
            }
            Variable::ReqbodyProcessor => {
                let text = self.texts.add(Cow::Borrowed(self.processor.name()));
                spots.push(Spot { variable: target.variable, name: Name::None, subject: Subject::Text(text) });
            }
            Variable::Tx => self.transaction(&target.key, spots),
            variable if variable.is_store() => self.stored(variable, &target.key, spots),
            Variable::MatchedVar | Variable::MatchedVars => self.matched_values(target, spots),
            Variable::MatchedVarName | Variable::MatchedVarsNames => self.matched_names(target, spots),
            // Flags that are 0 when nothing went wrong.
            Variable::ReqbodyError | Variable::MultipartStrictError | Variable::FilesCombinedSize => {
                if self.values.of(target.variable).is_empty() {
                    spots.push(Spot { variable: target.variable, name: Name::None, subject: Subject::Number(0) });
                } else {
                    self.listed(target.variable, target.variable, &target.key, spots);
                }
            }
            variable => self.listed(variable, variable, &target.key, spots),
        }
    }

    fn listed(&self, shown: Variable, variable: Variable, key: &Key, spots: &mut Vec<Spot>) {
        for index in self.values.of(variable) {
            let Some(value) = self.values.get(*index) else { continue };
            if is_named(&value.name, key) {
                spots.push(Spot { variable: shown, name: Name::Of(*index), subject: Subject::Text(value.text) });
            }
        }
    }

    fn transaction(&mut self, key: &Key, spots: &mut Vec<Spot>) {
        let mut found: Vec<(Name, Held)> = Vec::new();
        match key {
            Key::Named(name, Some(slot)) => {
                found.extend(self.store.slot(*slot).map(|held| (Name::Made(Arc::clone(name)), held.clone())));
            }
            Key::Named(name, None) => {
                let held = self.store.named(name, &self.program.names).cloned();
                found.extend(held.map(|held| (Name::Made(Arc::clone(name)), held)));
            }
            Key::Every | Key::Like(_) => {
                for (name, held) in self.store.each(&self.program.names) {
                    if is_named(name, key) {
                        found.push((Name::Made(name.into()), held.clone()));
                    }
                }
            }
        }
        for (name, held) in found {
            let subject = self.subject(&held);
            spots.push(Spot { variable: Variable::Tx, name, subject });
        }
    }

    fn subject(&mut self, held: &Held) -> Subject {
        match held {
            Held::Number(number) => Subject::Number(*number),
            Held::Text(text) => Subject::Text(self.texts.add(Cow::Owned(text.to_vec()))),
        }
    }

    fn stored(&mut self, variable: Variable, key: &Key, spots: &mut Vec<Spot>) {
        if let Key::Named(name, _) = key
            && let Some(held) = self.store.other(name).cloned()
        {
            let subject = self.subject(&held);
            spots.push(Spot { variable, name: Name::Made(Arc::clone(name)), subject });
        }
    }

    fn matched_values(&self, target: &Target, spots: &mut Vec<Spot>) {
        let last = if target.variable == Variable::MatchedVar { self.matched.len().saturating_sub(1) } else { 0 };
        for spot in self.matched.get(last..).unwrap_or_default() {
            spots.push(spot.clone());
        }
    }

    fn matched_names(&mut self, target: &Target, spots: &mut Vec<Spot>) {
        let last = if target.variable == Variable::MatchedVarName { self.matched.len().saturating_sub(1) } else { 0 };
        let names: Vec<Vec<u8>> =
            self.matched.get(last..).unwrap_or_default().iter().map(|spot| self.spot_name(spot)).collect();
        for name in names {
            let text = self.texts.add(Cow::Owned(name.clone()));
            let name = Name::Made(name.into());
            spots.push(Spot { variable: target.variable, name, subject: Subject::Text(text) });
        }
    }

    fn name_bytes<'s>(&'s self, spot: &'s Spot) -> &'s [u8] {
        match &spot.name {
            Name::None => &[],
            Name::Of(index) => self.values.get(*index).map(|value| &*value.name).unwrap_or_default(),
            Name::Made(name) => name,
        }
    }

    /// `ARGS:note`, as rules and people read it.
    pub(super) fn spot_name(&self, spot: &Spot) -> Vec<u8> {
        let name = self.name_bytes(spot);
        let variable = spot.variable.name().as_bytes();
        if name.is_empty() { variable.to_vec() } else { [variable, b":", name].concat() }
    }

    pub(super) fn spot_bytes(&self, spot: &Spot) -> Vec<u8> {
        match spot.subject {
            Subject::Text(text) => self.texts.bytes(text).to_vec(),
            Subject::Number(number) => number.to_string().into_bytes(),
        }
    }

    /// Whether a spot is one that a target names.
    pub(super) fn is_under(&self, spot: &Spot, target: &Target) -> bool {
        let same = match target.variable {
            Variable::Args => matches!(spot.variable, Variable::Args | Variable::ArgsGet | Variable::ArgsPost),
            variable => spot.variable == variable,
        };
        same && is_named(self.name_bytes(spot), &target.key)
    }

    /// Whether the request has a field that a target names. What rules make up as they run counts as met.
    pub(super) fn is_met(&self, target: &Target) -> bool {
        use Variable::{Args, ArgsGet, ArgsPost, Files, RequestCookies, RequestHeaders};
        let variables: &[Variable] = match target.variable {
            Args => &[ArgsGet, ArgsPost],
            ArgsGet => &[ArgsGet],
            ArgsPost => &[ArgsPost],
            RequestCookies => &[RequestCookies],
            RequestHeaders => &[RequestHeaders],
            Files => &[Files],
            _ => return true,
        };
        let values = variables.iter().flat_map(|variable| self.values.of(*variable));
        values.filter_map(|index| self.values.get(*index)).any(|value| is_named(&value.name, &target.key))
    }

    pub(super) fn expand(&mut self, text: &'i Macro, rule: &'i Rule) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &text.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::OfRule(field) => match &**field {
                    "msg" => {
                        if let Some(message) = rule.message.fixed() {
                            out.extend_from_slice(message);
                        }
                    }
                    "id" => out.extend_from_slice(rule.id.to_string().as_bytes()),
                    _ => {}
                },
                Part::Variable(Variable::Tx, Key::Named(_, Some(slot))) => match self.store.slot(*slot) {
                    Some(Held::Text(text)) => out.extend_from_slice(text),
                    Some(Held::Number(number)) => out.extend_from_slice(number.to_string().as_bytes()),
                    None => {}
                },
                Part::Variable(variable, key) => {
                    let target = Target { variable: *variable, key: key.clone(), role: Role::Look };
                    let mut spots = Vec::new();
                    self.look(&target, &mut spots);
                    if let Some(spot) = spots.first() {
                        out.extend(self.spot_bytes(spot));
                    }
                }
            }
        }
        out
    }
}

fn is_named(name: &[u8], key: &Key) -> bool {
    match key {
        Key::Every => true,
        Key::Named(wanted, _) => name.eq_ignore_ascii_case(wanted),
        Key::Like(pattern) => pattern.is_match(name),
    }
}
