//! Codes and short texts that the tabulation needs and the protocol does not give: derived, and proposed.

use std::collections::{BTreeMap, HashSet};

use super::model::{Coded, Element, Study};
use crate::design::finding::{Notes, Severity, T2_CODE, T4_CRITERION, T6_TERM, U6_WHOLE};
use crate::design::standards::standards;
use crate::design::words::{ascii, cut, short_code};

pub(crate) fn repair(study: &mut Study, notes: &mut Notes) {
    identifier(study, notes);
    arms(study, notes);
    epochs(study, notes);
    elements(study, notes);
    criteria(study, notes);
}

fn identifier(study: &mut Study, notes: &mut Notes) {
    let path = format!("{}/studyIdentifiers", study.path);
    if study.identifier.is_empty() {
        let stand_in = if study.name.is_empty() { "STUDY" } else { &study.name };
        let stand_in = cut(&ascii(stand_in), 40).0.to_owned();
        notes.find(U6_WHOLE, Severity::Blocker, path.clone(), "The sponsor's identifier of the study is missing.");
        notes.propose(
            path,
            "",
            &stand_in,
            "STUDYID is required in every dataset; the name of the study stands in for it.",
        );
        study.identifier = stand_in;
    } else {
        let plain = cut(&ascii(&study.identifier), 40).0.to_owned();
        if plain != study.identifier {
            notes.propose(path, &study.identifier, &plain, "STUDYID holds printable ASCII, 40 characters at most.");
            study.identifier = plain;
        }
    }
}

/// The text, or the text with a number behind it, that is not taken yet.
fn unique(taken: &mut HashSet<String>, text: &str, max: usize) -> String {
    let base = cut(text, max).0.to_owned();
    let mut made = base.clone();
    let mut number = 2;
    while !taken.insert(made.clone()) {
        let suffix = number.to_string();
        made = format!("{}{suffix}", cut(&base, max.saturating_sub(suffix.len())).0);
        number += 1;
    }
    made
}

fn arms(study: &mut Study, notes: &mut Notes) {
    let mut codes = HashSet::new();
    let mut texts = HashSet::new();
    for arm in &mut study.design.arms {
        let title = ascii(arm.named.title());
        let fits = [&arm.named.label, &arm.named.name]
            .into_iter()
            .map(|text| ascii(text))
            .find(|text| !text.is_empty() && text.len() <= 20);
        let code = fits.unwrap_or_else(|| short_code(&title, 20)).to_uppercase();
        arm.code = unique(&mut codes, &code, 20);
        if arm.code != arm.named.label {
            let path = format!("{}/label", arm.named.path);
            notes.propose(
                path,
                &arm.named.label,
                &arm.code,
                "ARMCD comes from the label, 20 characters at most, unique.",
            );
        }
        let text = ascii(if arm.named.description.is_empty() { arm.named.title() } else { &arm.named.description });
        let text = if text.is_empty() { arm.code.clone() } else { text };
        arm.text = unique(&mut texts, &text, 200);
    }
}

/// The term of a coded epoch, or the term that its words mean.
fn epoch_term(kind: Option<&Coded>, words: &str) -> Option<String> {
    let tables = standards();
    if let Some(term) = kind.and_then(|kind| tables.term("EPOCH", &kind.code)) {
        return Some(term.value.clone());
    }
    let words = words.to_lowercase();
    let meant = [
        ("screen", "SCREENING"),
        ("run-in", "RUN-IN"),
        ("run in", "RUN-IN"),
        ("check in", "RUN-IN"),
        ("baseline", "BASELINE"),
        ("wash", "WASHOUT"),
        ("follow", "FOLLOW-UP"),
        ("treat", "TREATMENT"),
        ("period", "TREATMENT"),
        ("observ", "OBSERVATION"),
    ];
    meant.iter().find(|(part, _)| words.contains(part)).map(|(_, term)| (*term).to_owned())
}

fn epochs(study: &mut Study, notes: &mut Notes) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for epoch in &mut study.design.epochs {
        let found = epoch_term(epoch.kind.as_ref(), epoch.named.title());
        if found.is_none() {
            let words =
                format!("{} is no epoch of the terminology; it is tabulated as it is called.", epoch.named.title());
            notes.find(T6_TERM, Severity::Warning, epoch.named.path.clone(), words);
        }
        epoch.term = found.unwrap_or_else(|| cut(&ascii(epoch.named.title()).to_uppercase(), 36).0.to_owned());
        if epoch.term.is_empty() {
            epoch.term = "EPOCH".to_owned();
        }
        *count.entry(epoch.term.clone()).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for epoch in &mut study.design.epochs {
        if count.get(&epoch.term).copied().unwrap_or(0) > 1 {
            let number = seen.entry(epoch.term.clone()).or_default();
            *number += 1;
            epoch.term = format!("{} {number}", epoch.term);
        }
        if epoch.term != epoch.named.label {
            let reason = "EPOCH is a term of C99079, numbered where several epochs are of one kind.";
            notes.propose(format!("{}/label", epoch.named.path), &epoch.named.label, &epoch.term, reason);
        }
    }
}

/// The texts as codes of at most eight characters, when every one of them fits and all differ.
fn all_fit(elements: &[Element], text: impl Fn(&Element) -> &str) -> Option<Vec<String>> {
    let codes: Vec<String> = elements.iter().map(|element| ascii(text(element)).to_uppercase()).collect();
    let fit = |code: &String| {
        (1..=8).contains(&code.len())
            && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && code.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let different = codes.iter().collect::<HashSet<_>>().len() == codes.len();
    (different && codes.iter().all(fit)).then_some(codes)
}

fn elements(study: &mut Study, notes: &mut Notes) {
    let elements = &mut study.design.elements;
    let whole = all_fit(elements, |element| &element.named.label)
        .or_else(|| all_fit(elements, |element| &element.named.name))
        .unwrap_or_else(|| elements.iter().map(|element| short_code(element.named.title(), 8)).collect());
    let described: Vec<String> = elements.iter().map(|element| ascii(&element.named.description)).collect();
    let mut codes = HashSet::from(["UNPLAN".to_owned()]);
    let mut texts = HashSet::new();
    for (element, code) in elements.iter_mut().zip(whole) {
        element.code = unique(&mut codes, &code, 8);
        if element.code != element.named.label {
            let reason = "ETCD comes from the label, 8 characters at most, unique.";
            notes.propose(format!("{}/label", element.named.path), &element.named.label, &element.code, reason);
            if element.named.title().len() > 8 {
                let words = format!("{} is longer than the 8 characters of ETCD.", element.named.title());
                notes.find(T2_CODE, Severity::Note, format!("{}/label", element.named.path), words);
            }
        }
        let description = ascii(&element.named.description);
        let alone = described.iter().filter(|other| **other == description).count() == 1;
        let text = match (description.is_empty(), alone) {
            (true, _) => ascii(element.named.title()),
            (_, true) => description,
            (_, false) => format!("{}: {description}", ascii(element.named.title())),
        };
        let text = if text.is_empty() { element.code.clone() } else { text };
        element.text = unique(&mut texts, &text, 200);
        if element.text != element.named.description {
            let reason =
                "ELEMENT and ETCD go together one to one, so that elements of one description need the label too.";
            let path = format!("{}/description", element.named.path);
            notes.propose(path, &element.named.description, &element.text, reason);
        }
    }
}

fn criteria(study: &mut Study, notes: &mut Notes) {
    let mut codes = HashSet::new();
    let mut texts = HashSet::new();
    let mut number = [0, 0];
    for criterion in &mut study.design.criteria {
        let count = if criterion.inclusion { &mut number[0] } else { &mut number[1] };
        *count += 1;
        let derived = format!("{}{:02}", if criterion.inclusion { "INCL" } else { "EXCL" }, count);
        let name = ascii(&criterion.named.name).to_uppercase();
        let fits = (1..=8).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
            && name.starts_with(|c: char| c.is_ascii_alphabetic());
        criterion.code = unique(&mut codes, if fits { &name } else { &derived }, 8);
        if criterion.code != criterion.identifier {
            let reason = "IETESTCD has 8 characters at most, begins with a letter and is unique.";
            let path = format!("{}/identifier", criterion.named.path);
            notes.propose(path, &criterion.identifier, &criterion.code, reason);
        }
        let whole = ascii(if criterion.words.is_empty() { criterion.named.title() } else { &criterion.words });
        if whole.is_empty() {
            let words = "The criterion has no words.";
            notes.find(T4_CRITERION, Severity::Error, criterion.named.path.clone(), words);
        }
        let (head, rest) = cut(&whole, 197);
        let short = if rest.is_empty() { head.to_owned() } else { format!("{head}...") };
        let short = if short.is_empty() { criterion.code.clone() } else { short };
        if !rest.is_empty() {
            let words = format!("The criterion has {} characters; IETEST holds 200.", criterion.words.chars().count());
            notes.find(T4_CRITERION, Severity::Note, criterion.named.path.clone(), words);
            let reason = "IETEST is shortened; the whole text stays in the protocol and in the forms.";
            notes.propose(criterion.named.path.clone(), &whole, &short, reason);
        }
        criterion.text = unique(&mut texts, &short, 200);
    }
}
