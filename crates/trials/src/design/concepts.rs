//! What each activity collects: a ladder from exact references down to words, every step with its confidence.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::finding::{Notes, Severity, U6_ACTIVITY};
use super::standards::{Standards, Test, standards};
use super::usdm::model::{Activity, Concept, Named, Study};
use super::words::{ascii, cut, key};

/// What is collected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// One test of a findings domain.
    Test {
        /// Domain, such as VS.
        domain: String,
        /// Short name of the test.
        testcd: String,
        /// Specimen, for laboratory tests whose words tell it.
        specimen: String,
        /// Units that the protocol names, submission values.
        units: Vec<String>,
    },
    /// A form of a domain; the detail is its category.
    Form {
        /// Domain, such as AE.
        domain: String,
        /// Category, milestone or kind, empty when the domain has one form.
        detail: String,
    },
    /// Nothing is collected.
    NoData,
}

/// The rung of the ladder that held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A person of the organisation decided it before.
    Remembered,
    /// The protocol names a COSMoS specialisation.
    Specialization,
    /// The protocol names a concept code.
    ConceptCode,
    /// The label is a term or synonym of the controlled terminology.
    Synonym,
    /// The label tells the topic, and the topic the form.
    Topic,
    /// There is nothing to collect, with a reason.
    NoData,
    /// Nobody knows yet. Blocks release.
    Unresolved,
}

impl Step {
    /// Confidence in percent.
    pub fn confidence(self) -> u8 {
        match self {
            Step::Remembered => 100,
            Step::Specialization => 98,
            Step::ConceptCode => 92,
            Step::Synonym => 80,
            Step::Topic => 60,
            Step::NoData => 70,
            Step::Unresolved => 0,
        }
    }

    /// Whether a person should confirm it before release.
    pub fn is_proposal(self) -> bool {
        matches!(self, Step::Synonym | Step::Topic | Step::NoData)
    }
}

/// One thing that an activity collects, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// Index of the activity in the order of the protocol.
    pub activity: usize,
    /// JSON pointer to the concept, surrogate, procedure or label that was read.
    pub path: String,
    /// What stands there.
    pub words: String,
    /// The rung that held.
    pub step: Step,
    /// What is collected.
    pub target: Target,
    /// Why, for a person.
    pub reason: String,
}

/// Decisions that people of the organisation took before, by the words of the label.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Choices {
    /// The decisions.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

/// One remembered decision.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Choice {
    /// Words of the activity, concept or surrogate; case and punctuation do not matter.
    pub label: String,
    /// Domain, empty when nothing is collected.
    #[serde(default)]
    pub domain: String,
    /// Short test name, for findings.
    #[serde(default)]
    pub testcd: String,
    /// Category or milestone.
    #[serde(default)]
    pub detail: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

pub(crate) fn resolve(study: &Study, choices: &Choices, notes: &mut Notes) -> Vec<Resolution> {
    let ladder = Ladder {
        tables: standards(),
        concepts: study.concepts.iter().map(|concept| (concept.named.id.as_str(), concept)).collect(),
        surrogates: study.surrogates.iter().map(|named| (named.id.as_str(), named)).collect(),
        choices: choices.choices.iter().map(|choice| (key(&choice.label), choice)).collect(),
        called: study.design.timelines.iter().map(|timeline| timeline.named.id.as_str()).collect(),
    };
    let mut all = Vec::new();
    for (at, activity) in study.design.activities.iter().enumerate() {
        let found = ladder.activity(at, activity);
        for resolution in &found {
            report(resolution, activity, notes);
        }
        all.extend(found);
    }
    all
}

fn report(resolution: &Resolution, activity: &Activity, notes: &mut Notes) {
    match resolution.step {
        Step::Unresolved => {
            let words = format!(
                "What \"{}\" collects is not known. Choose a form, a test or \"no data\"; release waits for it.",
                cut(&resolution.words, 80).0
            );
            notes.find(U6_ACTIVITY, Severity::Blocker, resolution.path.clone(), words);
        }
        step if step.is_proposal() => {
            let after = match &resolution.target {
                Target::Test { domain, testcd, .. } => format!("{domain} {testcd}"),
                Target::Form { domain, detail } => format!("{domain} {detail}").trim_end().to_owned(),
                Target::NoData => "no data".to_owned(),
            };
            let reason = format!("{} ({} %)", resolution.reason, step.confidence());
            notes.propose(resolution.path.clone(), activity.named.title(), &after, &reason);
        }
        _ => {}
    }
}

struct Ladder<'a> {
    tables: &'static Standards,
    concepts: HashMap<&'a str, &'a Concept>,
    surrogates: HashMap<&'a str, &'a Named>,
    choices: HashMap<String, &'a Choice>,
    called: HashSet<&'a str>,
}

/// Domains whose tests may be chosen by a word, best first.
const TEST_DOMAINS: [&str; 8] = ["VS", "LB", "EG", "IS", "MB", "SC", "RE", "CV"];

impl Ladder<'_> {
    fn activity(&self, at: usize, activity: &Activity) -> Vec<Resolution> {
        let made = |path: &str, words: &str, (step, target, reason): Known| Resolution {
            activity: at,
            path: path.to_owned(),
            words: words.to_owned(),
            step,
            target,
            reason,
        };
        let title = clean(&activity.named);
        if let Some(known) = self.remembered(title).or_else(|| self.remembered(&activity.named.name)) {
            return vec![made(&activity.named.path, title, known)];
        }
        if !activity.children.is_empty() {
            let reason = "It is a heading; its parts collect the data.".to_owned();
            return vec![made(&activity.named.path, title, (Step::NoData, Target::NoData, reason))];
        }
        let mut found = Vec::new();
        for concept in activity.concepts.iter().filter_map(|id| self.concepts.get(id.as_str())) {
            let known = self.concept(concept);
            found.push(made(&concept.named.path, concept.named.title(), known));
        }
        for surrogate in activity.surrogates.iter().filter_map(|id| self.surrogates.get(id.as_str())) {
            // A stand-in may name a test of which the activity tells the topic.
            let known = self.words(surrogate.title()).or_else(|| self.topics(title).into_iter().next());
            let known = known.unwrap_or_else(|| unresolved(surrogate.title()));
            found.push(made(&surrogate.path, surrogate.title(), known));
        }
        let whole = found.iter().any(|resolution| resolution.step != Step::Unresolved);
        if !whole {
            found.extend(self.label(activity).into_iter().map(|known| made(&activity.named.path, title, known)));
            if found.iter().any(|resolution| resolution.step != Step::Unresolved) {
                found.retain(|resolution| resolution.step != Step::Unresolved);
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|resolution| resolution.step == Step::Unresolved || seen.insert(resolution.target.clone()));
        found
    }

    fn remembered(&self, words: &str) -> Option<Known> {
        let choice = self.choices.get(&key(words))?;
        let target = match (choice.domain.is_empty(), choice.testcd.is_empty()) {
            (true, _) => Target::NoData,
            (_, true) => Target::Form { domain: choice.domain.clone(), detail: choice.detail.clone() },
            _ => tested(self.tables.test(&choice.domain, &choice.testcd)?, words, &[]),
        };
        Some((Step::Remembered, target, choice.reason.clone()))
    }

    fn concept(&self, concept: &Concept) -> Known {
        if let Some(known) = self.remembered(concept.named.title()) {
            return known;
        }
        let units = self.units(concept);
        self.specialization(concept, &units)
            .or_else(|| self.coded(concept, &units))
            .or_else(|| self.words(concept.named.title()))
            .or_else(|| concept.synonyms.iter().find_map(|synonym| self.words(synonym)))
            .or_else(|| self.topics(concept.named.title()).into_iter().next())
            .unwrap_or_else(|| unresolved(concept.named.title()))
    }

    /// Units that the concept's properties allow, as submission values.
    fn units(&self, concept: &Concept) -> Vec<String> {
        let properties = concept.properties.iter().filter(|property| property.name.ends_with("ORRESU"));
        let codes = properties.flat_map(|property| &property.responses);
        let lists = ["UNIT", "VSRESU"];
        codes
            .filter_map(|coded| lists.iter().find_map(|list| self.tables.term(list, &coded.code)))
            .map(|term| term.value.clone())
            .collect()
    }

    fn specialization(&self, concept: &Concept, units: &[String]) -> Option<Known> {
        let mut parts = concept.reference.rsplit('/');
        let name = parts.next().filter(|name| !name.is_empty())?;
        let kind = parts.next().unwrap_or("");
        let reason = format!("The protocol refers to {name}.");
        if kind == "datasetspecializations" {
            let property = concept.properties.iter().find(|property| property.name.ends_with("TESTCD"));
            let by_property = property.and_then(|property| {
                let domain = property.name.get(..2)?;
                let code = property.code.as_ref()?;
                self.tables
                    .test(domain, &code.decode)
                    .or_else(|| self.tables.tests_of_code(&code.code).find(|test| test.domain == domain))
            });
            let known = self.tables.specializations.get(name);
            let by_table = || known.and_then(|(domain, testcd)| self.tables.test(domain, testcd));
            let by_crf = || {
                let group = self.tables.crf.iter().find(|group| group.specialization == name)?;
                let item = group.items.iter().find(|item| item.annotation.contains("TESTCD = "))?;
                let testcd = item.annotation.split("TESTCD = ").nth(1)?.split(';').next()?.trim();
                self.tables.test(&group.domain, testcd)
            };
            if let Some(test) = by_property.or_else(by_table).or_else(by_crf) {
                return Some((Step::Specialization, tested(test, concept.named.title(), units), reason));
            }
            if let Some((domain, detail)) = known {
                let target = Target::Form { domain: domain.clone(), detail: self.milestone(domain, detail, concept) };
                return Some((Step::Specialization, target, reason));
            }
        }
        let group = self
            .tables
            .crf
            .iter()
            .find(|group| group.specialization == name || (kind == "biomedicalconcepts" && group.concept == name));
        let by_prefix = || {
            let property = concept.properties.iter().find(|property| property.name.len() > 4)?;
            let domain = property.name.get(..2)?;
            self.tables.cdash.contains_key(domain).then(|| domain.to_owned())
        };
        let known = group.map(|group| group.domain.clone());
        let domain = known.or_else(|| if kind == "datasetspecializations" { by_prefix() } else { None })?;
        let fits = !TEST_DOMAINS.contains(&domain.as_str()) || domain == "SC";
        let detail = self.milestone(&domain, "", concept);
        fits.then_some((Step::Specialization, Target::Form { domain, detail }, reason))
    }

    /// The milestone or event of a DS concept: as assigned, or as its words tell.
    fn milestone(&self, domain: &str, assigned: &str, concept: &Concept) -> String {
        if domain != "DS" {
            return String::new();
        }
        if !assigned.is_empty() {
            return assigned.to_owned();
        }
        let told = self.topics(concept.named.title()).into_iter().find_map(|(_, target, _)| match target {
            Target::Form { domain, detail } if domain == "DS" => Some(detail),
            _ => None,
        });
        told.unwrap_or_else(|| "COMPLETED".to_owned())
    }

    fn coded(&self, concept: &Concept, units: &[String]) -> Option<Known> {
        let code = concept.code.as_ref()?;
        let short = concept.properties.iter().filter(|property| property.name.ends_with("TESTCD"));
        let mut codes = short.filter_map(|property| property.code.as_ref()).chain([code]);
        let test = codes.find_map(|code| best(self.tables.tests_of_code(&code.code)))?;
        let reason = format!("The protocol gives the concept code {}.", test.code);
        Some((Step::ConceptCode, tested(test, concept.named.title(), units), reason))
    }

    /// A test, an instrument or a demographic field by its words.
    fn words(&self, words: &str) -> Option<Known> {
        if let Some(known) = self.remembered(words) {
            return Some(known);
        }
        let demographic = ["sex", "race", "ethnicity", "age", "subject age", "date of birth", "birth date", "gender"];
        if demographic.contains(&key(words).as_str()) {
            let target = Target::Form { domain: "DM".to_owned(), detail: String::new() };
            return Some((Step::Synonym, target, format!("{} is a field of DM.", cut(words, 60).0)));
        }
        let inside = words.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside);
        let outside = words.split('(').next();
        // What stands in brackets decides only where the words before it tell no topic.
        let inside = inside.filter(|_| outside.is_none_or(|outside| self.topics(outside).is_empty()));
        let tries = [Some(words), outside, inside];
        let test = tries.into_iter().flatten().find_map(|words| best(self.tables.tests_of_word(words)));
        if let Some(test) = test {
            let reason = format!("\"{}\" is {} in the terminology ({}).", cut(words, 60).0, test.test, test.code);
            return Some((Step::Synonym, tested(test, words, &[]), reason));
        }
        self.instrument(words)
    }

    fn instrument(&self, words: &str) -> Option<Known> {
        let sought = key(words.split('(').next().unwrap_or(words));
        if sought.len() < 3 {
            return None;
        }
        let kinds = ["scale", "questionnaire", "survey", "index", "inventory", "score"];
        let instrument_like = sought.len() > 8 && sought.split(' ').any(|word| kinds.contains(&word));
        let part = || {
            let mut all = self.tables.instruments.iter().filter(|_| instrument_like);
            all.find(|instrument| instrument.keys.iter().any(|key| key.contains(&sought)))
        };
        let found = self.tables.instrument(&sought).or_else(part)?;
        let target = Target::Form { domain: found.domain.to_owned(), detail: found.term.value.clone() };
        Some((Step::Synonym, target, format!("The instrument is {} ({}).", found.term.preferred, found.term.code)))
    }

    /// What the label alone tells.
    fn label(&self, activity: &Activity) -> Vec<Known> {
        let title = clean(&activity.named);
        for words in [title, activity.named.name.as_str()] {
            if let Some(known) = self.words(words) {
                return vec![known];
            }
        }
        let topics = self.topics(title);
        if !topics.is_empty() {
            return topics;
        }
        let parts: Vec<Known> = title.split([',', '/', ';', '&']).filter_map(|part| self.words(part)).collect();
        if !parts.is_empty() {
            return parts;
        }
        let named = self.topics(&activity.named.name);
        if !named.is_empty() {
            return named;
        }
        if self.called.contains(activity.timeline.as_str()) {
            let reason = "It opens a sub-timeline; the activities there collect the data.".to_owned();
            return vec![(Step::NoData, Target::NoData, reason)];
        }
        if let Some((procedure, _)) = activity.procedures.first() {
            let words = cut(&ascii(procedure.title()), 40).0.to_uppercase();
            let target = Target::Form { domain: "PR".to_owned(), detail: words };
            return vec![(
                Step::Topic,
                target,
                "The protocol defines a procedure; its occurrence is recorded in PR.".to_owned(),
            )];
        }
        vec![unresolved(title)]
    }

    /// Every topic that the words name. Longer phrases come first in the table and use up their words.
    fn topics(&self, words: &str) -> Vec<Known> {
        let mut left = format!(" {} ", key(words));
        let mut found: Vec<Known> = Vec::new();
        for topic in &self.tables.topics {
            let Some(phrase) = topic.words.iter().find(|phrase| left.contains(phrase.as_str())) else {
                continue;
            };
            left = left.replace(phrase.as_str(), " ");
            let known = match topic.form.as_str() {
                "NODATA" => (Step::NoData, Target::NoData, topic.reason.clone()),
                "QS" => {
                    let name = cut(&ascii(words).to_uppercase(), 60).0.to_owned();
                    (Step::Topic, Target::Form { domain: "QS".to_owned(), detail: name }, topic.reason.clone())
                }
                domain => {
                    let target = Target::Form { domain: domain.to_owned(), detail: topic.detail.clone() };
                    (Step::Topic, target, topic.reason.clone())
                }
            };
            found.push(known);
        }
        if found.iter().any(|(step, ..)| *step != Step::NoData) {
            found.retain(|(step, ..)| *step != Step::NoData);
        } else {
            found.truncate(1);
        }
        found.sort_by(|a, b| a.1.cmp(&b.1));
        found.dedup_by(|a, b| a.1 == b.1);
        found
    }
}

type Known = (Step, Target, String);

/// The title without a footnote mark glued to its end.
fn clean(named: &Named) -> &str {
    let (name, label) = (named.name.as_str(), named.label.as_str());
    let glued = label.strip_prefix(name).is_some_and(|rest| (1..=2).contains(&rest.len()) && rest.is_ascii());
    if glued && name.contains(' ') { name } else { named.title() }
}

fn tested(test: &Test, words: &str, units: &[String]) -> Target {
    let words = words.to_lowercase();
    let specimens = [
        ("urine", "URINE"),
        ("serum", "SERUM OR PLASMA"),
        ("plasma", "SERUM OR PLASMA"),
        ("blood", "BLOOD"),
        ("stool", "STOOL"),
    ];
    let told = specimens.iter().find(|(part, _)| words.contains(part) && test.domain == "LB");
    Target::Test {
        domain: test.domain.clone(),
        testcd: test.testcd.clone(),
        specimen: told.map_or(String::new(), |(_, specimen)| (*specimen).to_owned()),
        units: units.to_vec(),
    }
}

fn unresolved(words: &str) -> Known {
    (Step::Unresolved, Target::NoData, format!("Nothing is known about \"{}\".", cut(words, 60).0))
}

fn best<'t>(tests: impl Iterator<Item = &'t Test>) -> Option<&'t Test> {
    let rank = |test: &&Test| TEST_DOMAINS.iter().position(|domain| *domain == test.domain);
    tests.filter(|test| rank(test).is_some()).min_by_key(|test| rank(test))
}
