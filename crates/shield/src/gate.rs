//! One pass over a value finds which operators have a chance at all.

use crate::operator::Operator;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;

/// The required texts of all operators in one automaton.
#[derive(Default)]
pub(crate) struct Literals {
    automaton: Option<AhoCorasick>,
    /// For each text of the automaton, the gates it opens.
    opens: Vec<Vec<u32>>,
    gates: usize,
}

/// Which gates a value opens, one bit each.
#[derive(Clone, Default)]
pub(crate) struct Opened(Box<[u64]>);

impl Opened {
    pub(crate) fn is_open(&self, gate: usize) -> bool {
        self.0.get(gate / 64).is_some_and(|word| word & (1 << (gate % 64)) != 0)
    }

    /// Opens also what the other opens.
    pub(crate) fn join(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
        } else {
            self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
        }
    }
}

impl Literals {
    /// Gives every operator with required texts its gate.
    pub(crate) fn build(operators: &mut [Operator]) -> Result<Self, String> {
        let mut index: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut opens: Vec<Vec<u32>> = Vec::new();
        let mut gates = 0;
        for operator in operators {
            let Some(list) = operator.literals.take() else { continue };
            operator.gate = Some(gates);
            for text in list {
                let place = *index.entry(text.clone()).or_insert_with(|| {
                    texts.push(text);
                    opens.push(Vec::new());
                    texts.len() - 1
                });
                if let Some(opens) = opens.get_mut(place) {
                    opens.push(u32::try_from(gates).map_err(|_| "too many operators")?);
                }
            }
            gates += 1;
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .map_err(|error| error.to_string())?;
        Ok(Self { automaton: Some(automaton), opens, gates })
    }

    pub(crate) fn scan(&self, value: &[u8]) -> Opened {
        let mut words = vec![0u64; self.gates.div_ceil(64)].into_boxed_slice();
        let Some(automaton) = &self.automaton else { return Opened(words) };
        for found in automaton.find_overlapping_iter(value) {
            for gate in self.opens.get(found.pattern().as_usize()).into_iter().flatten() {
                if let Some(word) = words.get_mut(*gate as usize / 64) {
                    *word |= 1 << (gate % 64);
                }
            }
        }
        Opened(words)
    }
}
