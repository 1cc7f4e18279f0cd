//! Runs one link of a chain: prepare each value, test it, note what follows.

use super::Run;
use super::resolve::{Name, Spot, Subject};
use crate::byteset::ByteSet;
use crate::gate::Opened;
use crate::operator::{self, Operator, Test};
use crate::program::{Change, Collection, Control, Key, Link, Role, Rule, RuleIndex, SetVar};
use crate::request::Processor;
use crate::store::Held;
use crate::texts::TextId;
use crate::variable::Variable;
use std::borrow::Cow;
use std::sync::Arc;

/// All values of one pair of targets and chain.
pub(super) struct View {
    texts: Vec<TextId>,
    set: ByteSet,
    opened: Option<Opened>,
}

/// What an operator says of a value.
enum Answer {
    No,
    Yes,
    /// Yes, and these are the captured groups.
    Groups(Vec<Option<Vec<u8>>>),
}

impl<'i, 'r> Run<'i, 'r> {
    /// Whether any of the spots matches; all of them are looked at, since each one counts.
    pub(super) fn link(&mut self, index: RuleIndex, rule: &'i Rule, link: &'i Link) -> bool {
        if self.is_hopeless(rule, link) {
            return false;
        }
        if let Some(spot) = self.single(index, link) {
            return self.matches(rule, link, &spot, spot.subject);
        }
        let spots = self.spots(link.targets);
        let mut any = false;
        for spot in spots.iter() {
            if !self.spared.is_empty() && self.is_spared(index, spot) {
                continue;
            }
            if self.spot(rule, link, spot) {
                any = true;
            }
            if self.is_spent() {
                return false;
            }
        }
        any
    }

    /// The one spot of a link that compares a number of the transaction and was just found to match.
    fn single(&self, index: RuleIndex, link: &'i Link) -> Option<Spot> {
        let targets = self.program.targets.get(link.targets)?;
        let (slot, role) = targets.slot?;
        let operator = self.program.operators.get(link.operator)?;
        let is_plain = self.program.chains.get(link.chain)?.steps.is_empty();
        if !is_plain || link.capture || !matches!(operator.test, Test::Number(..)) {
            return None;
        }
        let (name, subject) = match (role, self.store.slot(slot)) {
            (Role::Count, held) => (Name::None, Subject::Number(i64::from(held.is_some()))),
            (_, Some(Held::Number(number))) => match &targets.list.first()?.key {
                Key::Named(name, _) => (Name::Made(Arc::clone(name)), Subject::Number(*number)),
                _ => return None,
            },
            _ => return None,
        };
        let spot = Spot { variable: Variable::Tx, name, subject };
        (self.spared.is_empty() || !self.is_spared(index, &spot)).then_some(spot)
    }

    /// Whether no spot can match, from what is known of all of them together.
    fn is_hopeless(&mut self, rule: &'i Rule, link: &'i Link) -> bool {
        let program = self.program;
        let (Some(targets), Some(operator)) = (program.targets.get(link.targets), program.operators.get(link.operator))
        else {
            return true;
        };
        let chain = program.chains.get(link.chain);
        if let (Some((slot, role)), Test::Number(comparison, argument)) = (targets.slot, &operator.test)
            && chain.is_some_and(|chain| chain.steps.is_empty())
        {
            let held = self.store.slot(slot);
            let number = match (role, held) {
                (Role::Count, held) => i64::from(held.is_some()),
                (_, Some(held)) => held.number(),
                (_, None) => return true,
            };
            let right = self.number(argument, rule);
            return comparison.holds(number, right) == link.negated;
        }
        if targets.fixed && self.spots(link.targets).is_empty() {
            return true;
        }
        let has_needs = operator.gate.is_some() || !operator.needs_bytes.is_empty();
        if !self.gated() || link.negated || link.every_step || !targets.fixed || !has_needs {
            return false;
        }
        self.view(link);
        let Some(Some(view)) = self.views.get_mut(link.view) else { return false };
        if operator.needs_bytes.iter().any(|needed| !needed.meets(&view.set)) {
            return true;
        }
        let Some(gate) = operator.gate else { return false };
        if view.opened.is_none() {
            let mut opened = Opened::default();
            for text in &view.texts {
                opened.join(self.texts.opened(*text, &program.literals));
            }
            view.opened = Some(opened);
        }
        !view.opened.as_ref().is_some_and(|opened| opened.is_open(gate))
    }

    /// What the spots of a link are after its transformations, all together.
    fn view(&mut self, link: &'i Link) {
        if !matches!(self.views.get(link.view), Some(None)) {
            return;
        }
        let Some(chain) = self.program.chains.get(link.chain) else { return };
        let spots = self.spots(link.targets);
        let mut texts = Vec::with_capacity(spots.len());
        let mut set = ByteSet::EMPTY;
        for spot in spots.iter() {
            let text = match spot.subject {
                Subject::Text(text) => text,
                Subject::Number(number) => self.texts.add(Cow::Owned(number.to_string().into_bytes())),
            };
            let text = self.texts.through(text, chain);
            set = set.union(&self.texts.set(text));
            texts.push(text);
        }
        texts.sort_unstable();
        texts.dedup();
        if let Some(slot) = self.views.get_mut(link.view) {
            *slot = Some(Box::new(View { texts, set, opened: None }));
        }
    }

    fn is_spared(&self, index: RuleIndex, spot: &Spot) -> bool {
        self.spared.iter().any(|(rules, target)| self.is_under(spot, target) && rules.contains(&index))
    }

    fn spot(&mut self, rule: &'i Rule, link: &'i Link, spot: &Spot) -> bool {
        let program = self.program;
        let (Some(chain), Some(operator)) = (program.chains.get(link.chain), program.operators.get(link.operator))
        else {
            return false;
        };
        let text = match (spot.subject, &operator.test) {
            (Subject::Number(number), Test::Number(comparison, argument)) if chain.steps.is_empty() => {
                let right = self.number(argument, rule);
                return comparison.holds(number, right) != link.negated && self.matches(rule, link, spot, spot.subject);
            }
            (Subject::Number(number), _) => self.texts.add(Cow::Owned(number.to_string().into_bytes())),
            (Subject::Text(text), _) => text,
        };
        if !link.every_step {
            let text = self.texts.through(text, chain);
            return self.answer(rule, link, operator, spot, text);
        }
        let mut any = self.answer(rule, link, operator, spot, text);
        let mut now = text;
        for step in &chain.steps {
            let next = self.texts.step(now, step);
            if next != now {
                any |= self.answer(rule, link, operator, spot, next);
            }
            now = next;
        }
        any
    }

    fn answer(&mut self, rule: &'i Rule, link: &'i Link, operator: &'i Operator, spot: &Spot, text: TextId) -> bool {
        match self.test(rule, operator, text, link.capture && !link.negated) {
            Answer::No if link.negated => {}
            Answer::Yes if !link.negated => {}
            Answer::Groups(groups) if !link.negated => {
                for slot in 0..10 {
                    let group = groups.get(slot).cloned().flatten();
                    self.store.put(slot, group.map(|group| Held::of(&group)));
                }
            }
            _ => return false,
        }
        self.matches(rule, link, spot, Subject::Text(text))
    }

    /// Notes a match and sets what the link sets.
    fn matches(&mut self, rule: &'i Rule, link: &'i Link, spot: &Spot, subject: Subject) -> bool {
        if self.matched.len() < 4096 {
            self.matched.push(Spot { subject, ..spot.clone() });
        }
        for setting in &link.settings {
            self.set(setting, rule);
        }
        true
    }

    fn number(&mut self, argument: &'i crate::macros::Macro, rule: &'i Rule) -> i64 {
        argument.number.unwrap_or_else(|| operator::integer(&self.expand(argument, rule)))
    }

    fn test(&mut self, rule: &'i Rule, operator: &'i Operator, text: TextId, capture: bool) -> Answer {
        let gated = self.gated();
        if gated {
            let set = self.texts.set(text);
            if operator.needs_bytes.iter().any(|needed| !needed.meets(&set)) {
                return Answer::No;
            }
            if let Some(gate) = operator.gate
                && !self.texts.opens(text, gate, &self.program.literals)
            {
                return Answer::No;
            }
        }
        let yes = match &operator.test {
            Test::Rx(pattern) => {
                self.texts.spent += self.texts.bytes(text).len() as u64;
                let bytes = self.texts.bytes(text);
                if capture {
                    return match pattern.find(bytes) {
                        None => Answer::No,
                        Some(spans) => Answer::Groups(cut(bytes, &spans)),
                    };
                }
                pattern.is_match(bytes)
            }
            Test::RxOf(argument, expanded) => {
                let source = self.expand(argument, rule);
                let pattern = expanded.pattern(&source);
                self.texts.spent += self.texts.bytes(text).len() as u64;
                match pattern
                    .and_then(|pattern| Some(cut(self.texts.bytes(text), &pattern.find(self.texts.bytes(text))?)))
                {
                    None => return Answer::No,
                    Some(groups) if capture => return Answer::Groups(groups),
                    Some(_) => true,
                }
            }
            Test::Phrases(automaton) => {
                self.texts.spent += self.texts.bytes(text).len() as u64;
                let bytes = self.texts.bytes(text);
                return match automaton.find(bytes) {
                    None => Answer::No,
                    Some(found) if capture => Answer::Groups(cut(bytes, &[Some((found.start(), found.end()))])),
                    Some(_) => Answer::Yes,
                };
            }
            Test::Number(comparison, argument) => {
                let right = self.number(argument, rule);
                comparison.holds(operator::integer(self.texts.bytes(text)), right)
            }
            Test::ByteRange(allowed) => !self.texts.set(text).within(allowed),
            Test::Address(networks) => {
                let address =
                    std::str::from_utf8(self.texts.bytes(text)).ok().and_then(|text| text.trim().parse().ok());
                address.is_some_and(|address| networks.iter().any(|network| network.contains(address)))
            }
            Test::Sql => self.texts.is_sql(text, gated),
            Test::Script => self.texts.is_script(text, gated),
            Test::UrlEncoding => operator::bad_url_encoding(self.texts.bytes(text)),
            Test::Utf8Encoding => {
                self.texts.set(text).meets(&ByteSet::range(0x80, 0xff))
                    && std::str::from_utf8(self.texts.bytes(text)).is_err()
            }
            Test::Always => true,
            Test::Never => false,
            Test::StrEq(argument) => self.compare(argument, rule, text, |value, argument| value == argument),
            Test::Contains(argument) => self.compare(argument, rule, text, operator::contains),
            Test::ContainsWord(argument) => self.compare(argument, rule, text, operator::contains_word),
            Test::BeginsWith(argument) => self.compare(argument, rule, text, <[u8]>::starts_with),
            Test::EndsWith(argument) => self.compare(argument, rule, text, <[u8]>::ends_with),
            Test::Within(argument) => {
                self.compare(argument, rule, text, |value, argument| operator::contains(argument, value))
            }
        };
        match yes {
            true if capture => Answer::Groups(vec![Some(self.texts.bytes(text).to_vec())]),
            true => Answer::Yes,
            false => Answer::No,
        }
    }

    fn compare(
        &mut self,
        argument: &'i crate::macros::Macro,
        rule: &'i Rule,
        text: TextId,
        test: impl Fn(&[u8], &[u8]) -> bool,
    ) -> bool {
        match argument.fixed() {
            Some(fixed) => test(self.texts.bytes(text), fixed),
            None => {
                let argument = self.expand(argument, rule);
                test(self.texts.bytes(text), &argument)
            }
        }
    }

    fn set(&mut self, setting: &'i SetVar, rule: &'i Rule) {
        let names = &self.program.names;
        let name = match setting.slot {
            Some(_) => Vec::new(),
            None => self.expand(&setting.name, rule).to_ascii_lowercase(),
        };
        let before = match (setting.collection, setting.slot) {
            (_, Some(slot)) => self.store.slot(slot),
            (Collection::Tx, None) => self.store.named(&name, names),
            (Collection::Other, None) => self.store.other(&name),
        };
        let before = before.map_or(0, Held::number);
        let held = match &setting.change {
            Change::Remove => None,
            Change::Fixed(held) => Some(held.clone()),
            Change::To(to) => Some(Held::of(&self.expand(to, rule))),
            Change::Add(amount) => Some(Held::Number(before.saturating_add(self.number(amount, rule)))),
            Change::Subtract(amount) => Some(Held::Number(before.saturating_sub(self.number(amount, rule)))),
        };
        match (setting.collection, setting.slot) {
            (_, Some(slot)) => self.store.put(slot, held),
            (Collection::Tx, None) => self.store.put_named(name, held, names),
            (Collection::Other, None) => self.store.put_other(name, held),
        }
    }

    pub(super) fn control(&mut self, control: &'i Control) {
        match control {
            Control::RemoveRules(rules) => self.removed.extend(rules),
            Control::RemoveTarget(rules, target) => self.spared.push((rules, target)),
            Control::Engine(state) => self.engine = *state,
            Control::BodyProcessor(name) => self.processor = Processor::named(name),
            Control::ForceBody(force) => self.force_body = *force,
        }
    }
}

fn cut(bytes: &[u8], spans: &[Option<(usize, usize)>]) -> Vec<Option<Vec<u8>>> {
    let group = |span: &Option<(usize, usize)>| span.and_then(|(from, to)| bytes.get(from..to)).map(<[u8]>::to_vec);
    spans.iter().map(group).collect()
}
