//! Words that a claim may not use, or only with proof.

use crate::claim::{ClaimDecl, Counts};

/// Slogans: they promise nothing that can be tested.
const REFUSED: &[&str] = &[
    "military-grade",
    "military grade",
    "bank-level",
    "bank level",
    "bank-grade",
    "world-class",
    "world class",
    "enterprise-grade",
    "enterprise grade",
    "industry-leading",
    "industry leading",
    "best-in-class",
    "state-of-the-art",
    "cutting-edge",
    "unbreakable",
    "unhackable",
    "bulletproof",
    "100% secure",
    "fully secure",
    "end-to-end",
    "end to end",
    "full compliance",
    "fully compliant",
    "fully comply",
    "full compliant",
    "any scenario",
    "hipaa compliant",
    "gdpr compliant",
    "guarantee",
];

/// Vague about time or measure: allowed only beside a number.
const NEED_A_NUMBER: &[&str] = &["real-time", "real time", "promptly", "regularly", "regular", "reasonable", "quickly"];

/// About the whole of something: allowed only where the probe enumerates it.
const NEED_THE_WHOLE: &[&str] = &["every", "all", "never", "always", "completely", "any", "nobody", "nothing", "none"];

/// Only with whoever certified it.
const NEED_A_HOLDER: &[&str] = &["certified", "certification", "accredited"];

/// What is wrong with a claim's words; empty if nothing is.
pub fn faults(claim: &ClaimDecl) -> Vec<String> {
    let text = claim.words.to_lowercase();
    let mut found = Vec::new();
    for slogan in REFUSED.iter().filter(|slogan| text.contains(*slogan)) {
        found.push(format!("{}: \u{201c}{slogan}\u{201d} cannot be tested", claim.id));
    }
    let has_number = text.chars().any(|letter| letter.is_ascii_digit());
    for word in NEED_A_NUMBER.iter().filter(|word| !has_number && says(&text, word)) {
        found.push(format!("{}: \u{201c}{word}\u{201d} needs a number", claim.id));
    }
    for word in NEED_THE_WHOLE.iter().filter(|word| claim.counts != Counts::Whole && says(&text, word)) {
        found.push(format!("{}: \u{201c}{word}\u{201d} needs a probe that counts the whole", claim.id));
    }
    for word in NEED_A_HOLDER.iter().filter(|word| says(&text, word)) {
        found.push(format!("{}: \u{201c}{word}\u{201d} needs a holder, a standard and an edition", claim.id));
    }
    found
}

/// Whether a word or phrase stands in a text on its own.
fn says(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|tail| tail.chars().next());
        let part_of_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        !part_of_word(before) && !part_of_word(after)
    })
}
