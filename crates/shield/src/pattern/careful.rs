//! Confirms a relaxed match for the few patterns with look-arounds or back-references.
//!
//! This is the only matcher here that can go back, so every step is counted. When the steps run out the
//! relaxed match stands: the doubt counts against the request, and the time stays bounded.

use crate::byteset::ByteSet;
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

const STEPS_MAX: u32 = 200_000;
const DEPTH_MAX: u32 = 1_500;

pub(crate) struct Careful {
    root: Node,
    groups: usize,
}

enum Node {
    Empty,
    Byte(ByteSet),
    Text(Vec<u8>),
    Look(Look),
    Around { inner: Box<Node>, ahead: bool, wanted: bool },
    Again(usize),
    Group(usize, Box<Node>),
    Repeat { inner: Box<Node>, min: u32, max: u32, greedy: bool },
    Concat(Vec<Node>),
    Either(Vec<Node>),
}

/// Start and end of every group, the whole match first.
pub(crate) type Spans = Vec<Option<(usize, usize)>>;

struct Run<'t> {
    text: &'t [u8],
    steps: u32,
    depth: u32,
    spans: Spans,
}

type Next<'n, 't> = &'n mut dyn FnMut(&mut Run<'t>, usize) -> bool;

impl Careful {
    pub(crate) fn new(exact: &str, config: syntax::Config) -> Result<Self, String> {
        let hir = syntax::parse_with(exact, &config).map_err(|error| error.to_string())?;
        let mut groups = 0;
        let root = build(&hir, &mut groups)?;
        Ok(Self { root, groups: groups + 1 })
    }

    /// The groups of the first match at or after `from`; `None` inside means the steps ran out.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<Option<Spans>> {
        let mut run = Run { text, steps: 0, depth: 0, spans: vec![None; self.groups] };
        for start in from..=text.len() {
            let mut end = start;
            let hit = run.at(&self.root, start, &mut |_, position| {
                end = position;
                true
            });
            if run.steps > STEPS_MAX {
                return Some(None);
            }
            if hit {
                if let Some(whole) = run.spans.first_mut() {
                    *whole = Some((start, end));
                }
                return Some(Some(run.spans));
            }
        }
        None
    }
}

fn build(hir: &Hir, groups: &mut usize) -> Result<Node, String> {
    Ok(match hir.kind() {
        HirKind::Empty => Node::Empty,
        HirKind::Literal(literal) => Node::Text(literal.0.to_vec()),
        HirKind::Class(Class::Bytes(class)) => {
            let mut set = ByteSet::EMPTY;
            class.iter().for_each(|range| set = set.union(&ByteSet::range(range.start(), range.end())));
            Node::Byte(set)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut set = ByteSet::EMPTY;
            for range in class.iter() {
                let from = u8::try_from(u32::from(range.start())).map_err(|_| "a class beyond bytes")?;
                let to = u8::try_from(u32::from(range.end())).map_err(|_| "a class beyond bytes")?;
                set = set.union(&ByteSet::range(from, to));
            }
            Node::Byte(set)
        }
        HirKind::Look(look) => Node::Look(*look),
        HirKind::Repetition(repetition) => Node::Repeat {
            inner: Box::new(build(&repetition.sub, groups)?),
            min: repetition.min,
            max: repetition.max.unwrap_or(u32::MAX),
            greedy: repetition.greedy,
        },
        HirKind::Capture(capture) => match capture.name.as_deref() {
            Some(name) => marked(name, &capture.sub, groups)?,
            None => {
                *groups += 1;
                let number = *groups;
                Node::Group(number, Box::new(build(&capture.sub, groups)?))
            }
        },
        HirKind::Concat(parts) => Node::Concat(parts.iter().map(|part| build(part, groups)).collect::<Result<_, _>>()?),
        HirKind::Alternation(parts) => {
            Node::Either(parts.iter().map(|part| build(part, groups)).collect::<Result<_, _>>()?)
        }
    })
}

fn marked(name: &str, inner: &Hir, groups: &mut usize) -> Result<Node, String> {
    if let Some(number) = name.strip_prefix("ref_") {
        let digits = number.split('_').next().unwrap_or_default();
        return digits.parse().map(Node::Again).map_err(|_| format!("a back-reference to {digits}"));
    }
    let inner = Box::new(build(inner, groups)?);
    let ahead = name.contains("ahead");
    Ok(Node::Around { inner, ahead, wanted: !name.contains("not_") })
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

impl<'t> Run<'t> {
    fn at(&mut self, node: &Node, position: usize, next: Next<'_, 't>) -> bool {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            self.steps = STEPS_MAX + 1;
            return false;
        }
        self.depth += 1;
        let hit = self.inside(node, position, next);
        self.depth -= 1;
        hit
    }

    fn inside(&mut self, node: &Node, position: usize, next: Next<'_, 't>) -> bool {
        match node {
            Node::Empty => next(self, position),
            Node::Byte(set) => {
                self.text.get(position).is_some_and(|byte| set.contains(*byte)) && next(self, position + 1)
            }
            Node::Text(text) => {
                self.text.get(position..).is_some_and(|rest| rest.starts_with(text))
                    && next(self, position + text.len())
            }
            Node::Look(look) => self.holds(*look, position) && next(self, position),
            Node::Around { inner, ahead, wanted } => {
                self.around(inner, *ahead, position) == *wanted && next(self, position)
            }
            Node::Again(group) => {
                let Some((from, to)) = self.spans.get(*group).copied().flatten() else { return false };
                let said = self.text.get(from..to).unwrap_or_default();
                let here = self.text.get(position..position + said.len());
                here.is_some_and(|here| here.eq_ignore_ascii_case(said)) && next(self, position + said.len())
            }
            Node::Group(number, inner) => {
                let before = self.spans.get(*number).copied().flatten();
                let hit = self.at(inner, position, &mut |run, end| {
                    let inner_before = run.spans.get(*number).copied().flatten();
                    run.note(*number, Some((position, end)));
                    next(run, end) || {
                        run.note(*number, inner_before);
                        false
                    }
                });
                if !hit {
                    self.note(*number, before);
                }
                hit
            }
            Node::Repeat { inner, min, max, greedy } => self.repeat((inner, *min, *max, *greedy), 0, position, next),
            Node::Concat(parts) => self.sequence(parts, position, next),
            Node::Either(parts) => parts.iter().any(|part| self.at(part, position, next)),
        }
    }

    fn note(&mut self, group: usize, span: Option<(usize, usize)>) {
        if let Some(slot) = self.spans.get_mut(group) {
            *slot = span;
        }
    }

    fn sequence(&mut self, parts: &[Node], position: usize, next: Next<'_, 't>) -> bool {
        match parts.split_first() {
            None => next(self, position),
            Some((first, rest)) => self.at(first, position, &mut |run, end| run.sequence(rest, end, next)),
        }
    }

    fn repeat(&mut self, what: (&Node, u32, u32, bool), done: u32, position: usize, next: Next<'_, 't>) -> bool {
        let (inner, min, max, greedy) = what;
        if let Node::Byte(set) = inner {
            return self.run_of(set, (min, max, greedy), position, next);
        }
        if done >= min && !greedy && next(self, position) {
            return true;
        }
        let more = done < max
            && self.at(inner, position, &mut |run, end| {
                (end > position || done < min) && run.repeat(what, done + 1, end, next)
            });
        more || (done >= min && greedy && next(self, position))
    }

    fn run_of(
        &mut self,
        set: &ByteSet,
        (min, max, greedy): (u32, u32, bool),
        position: usize,
        next: Next<'_, 't>,
    ) -> bool {
        let rest = self.text.get(position..).unwrap_or_default();
        let most = rest.iter().take(max as usize).take_while(|byte| set.contains(**byte)).count();
        let least = min as usize;
        if most < least {
            return false;
        }
        let mut lengths: Box<dyn Iterator<Item = usize>> =
            if greedy { Box::new((least..=most).rev()) } else { Box::new(least..=most) };
        lengths.any(|length| {
            self.steps += 1;
            self.steps <= STEPS_MAX && next(self, position + length)
        })
    }

    fn around(&mut self, inner: &Node, ahead: bool, position: usize) -> bool {
        if ahead {
            return self.at(inner, position, &mut |_, _| true);
        }
        // PCRE look-behinds have a fixed, small length per alternative.
        (position.saturating_sub(255)..=position)
            .rev()
            .any(|start| self.at(inner, start, &mut |_, end| end == position))
    }

    fn holds(&self, look: Look, position: usize) -> bool {
        let before = position.checked_sub(1).and_then(|index| self.text.get(index));
        let after = self.text.get(position);
        match look {
            Look::Start => position == 0,
            Look::End => position == self.text.len(),
            Look::StartLF => position == 0 || before == Some(&b'\n'),
            Look::EndLF => after.is_none_or(|byte| *byte == b'\n'),
            Look::WordAscii => is_word(before) != is_word(after),
            Look::WordAsciiNegate => is_word(before) == is_word(after),
            _ => false,
        }
    }
}
