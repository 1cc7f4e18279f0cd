//! The values of one request and everything derived from them, each made and examined once.

use crate::byteset::ByteSet;
use crate::gate::{Literals, Opened};
use crate::program::Chain;
use crate::transform::{TRANSFORMS, Transform};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A value by its number in this request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct TextId(u32);

const UNKNOWN: u32 = u32::MAX;
const INTERNED_BYTES_MAX: usize = 512;

struct Text<'r> {
    bytes: Cow<'r, [u8]>,
    set: ByteSet,
    after: [u32; TRANSFORMS],
    opened: Option<Opened>,
    sql: Option<bool>,
    script: Option<bool>,
}

#[derive(Default)]
pub(crate) struct Texts<'r> {
    list: Vec<Text<'r>>,
    known: HashMap<u64, u32, BuildHasherDefault<Through>>,
    seed: u64,
    nothing: Opened,
    /// Bytes examined so far, which stands for time in an engine whose every step is linear.
    pub spent: u64,
}

impl<'r> Texts<'r> {
    /// `seed` keeps a sender from choosing values that collide.
    pub(crate) fn new(seed: u64) -> Self {
        let list = Vec::with_capacity(160);
        let known = HashMap::with_capacity_and_hasher(256, BuildHasherDefault::default());
        Self { list, known, seed, ..Self::default() }
    }

    /// The number of a value; equal short values share one, and so everything learned about them.
    pub(crate) fn add(&mut self, bytes: Cow<'r, [u8]>) -> TextId {
        let key = (bytes.len() <= INTERNED_BYTES_MAX).then(|| digest(self.seed, &bytes));
        if let Some(id) = key.and_then(|key| self.known.get(&key))
            && self.list.get(*id as usize).is_some_and(|text| text.bytes == bytes)
        {
            return TextId(*id);
        }
        let id = u32::try_from(self.list.len()).unwrap_or(UNKNOWN - 1);
        self.spent += bytes.len() as u64;
        let set = ByteSet::of(&bytes);
        self.list.push(Text { bytes, set, after: [UNKNOWN; TRANSFORMS], opened: None, sql: None, script: None });
        if let Some(key) = key {
            self.known.insert(key, id);
        }
        TextId(id)
    }

    pub(crate) fn bytes(&self, id: TextId) -> &[u8] {
        self.list.get(id.0 as usize).map(|text| &*text.bytes).unwrap_or_default()
    }

    pub(crate) fn set(&self, id: TextId) -> ByteSet {
        self.list.get(id.0 as usize).map(|text| text.set).unwrap_or_default()
    }

    /// The value after a whole sequence of transformations.
    pub(crate) fn through(&mut self, id: TextId, chain: &Chain) -> TextId {
        if chain.steps.is_empty() || (!chain.changes_empty && !self.set(id).meets(&chain.triggers)) {
            return id;
        }
        chain.steps.iter().fold(id, |id, step| self.step(id, step))
    }

    /// The value after one transformation.
    pub(crate) fn step(&mut self, id: TextId, (step, triggers): &(Transform, ByteSet)) -> TextId {
        let Some(text) = self.list.get(id.0 as usize) else { return id };
        let known = text.after.get(*step as usize).copied().unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return TextId(known);
        }
        let may_change = text.set.meets(triggers) || (step.changes_empty() && text.bytes.is_empty());
        let made = match may_change {
            false => None,
            true => match step.apply(&text.bytes) {
                Cow::Borrowed(_) => None,
                Cow::Owned(made) => Some(made),
            },
        };
        self.spent += if may_change { text.bytes.len() as u64 } else { 0 };
        let next = made.map_or(id, |made| self.add(Cow::Owned(made)));
        if let Some(slot) = self.list.get_mut(id.0 as usize).and_then(|text| text.after.get_mut(*step as usize)) {
            *slot = next.0;
        }
        next
    }

    /// Whether the value opens a gate; one pass answers for all gates.
    pub(crate) fn opens(&mut self, id: TextId, gate: usize, literals: &Literals) -> bool {
        self.opened(id, literals).is_open(gate)
    }

    /// Which gates the value opens.
    pub(crate) fn opened(&mut self, id: TextId, literals: &Literals) -> &Opened {
        let Some(text) = self.list.get_mut(id.0 as usize) else { return &self.nothing };
        let spent = &mut self.spent;
        text.opened.get_or_insert_with(|| {
            *spent += text.bytes.len() as u64;
            literals.scan(&text.bytes)
        })
    }

    /// Whether the value looks like SQL put into a query.
    pub(crate) fn is_sql(&mut self, id: TextId, gated: bool) -> bool {
        let Some(text) = self.list.get_mut(id.0 as usize) else { return false };
        // A single word or number is never an injection.
        if gated && text.set.within(&WORD) {
            return false;
        }
        let spent = &mut self.spent;
        *text.sql.get_or_insert_with(|| {
            *spent += 16 * text.bytes.len() as u64;
            libinjectionrs::detect_sqli(&text.bytes).is_injection()
        })
    }

    /// Whether the value looks like script put into a page.
    pub(crate) fn is_script(&mut self, id: TextId, gated: bool) -> bool {
        let Some(text) = self.list.get_mut(id.0 as usize) else { return false };
        // Neither a tag nor an attribute can begin.
        if gated && !text.set.meets(&MARKUP) {
            return false;
        }
        let spent = &mut self.spent;
        *text.script.get_or_insert_with(|| {
            *spent += 4 * text.bytes.len() as u64;
            libinjectionrs::detect_xss(&text.bytes).is_injection()
        })
    }
}

/// Hands a digest on as it is.
#[derive(Default)]
struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = digest(self.0, bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

// Two values with one digest cost a look at both and are then kept apart.
fn digest(seed: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = (state ^ word).wrapping_mul(FACTOR).rotate_left(29) ^ seed;
    }
    let tail = chunks.remainder().iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    state = (state ^ tail).wrapping_mul(FACTOR);
    (state ^ (state >> 32)).wrapping_mul(FACTOR) ^ state >> 29
}

const WORD: ByteSet = ByteSet::range(b'a', b'z')
    .union(&ByteSet::range(b'A', b'Z'))
    .union(&ByteSet::range(b'0', b'9'))
    .union(&ByteSet::range(b'_', b'_'))
    .union(&ByteSet::range(b'.', b'.'));

const MARKUP: ByteSet = ByteSet::range(b'<', b'>');
