//! Concepts that an activity could mean: what people, or a model, choose from. Nothing outside the tables is on offer.

use std::collections::{BTreeMap, BTreeSet};

use super::standards::standards;
use super::words::key;

const CANDIDATES_MAX: usize = 40;

/// Concept codes and names that share words with an activity's label, the closest first.
pub fn candidates(label: &str) -> Vec<(String, String)> {
    let words = significant(label);
    let tables = standards();
    let tests = tables.tests.iter().map(|test| (test.code.as_str(), test.test.as_str()));
    let groups = tables.crf.iter().map(|group| (group.concept.as_str(), group.group.as_str()));
    let mut found: BTreeMap<&str, (u32, &str)> = BTreeMap::new();
    for (code, name) in tests.chain(groups).filter(|(code, _)| !code.is_empty()) {
        let own = significant(name);
        let shared = own.intersection(&words).count();
        if shared > 0 {
            // Shared words against all words: a short name that fits beats a long one that holds the word too.
            let score = u32::try_from(shared * 2_000 / (own.len() + words.len())).unwrap_or(0);
            let best = found.entry(code).or_insert((score, name));
            if score > best.0 {
                *best = (score, name);
            }
        }
    }
    let mut sorted: Vec<(&str, (u32, &str))> = found.into_iter().collect();
    sorted.sort_by(|one, other| other.1.0.cmp(&one.1.0).then_with(|| one.0.cmp(other.0)));
    sorted.into_iter().take(CANDIDATES_MAX).map(|(code, (_, name))| (code.to_owned(), name.to_owned())).collect()
}

fn significant(text: &str) -> BTreeSet<String> {
    key(text).split(' ').filter(|word| word.len() > 2).map(str::to_owned).collect()
}
