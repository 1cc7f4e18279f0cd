//! What a text must contain before a pattern can match it: cheap tests that spare the expensive one.

use crate::byteset::ByteSet;
use regex_syntax::hir::{Class, Hir, HirKind};

const CLAUSES_MAX: usize = 4;
const LITERALS_MAX: usize = 256;
const CROSS_MAX: usize = 24;

/// Necessary conditions of a match, both of which must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// The text has at least one byte of every set.
    pub bytes: Vec<ByteSet>,
    /// The text contains at least one of these, in any ASCII case; `None` where no such list is known.
    pub literals: Option<Vec<Vec<u8>>>,
}

impl Needs {
    pub(crate) fn of(hir: &Hir) -> Self {
        let mut bytes = clauses(hir);
        bytes.sort_by_key(|set| (commonness(set), set.len()));
        bytes.dedup();
        bytes.truncate(CLAUSES_MAX);
        bytes.retain(|set| *set != ByteSet::ALL);
        let literals = required(hir).filter(|list| worth(list) > 0);
        Self { bytes, literals }
    }
}

/// How ordinary a byte set is: sets without letters, digits and spaces sort first.
fn commonness(set: &ByteSet) -> u32 {
    let letters = ByteSet::range(b'a', b'z').union(&ByteSet::range(b'A', b'Z'));
    let plain = ByteSet::of(b" .-_").union(&ByteSet::range(b'0', b'9'));
    u32::from(set.meets(&letters)) * 2 + u32::from(set.meets(&plain))
}

fn class_set(class: &Class) -> ByteSet {
    let mut set = ByteSet::EMPTY;
    match class {
        Class::Bytes(class) => {
            class.iter().for_each(|range| set = set.union(&ByteSet::range(range.start(), range.end())))
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                match (u8::try_from(u32::from(range.start())), u8::try_from(u32::from(range.end()))) {
                    (Ok(from), Ok(to)) if to < 0x80 => set = set.union(&ByteSet::range(from, to)),
                    _ => return ByteSet::ALL,
                }
            }
        }
    }
    set
}

fn clauses(hir: &Hir) -> Vec<ByteSet> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| ByteSet::of(&[*byte])).collect(),
        HirKind::Class(class) => vec![class_set(class)],
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => clauses(&repetition.sub),
        HirKind::Capture(capture) => clauses(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all: Vec<ByteSet> = parts.iter().flat_map(clauses).collect();
            all.sort_by_key(|set| (commonness(set), set.len()));
            all.dedup();
            all.truncate(8);
            all
        }
        HirKind::Alternation(parts) => either(parts),
    }
}

// One clause for the whole alternation: the rarest clause of each branch, joined.
fn either(parts: &[Hir]) -> Vec<ByteSet> {
    let mut joined = ByteSet::EMPTY;
    for part in parts {
        match clauses(part).into_iter().min_by_key(|set| (commonness(set), set.len())) {
            Some(set) => joined = joined.union(&set),
            None => return Vec::new(),
        }
    }
    vec![joined]
}

/// Every match contains one of the returned texts (lower case).
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir),
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => required(&repetition.sub),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(required(part)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= LITERALS_MAX).then_some(all)
        }
    }
}

fn concat(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut best: Option<Vec<Vec<u8>>> = None;
    let mut run: Vec<Vec<u8>> = Vec::new();
    let mut consider = |list: Vec<Vec<u8>>| {
        if !list.is_empty() && best.as_ref().is_none_or(|best| worth(&list) > worth(best)) {
            best = Some(list);
        }
    };
    for part in parts {
        if matches!(part.kind(), HirKind::Look(_)) {
            continue;
        }
        match exact(part) {
            Some(list) => match crossed(&run, &list) {
                Some(longer) => run = longer,
                None => {
                    consider(std::mem::take(&mut run));
                    run = list;
                }
            },
            None => {
                consider(std::mem::take(&mut run));
                if let Some(list) = required(part) {
                    consider(list);
                }
            }
        }
    }
    consider(run);
    best
}

/// All texts this expression can match, when they are few.
fn exact(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => {
            let set = class_set(class);
            if set.len() > 4 {
                return None;
            }
            let mut list: Vec<Vec<u8>> =
                (0..=255u8).filter(|byte| set.contains(*byte)).map(|byte| vec![byte.to_ascii_lowercase()]).collect();
            list.sort();
            list.dedup();
            Some(list)
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => {
            let mut run = Vec::new();
            for part in parts {
                run = crossed(&run, &exact(part)?)?;
            }
            Some(run)
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(exact(part)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= LITERALS_MAX).then_some(all)
        }
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut all = exact(&repetition.sub)?;
            all.push(Vec::new());
            Some(all)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn crossed(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if left.is_empty() {
        return Some(right.to_vec());
    }
    if left.len() * right.len() > CROSS_MAX.max(left.len()).max(right.len()) {
        return None;
    }
    Some(left.iter().flat_map(|start| right.iter().map(move |end| [start.as_slice(), end].concat())).collect())
}

/// Longer is rarer; single bytes are left to the byte sets.
fn worth(list: &[Vec<u8>]) -> usize {
    match list.iter().map(Vec::len).min() {
        None | Some(0 | 1) => 0,
        Some(shortest) => shortest.min(8) * 1_000 - list.len().min(900),
    }
}
