//! Runs a program over one request.

mod link;
mod resolve;

mod values;

use crate::body::Collector;
use crate::limits::Limit;
use crate::program::{Disruption, EngineState, Force, Program, Rule, RuleIndex, Target, TargetsId};
use crate::request::{Processor, Request};
use crate::settings::{Exclusions, Gates, Mode, Settings, Terms};
use crate::store::Store;
use crate::texts::Texts;
use crate::verdict::{Decision, Ground, Hit, Outcome, Place, Step, Verdict};
use resolve::Spot;
use std::rc::Rc;
use values::Values;

/// Rules that do not apply to a route, with their rules looked up.
pub(crate) struct Spared {
    pub route: crate::settings::Route,
    pub rules: Vec<RuleIndex>,
    pub field: Option<Target>,
}

/// One inspection under way.
pub(crate) struct Run<'i, 'r> {
    program: &'i Program,
    settings: &'i Settings,
    request: &'i Request<'r>,
    texts: Texts<'r>,
    values: Values<'r>,
    /// The spots of each fixed list of targets, looked up once a phase.
    spots: Vec<Option<Rc<[Spot]>>>,
    /// No spots at all, as most lists of targets turn out.
    nowhere: Rc<[Spot]>,
    views: Vec<Option<Box<link::View>>>,
    store: Store,
    /// Where the links of the running chain matched.
    matched: Vec<Spot>,
    removed: Vec<RuleIndex>,
    spared: Vec<(&'i [RuleIndex], &'i Target)>,
    /// Those of fields that were not met yet. Most never are, and then cost nothing.
    unmet: Vec<(&'i [RuleIndex], &'i Target)>,
    processor: Processor,
    force_body: Force,
    engine: EngineState,
    ground: Option<Ground>,
    hits: Vec<Hit>,
    trace: Option<Vec<Step>>,
    work_max: u64,
    mode: Mode,
    overtime: Option<&'i dyn Fn() -> bool>,
    /// How much may be examined before the time is looked at again.
    look_at: u64,
    /// Whether the inspection was given up: beyond its work or its time.
    is_given_up: bool,
}

/// Bytes examined between two looks at the time: some milliseconds at most.
const LOOK_EVERY: u64 = 128 * 1024;

enum After {
    Next,
    SkipTo(RuleIndex),
    End,
}

impl<'i, 'r> Run<'i, 'r> {
    pub(crate) fn new(
        (program, settings, seed): (&'i Program, &'i Settings, u64),
        spared: &'i Exclusions,
        start: &Store,
        request: &'i Request<'r>,
        terms: Terms<'i>,
    ) -> Self {
        let limits = &settings.limits;
        let size = request.body.len()
            + request.uri.len()
            + request.headers.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
        let mut run = Self {
            program,
            settings,
            request,
            texts: Texts::new(seed),
            values: Values::default(),
            spots: vec![None; program.targets.len()],
            nowhere: Rc::new([]),
            views: std::iter::repeat_with(|| None).take(program.views).collect(),
            store: start.clone(),
            matched: Vec::new(),
            removed: Vec::new(),
            spared: Vec::new(),
            unmet: Vec::new(),
            processor: Processor::of(request.header(b"content-type").unwrap_or_default()),
            force_body: Force::Off,
            engine: EngineState::On,
            ground: None,
            hits: Vec::new(),
            trace: None,
            work_max: limits.work_bytes_max.saturating_add(limits.work_per_byte_max.saturating_mul(size as u64)),
            mode: terms.mode.unwrap_or(settings.mode),
            overtime: terms.overtime,
            look_at: LOOK_EVERY,
            is_given_up: false,
        };
        let all = std::iter::once(spared).chain(terms.exclusions.iter().copied()).flat_map(|list| &list.0);
        for spared in all.filter(|spared| spared.route.covers(request.method, request.path())) {
            match &spared.field {
                None => run.removed.extend(&spared.rules),
                Some(field) => run.unmet.push((&spared.rules, field)),
            }
        }
        run
    }

    pub(crate) fn traced(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    /// Runs phases 1 and 2.
    pub(crate) fn finish(mut self) -> (Verdict, Vec<Step>) {
        let mut collector = Collector::new(self.settings.limits);
        values::head(self.request, &self.settings.limits, &mut collector);
        self.take(&mut collector);
        self.phase(0);
        if !self.is_given_up && (self.ground.is_none() || self.mode == Mode::Observe) {
            values::body(
                self.request,
                self.processor,
                self.force_body == Force::On,
                &self.settings.limits,
                &mut collector,
            );
            self.take(&mut collector);
            self.phase(1);
        }
        let score = self.store.score(&self.program.names);
        let decision = match (self.ground, self.mode) {
            (None, _) => Decision::Pass,
            (Some(ground), Mode::Observe) => Decision::WouldBlock(ground),
            (Some(ground), Mode::Block) => Decision::Block(ground),
        };
        let verdict = Verdict { decision, score, hits: self.hits, work: self.texts.spent };
        (verdict, self.trace.unwrap_or_default())
    }

    fn take(&mut self, collector: &mut Collector<'r>) {
        if let Some(limit) = collector.over {
            self.beyond(limit);
        }
        self.values.take(collector, &mut self.texts, self.program.rereads);
        let (met, unmet) = std::mem::take(&mut self.unmet).into_iter().partition(|(_, target)| self.is_met(target));
        self.unmet = unmet;
        self.spared.extend::<Vec<_>>(met);
        self.spots.iter_mut().for_each(|spots| *spots = None);
        self.views.iter_mut().for_each(|view| *view = None);
    }

    fn beyond(&mut self, limit: Limit) {
        self.ground.get_or_insert(Ground::Limit(limit));
    }

    fn is_over(&self) -> bool {
        (self.mode == Mode::Block && self.ground.is_some()) || self.is_given_up
    }

    /// Whether this request has cost all that it may.
    fn is_spent(&mut self) -> bool {
        let spent = self.texts.spent;
        if self.is_given_up || spent < self.look_at.min(self.work_max) {
            return self.is_given_up;
        }
        if spent > self.work_max {
            self.is_given_up = true;
            self.beyond(Limit::Work);
        } else if spent >= self.look_at {
            self.look_at = spent.saturating_add(LOOK_EVERY);
            if self.overtime.is_some_and(|over| over()) {
                self.is_given_up = true;
                self.beyond(Limit::Time);
            }
        }
        self.is_given_up
    }

    fn phase(&mut self, phase: usize) {
        let program = self.program;
        let mut rest = program.phases.get(phase).map(Vec::as_slice).unwrap_or_default();
        while let Some((index, after)) = rest.split_first() {
            rest = after;
            if self.is_over() || self.engine == EngineState::Off {
                return;
            }
            let Some(rule) = program.rules.get(*index) else { continue };
            if self.removed.contains(index) {
                self.note(rule, || Outcome::Removed);
                continue;
            }
            match self.rule(*index, rule) {
                After::Next => {}
                After::SkipTo(to) => rest = self.skip(rest, to),
                After::End => return,
            }
        }
    }

    /// What is left of a phase from a marker on.
    fn skip(&mut self, rest: &'i [RuleIndex], to: RuleIndex) -> &'i [RuleIndex] {
        let (skipped, rest) = rest.split_at(rest.partition_point(|index| *index < to));
        if self.trace.is_some() {
            for rule in skipped.iter().filter_map(|index| self.program.rules.get(*index)) {
                self.note(rule, || Outcome::Skipped);
            }
        }
        rest
    }

    fn note(&mut self, rule: &Rule, outcome: impl FnOnce() -> Outcome) {
        if let Some(trace) = &mut self.trace {
            trace.push(Step { rule: rule.id, at: format!("{}:{}", rule.file, rule.line), outcome: outcome() });
        }
    }

    fn rule(&mut self, index: RuleIndex, rule: &'i Rule) -> After {
        self.matched.clear();
        let mut looked = 0;
        for (place, link) in rule.links.iter().enumerate() {
            if place == 0 && self.trace.is_some() {
                looked = self.spots(link.targets).len();
            }
            let matches = self.link(index, rule, link);
            if self.is_spent() {
                return After::End;
            }
            if !matches {
                self.note(rule, || Outcome::NoMatch { values: looked });
                return After::Next;
            }
        }
        self.fire(rule)
    }

    /// The whole chain matched.
    fn fire(&mut self, rule: &'i Rule) -> After {
        for control in rule.links.iter().flat_map(|link| &link.controls) {
            self.control(control);
        }
        if rule.logged || self.trace.is_some() {
            let places = self.places();
            if rule.logged && self.hits.len() < 256 {
                let message = String::from_utf8_lossy(&self.expand(&rule.message, rule)).chars().take(400).collect();
                let phase = u8::try_from(rule.phase).unwrap_or_default();
                let (tags, places) = (rule.tags.clone(), places.clone());
                self.hits.push(Hit { rule: rule.id, phase, message, severity: rule.severity, tags, places });
            }
            self.note(rule, || Outcome::Matched { places });
        }
        match rule.disruption {
            Disruption::Deny if self.engine == EngineState::On => {
                self.ground.get_or_insert(Ground::Rule { id: rule.id, status: rule.status });
            }
            Disruption::Allow => return After::End,
            Disruption::Deny | Disruption::Block | Disruption::Pass => {}
        }
        rule.skip_to.map_or(After::Next, After::SkipTo)
    }

    fn places(&self) -> Vec<Place> {
        let place = |spot: &Spot| Place {
            name: String::from_utf8_lossy(&self.spot_name(spot)).chars().take(200).collect(),
            excerpt: crate::verdict::Excerpt::of(&self.spot_bytes(spot)),
        };
        self.matched.iter().rev().take(8).map(place).collect()
    }

    fn spots(&mut self, targets: TargetsId) -> Rc<[Spot]> {
        if let Some(Some(spots)) = self.spots.get(targets) {
            return Rc::clone(spots);
        }
        let Some(list) = self.program.targets.get(targets) else { return Rc::clone(&self.nowhere) };
        let found = self.resolve(&list.list);
        let spots: Rc<[Spot]> = if found.is_empty() { Rc::clone(&self.nowhere) } else { found.into() };
        if list.fixed
            && let Some(slot) = self.spots.get_mut(targets)
        {
            *slot = Some(Rc::clone(&spots));
        }
        spots
    }

    fn gated(&self) -> bool {
        self.settings.gates == Gates::On
    }
}
