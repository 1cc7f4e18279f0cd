//! Drafts and what people decide about them: pure.

use model::Time;
use serde::{Deserialize, Serialize};

use super::Task;

/// What a draft says. Another shape is refused when an answer is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Item {
    /// A criterion of eligibility.
    Criterion {
        /// For inclusion; otherwise for exclusion.
        inclusion: bool,
        /// Its words.
        text: String,
    },
    /// An objective.
    Objective {
        /// How much it matters.
        level: Level,
        /// Its words.
        text: String,
    },
    /// An endpoint.
    Endpoint {
        /// How much it matters.
        level: Level,
        /// Its words.
        text: String,
    },
    /// What is given.
    Dosing {
        /// The intervention.
        intervention: String,
        /// How much, as a number in words of the protocol.
        dose: String,
        /// In what unit.
        unit: String,
        /// How.
        route: String,
        /// How often.
        frequency: String,
    },
    /// A visit.
    Encounter {
        /// What it is called.
        label: String,
    },
    /// Something that is done.
    Activity {
        /// What it is called.
        label: String,
    },
    /// A concept from the tables.
    Concept {
        /// Its code.
        code: String,
    },
}

/// How much an objective or an endpoint matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Primary.
    Primary,
    /// Secondary.
    Secondary,
    /// Exploratory.
    Exploratory,
}

impl Item {
    /// Whether one person's acceptance is not enough.
    pub fn needs_second(&self) -> bool {
        matches!(self, Item::Criterion { .. } | Item::Objective { .. } | Item::Endpoint { .. } | Item::Dosing { .. })
    }

    pub(super) fn answers(&self, task: &Task) -> bool {
        matches!(
            (self, task),
            (Item::Criterion { .. }, Task::Criteria)
                | (Item::Objective { .. } | Item::Endpoint { .. }, Task::Objectives)
                | (Item::Dosing { .. }, Task::Dosing)
                | (Item::Encounter { .. } | Item::Activity { .. }, Task::Schedule)
                | (Item::Concept { .. }, Task::Concept { .. })
        )
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Item::Criterion { text, .. } | Item::Objective { text, .. } | Item::Endpoint { text, .. } => vec![text],
            Item::Dosing { intervention, dose, unit, route, frequency } => {
                vec![intervention, dose, unit, route, frequency]
            }
            Item::Encounter { label } | Item::Activity { label } => vec![label],
            Item::Concept { code } => vec![code],
        }
    }
}

/// Where a draft comes from, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Function on the AI register.
    pub function: String,
    /// The model that was asked for.
    pub model: String,
    /// The model and build that say they answered.
    pub version: String,
    /// Digest of the instructions.
    pub prompt_sha256: String,
    /// Digest of the protocol's words that were sent.
    pub input_sha256: String,
    /// Digest of the answer.
    pub output_sha256: String,
    /// When.
    pub at: Time,
    /// Who asked.
    pub asked_by: String,
}

/// A proposal of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// What it says.
    pub item: Item,
    /// The byte range of the input that it cites.
    pub source: (usize, usize),
    /// The words there.
    pub quote: String,
    /// What the model thinks of it, in percent. Shown, never relied on.
    pub confidence: u8,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What people decided, in order.
    pub decisions: Vec<Decision>,
}

/// A person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who: an id that is one person's for good.
    pub by: String,
    /// Their name, as it was then.
    pub name: String,
    /// When.
    pub at: Time,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is right as it stands.
    Accepted,
    /// It is right with these words instead. Whoever was asked before is asked again.
    Edited(Item),
    /// It is wrong.
    Rejected,
}

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody decided.
    Waiting,
    /// One person accepted it; a second has to.
    WaitingForSecond,
    /// It may be used.
    Accepted,
    /// It is not used.
    Rejected,
}

/// Why a decision does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDecided {
    /// There is no reason.
    #[error("Say why.")]
    NoReason,
    /// It was decided before.
    #[error("This was decided already.")]
    Settled,
    /// The second person is the first.
    #[error("You accepted this already. Criteria, objectives, endpoints and dosing need a second person.")]
    SamePerson,
    /// The edit makes something else of it.
    #[error("An edit keeps the kind of a draft.")]
    AnotherKind,
}

impl Draft {
    /// Where it stands.
    pub fn state(&self) -> State {
        if self.decisions.iter().any(|decision| decision.verdict == Verdict::Rejected) {
            return State::Rejected;
        }
        match (self.agreed().len(), self.item.needs_second()) {
            (0, _) => State::Waiting,
            (1, true) => State::WaitingForSecond,
            _ => State::Accepted,
        }
    }

    /// Who agrees with it as it stands. An edit is a new wording: acceptances of the old one do not count for it.
    fn agreed(&self) -> std::collections::BTreeSet<&str> {
        let mut agreed = std::collections::BTreeSet::new();
        for decision in &self.decisions {
            if matches!(decision.verdict, Verdict::Edited(_)) {
                agreed.clear();
            }
            agreed.insert(decision.by.as_str());
        }
        agreed
    }

    /// What it says now: as edited last.
    pub fn current(&self) -> &Item {
        let edited = self.decisions.iter().rev().find_map(|decision| match &decision.verdict {
            Verdict::Edited(item) => Some(item),
            _ => None,
        });
        edited.unwrap_or(&self.item)
    }

    /// The draft with one more decision.
    pub fn decide(&self, decision: Decision) -> Result<Draft, NotDecided> {
        if decision.reason.trim().is_empty() {
            return Err(NotDecided::NoReason);
        }
        match self.state() {
            State::Accepted | State::Rejected => return Err(NotDecided::Settled),
            State::WaitingForSecond if decision.verdict == Verdict::Accepted => {
                if self.agreed().contains(decision.by.as_str()) {
                    return Err(NotDecided::SamePerson);
                }
            }
            State::WaitingForSecond | State::Waiting => {}
        }
        if let Verdict::Edited(item) = &decision.verdict
            && std::mem::discriminant(item) != std::mem::discriminant(&self.item)
        {
            return Err(NotDecided::AnotherKind);
        }
        let mut draft = self.clone();
        draft.decisions.push(decision);
        Ok(draft)
    }
}

/// Drafts that keep a study from release: nobody decided, or not enough people did.
pub fn unreviewed(drafts: &[Draft]) -> usize {
    drafts.iter().filter(|draft| matches!(draft.state(), State::Waiting | State::WaitingForSecond)).count()
}
