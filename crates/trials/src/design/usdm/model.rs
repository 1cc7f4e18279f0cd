//! A study as the generator needs it: typed, ordered, and every part with its place in the protocol.

/// A code with its meaning.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Coded {
    pub(crate) code: String,
    pub(crate) decode: String,
    pub(crate) system: String,
    pub(crate) version: String,
}

/// What every named part of a study carries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) path: String,
}

impl Named {
    /// What people call it: the label, or the name where the label is empty.
    pub(crate) fn title(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Study {
    pub(crate) path: String,
    /// The sponsor's identifier of the study: STUDYID.
    pub(crate) identifier: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) acronym: String,
    pub(crate) version: String,
    pub(crate) sponsor: String,
    /// Identifier and the organisation that gave it, registries only.
    pub(crate) registries: Vec<(String, String, String)>,
    pub(crate) dates: Vec<(String, String)>,
    pub(crate) amendments: usize,
    pub(crate) sites: usize,
    pub(crate) eu_sites: usize,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) concepts: Vec<Concept>,
    pub(crate) surrogates: Vec<Named>,
    pub(crate) interventions: Vec<Intervention>,
    pub(crate) classes: Vec<(Coded, String)>,
    pub(crate) pediatric_plan: bool,
    pub(crate) design: Design,
}

#[derive(Debug, Default)]
pub(crate) struct Condition {
    pub(crate) path: String,
    pub(crate) words: String,
    /// What is done under the condition only.
    pub(crate) applies: Vec<String>,
    /// The instances at which it is asked; everywhere when there are none.
    pub(crate) contexts: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Design {
    pub(crate) path: String,
    pub(crate) observational: bool,
    pub(crate) kind: Option<Coded>,
    pub(crate) phase: Option<Coded>,
    pub(crate) model: Option<Coded>,
    pub(crate) blinding: Option<Coded>,
    pub(crate) intents: Vec<Coded>,
    pub(crate) subtypes: Vec<Coded>,
    pub(crate) areas: Vec<Coded>,
    pub(crate) characteristics: Vec<Coded>,
    pub(crate) time_perspective: Option<Coded>,
    pub(crate) sampling: Option<Coded>,
    pub(crate) arms: Vec<Arm>,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) elements: Vec<Element>,
    pub(crate) cells: Vec<StudyCell>,
    pub(crate) encounters: Vec<Encounter>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) timelines: Vec<Timeline>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) indications: Vec<(Named, Option<Coded>, bool)>,
    pub(crate) population: Population,
    pub(crate) retained: Vec<(String, Option<bool>)>,
}

#[derive(Debug, Default)]
pub(crate) struct Population {
    pub(crate) path: String,
    pub(crate) healthy: Option<bool>,
    pub(crate) planned: Option<f64>,
    pub(crate) sexes: Vec<Coded>,
    pub(crate) age_min: Option<Quantity>,
    pub(crate) age_max: Option<Quantity>,
    pub(crate) cohorts: usize,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) unit: Coded,
}

#[derive(Debug, Default)]
pub(crate) struct Arm {
    pub(crate) named: Named,
    pub(crate) kind: Option<Coded>,
    /// ARMCD and ARM, given by the repairs.
    pub(crate) code: String,
    pub(crate) text: String,
}

#[derive(Debug, Default)]
pub(crate) struct Epoch {
    pub(crate) named: Named,
    pub(crate) kind: Option<Coded>,
    /// EPOCH, given by the repairs.
    pub(crate) term: String,
}

#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) named: Named,
    pub(crate) start: String,
    pub(crate) end: String,
    /// ETCD, ELEMENT and TEDUR, given by the repairs.
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) duration: String,
}

#[derive(Debug, Default)]
pub(crate) struct StudyCell {
    pub(crate) arm: String,
    pub(crate) epoch: String,
    pub(crate) elements: Vec<String>,
    pub(crate) path: String,
}

#[derive(Debug, Default)]
pub(crate) struct Encounter {
    pub(crate) named: Named,
    pub(crate) scheduled_at: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) modes: Vec<Coded>,
}

#[derive(Debug, Default)]
pub(crate) struct Activity {
    pub(crate) named: Named,
    pub(crate) children: Vec<String>,
    pub(crate) concepts: Vec<String>,
    pub(crate) surrogates: Vec<String>,
    pub(crate) procedures: Vec<(Named, Option<Coded>)>,
    pub(crate) timeline: String,
}

#[derive(Debug, Default)]
pub(crate) struct Concept {
    pub(crate) named: Named,
    pub(crate) reference: String,
    pub(crate) code: Option<Coded>,
    pub(crate) synonyms: Vec<String>,
    pub(crate) properties: Vec<Property>,
}

#[derive(Debug, Default)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) code: Option<Coded>,
    pub(crate) responses: Vec<Coded>,
}

#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) named: Named,
    pub(crate) main: bool,
    pub(crate) entry: String,
    pub(crate) entry_condition: String,
    pub(crate) instances: Vec<Instance>,
    pub(crate) timings: Vec<Timing>,
    pub(crate) planned: Option<Quantity>,
}

#[derive(Debug, Default)]
pub(crate) struct Instance {
    pub(crate) named: Named,
    pub(crate) next: String,
    pub(crate) branches: Vec<(String, String)>,
    pub(crate) epoch: String,
    pub(crate) encounter: String,
    pub(crate) activities: Vec<String>,
    pub(crate) timeline: String,
    pub(crate) exit: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Relation {
    #[default]
    After,
    Before,
    Fixed,
}

#[derive(Debug, Default)]
pub(crate) struct Timing {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) relation: Relation,
    pub(crate) value: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) window: Option<(String, String)>,
}

#[derive(Debug, Default)]
pub(crate) struct Criterion {
    pub(crate) named: Named,
    pub(crate) identifier: String,
    pub(crate) inclusion: bool,
    pub(crate) words: String,
    /// IETESTCD and IETEST, given by the repairs.
    pub(crate) code: String,
    pub(crate) text: String,
}

#[derive(Debug, Default)]
pub(crate) struct Objective {
    pub(crate) level: String,
    pub(crate) words: String,
    pub(crate) endpoints: Vec<(String, String)>,
}

#[derive(Debug, Default)]
pub(crate) struct Intervention {
    pub(crate) named: Named,
    pub(crate) role: Option<Coded>,
    pub(crate) kind: Option<Coded>,
    pub(crate) administrations: Vec<Administration>,
}

#[derive(Debug, Default)]
pub(crate) struct Administration {
    pub(crate) dose: Option<Quantity>,
    pub(crate) route: Option<Coded>,
    pub(crate) frequency: Option<Coded>,
    pub(crate) duration: Option<Quantity>,
}
