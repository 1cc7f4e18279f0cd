//! Compiled rules: what the loader makes and the inspector runs.

use crate::operator::Operator;
use crate::pattern::Pattern;
use crate::store::Held;
use crate::transform::Transform;
use crate::variable::Variable;
use crate::{byteset::ByteSet, macros::Macro};
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) type RuleIndex = usize;
pub(crate) type ChainId = usize;
pub(crate) type TargetsId = usize;
pub(crate) type OperatorId = usize;

/// Everything loaded, in the order in which it was written.
#[derive(Default)]
pub(crate) struct Program {
    pub rules: Vec<Rule>,
    /// For each of the five phases, its rules in order.
    pub phases: [Vec<RuleIndex>; 5],
    pub operators: Vec<Operator>,
    pub chains: Vec<Chain>,
    pub targets: Vec<Targets>,
    /// How many pairs of targets and chain there are.
    pub views: usize,
    pub names: Names,
    pub literals: crate::gate::Literals,
    pub by_id: HashMap<u32, RuleIndex>,
    pub rereads: Rereads,
    pub by_tag: HashMap<String, Vec<RuleIndex>>,
}

/// Whether a value that is text in base64 is inspected as that text too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Rereads {
    /// As the Core Rule Set expects.
    #[default]
    Never,
    Base64,
}

/// One rule with its chain.
pub(crate) struct Rule {
    pub id: u32,
    pub phase: usize,
    pub file: Arc<str>,
    pub line: usize,
    pub links: Vec<Link>,
    pub disruption: Disruption,
    pub status: u16,
    pub logged: bool,
    pub message: Macro,
    pub severity: Option<u8>,
    pub tags: Vec<Arc<str>>,
    pub skip_to: Option<RuleIndex>,
}

/// What a rule does to the request when the whole chain matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Disruption {
    Pass,
    /// Whatever the default action of its phase says.
    Block,
    Deny,
    Allow,
}

/// One link of a chain: where to look, how to prepare it, what to look for, what to note.
pub(crate) struct Link {
    pub targets: TargetsId,
    pub chain: ChainId,
    /// The pair of targets and chain, numbered; links that share it share its work.
    pub view: usize,
    pub every_step: bool,
    pub operator: OperatorId,
    pub negated: bool,
    pub capture: bool,
    pub settings: Vec<SetVar>,
    pub controls: Vec<Control>,
}

/// A sequence of transformations.
#[derive(Default)]
pub(crate) struct Chain {
    /// Each step with the bytes without which it changes nothing.
    pub steps: Vec<(Transform, ByteSet)>,
    /// A value without these bytes passes the whole sequence unchanged.
    pub triggers: ByteSet,
    pub changes_empty: bool,
}

/// The places one link looks at.
#[derive(Default)]
pub(crate) struct Targets {
    pub list: Vec<Target>,
    /// True when the places depend on the request alone, not on what rules noted before.
    pub fixed: bool,
    /// The slot of a single transaction variable, when that is all.
    pub slot: Option<(usize, Role)>,
}

#[derive(Clone)]
pub(crate) struct Target {
    pub variable: Variable,
    pub key: Key,
    pub role: Role,
}

#[derive(Clone)]
pub(crate) enum Key {
    Every,
    /// One name, in lower case, with its slot where the collection is the transaction's own.
    Named(Arc<[u8]>, Option<usize>),
    Like(Arc<Pattern>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Look,
    Spare,
    Count,
}

pub(crate) struct SetVar {
    pub collection: Collection,
    pub name: Macro,
    /// The slot of a name without macros.
    pub slot: Option<usize>,
    pub change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Collection {
    Tx,
    /// Collections that ModSecurity keeps between requests live here for one request only.
    Other,
}

pub(crate) enum Change {
    Fixed(Held),
    To(Macro),
    Add(Macro),
    Subtract(Macro),
    Remove,
}

pub(crate) enum Control {
    RemoveRules(Vec<RuleIndex>),
    RemoveTarget(Vec<RuleIndex>, Target),
    Engine(EngineState),
    BodyProcessor(String),
    ForceBody(Force),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EngineState {
    On,
    DetectionOnly,
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Force {
    On,
    Off,
}

/// Names of transaction variables, each with a fixed slot.
#[derive(Clone)]
pub(crate) struct Names {
    slots: HashMap<Vec<u8>, usize>,
    list: Vec<Vec<u8>>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { slots: HashMap::new(), list: Vec::new() };
        // INVARIANT: slots 0 to 9 are the captured groups.
        for digit in b'0'..=b'9' {
            names.slot(&[digit]);
        }
        names
    }
}

impl Names {
    pub(crate) fn slot(&mut self, name: &[u8]) -> usize {
        let name = name.to_ascii_lowercase();
        if let Some(slot) = self.slots.get(&name) {
            return *slot;
        }
        let slot = self.list.len();
        self.list.push(name.clone());
        self.slots.insert(name, slot);
        slot
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        self.slots.get(name).copied()
    }

    pub(crate) fn name(&self, slot: usize) -> &[u8] {
        self.list.get(slot).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}
