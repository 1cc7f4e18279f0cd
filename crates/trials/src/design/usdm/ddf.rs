//! The published conformance rules of the study definition standard (CDISC DDF, USDM 4.0) that the JSON alone can decide.
//!
//! Each rule keeps its published number, so that a finding here and one of another engine can be laid side by side. What they
//! demand is said in our own words. `docs/trials.md` lists which are done; the others need more than the document.

mod codes;
mod dated;
mod graph;
mod order;
mod places;
mod study;
mod texts;
mod timeline;

use serde_json::Value;

use super::super::conformance::Outcome;
use crate::design::finding::{Notes, Rule, Severity};
pub(super) use graph::{Graph, Item};

const SOURCE: &str = "CDISC DDF conformance rules, USDM 4.0";

/// Runs every rule; findings go to the notes, and each rule tells how it came out.
pub(crate) fn check(document: &Value, notes: &mut Notes) -> Vec<Outcome> {
    let graph = Graph::new(document);
    let mut rules = Rules { outcomes: Vec::new(), notes };
    places::run(&graph, &mut rules);
    codes::run(&graph, &mut rules);
    order::run(&graph, &mut rules);
    timeline::run(&graph, &mut rules);
    study::run(&graph, &mut rules);
    texts::run(&graph, &mut rules);
    rules.outcomes.sort_by(|one, other| one.rule.cmp(&other.rule));
    rules.outcomes
}

/// How much the publisher says that a rule matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Must,
    Should,
}
use Weight::{Must, Should};

/// Outcomes under construction.
struct Rules<'n> {
    outcomes: Vec<Outcome>,
    notes: &'n mut Notes,
}

impl Rules<'_> {
    /// Looks at each item; words mean that the rule is broken there.
    fn each<'a, 'g>(
        &mut self,
        name: &'static str,
        weight: Weight,
        words: &'static str,
        items: impl Iterator<Item = &'g Item<'a>>,
        broken: impl Fn(&Item<'a>) -> Option<String>,
    ) where
        'a: 'g,
    {
        let mut found = Vec::new();
        let mut checked = 0;
        for item in items {
            checked += 1;
            if let Some(why) = broken(item) {
                found.push((item.path.clone(), why));
            }
        }
        self.came_out(name, weight, words, checked, found);
    }

    /// Records a rule that looked at more than one item at a time.
    fn came_out(
        &mut self,
        name: &'static str,
        weight: Weight,
        words: &str,
        checked: usize,
        broken: Vec<(String, String)>,
    ) {
        let severity = if weight == Must { Severity::Error } else { Severity::Warning };
        let outcome = Outcome {
            rule: name.to_owned(),
            words: words.to_owned(),
            source: SOURCE.to_owned(),
            checked,
            broken: broken.len(),
        };
        self.outcomes.push(outcome);
        for (path, why) in broken {
            let words = if why.is_empty() { words.to_owned() } else { format!("{words} {why}") };
            self.notes.find(Rule(name, SOURCE), severity, path, words);
        }
    }
}

/// Broken when the condition holds, with nothing to add to the words of the rule.
fn when(broken: bool) -> Option<String> {
    broken.then(String::new)
}
