//! JSON that keeps every byte: a strict reader for text from outside, and edits that touch nothing else.

mod edit;
mod read;
mod strings;
mod unreadable;
mod write;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use edit::quoted;
pub use edit::{Edits, compact};
pub use unreadable::Unreadable;
pub use write::{List, Object, object};

/// How much a reader takes before it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes_max: usize,
    /// Arrays and objects inside each other.
    pub depth_max: usize,
    /// Values altogether.
    pub nodes_max: usize,
    /// Members of one object. R4's largest object has fewer than 60.
    pub members_max: usize,
}

impl Limits {
    /// For one resource. Twelve mebibytes hold a document of eight, in base64.
    pub const RESOURCE: Self = Self { bytes_max: 12 << 20, depth_max: 64, nodes_max: 100_000, members_max: 128 };

    /// For a Bundle: a resource stands three deep in it.
    pub const BUNDLE: Self = Self { bytes_max: 24 << 20, depth_max: 67, nodes_max: 1_000_000, members_max: 128 };
}

/// A JSON text and where each value stands in it. Order, spacing, number and string spelling stay as they came.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    slots: Vec<Slot>,
}

/// One value, in the order of the text.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: Kind,
    /// The string or the name holds a backslash.
    escaped: bool,
    /// Span of the member's name without its quotes; empty for what is not a member.
    name: Span,
    /// Span of the value, with quotes or brackets.
    value: Span,
    /// Index of the first slot that is not inside this one.
    after: u32,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept as its text.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
}

/// A value in a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    at: usize,
    slot: Slot,
}

/// The values directly inside another.
#[derive(Debug, Clone)]
pub struct Children<'d> {
    document: &'d Document,
    at: usize,
    end: usize,
}

impl Document {
    /// Reads bytes from outside. Refuses what is not UTF-8, not exactly one JSON value, too large, too deep,
    /// or has a member twice.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        read::read(bytes, limits)
    }

    /// The text, byte for byte as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, given up.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        // INVARIANT: a document is only made by the reader, which has read at least one value.
        let slot = self.slots.first().copied().unwrap_or(Slot::EMPTY);
        Node { document: self, at: 0, slot }
    }

    /// How many values there are.
    pub fn nodes(&self) -> usize {
        self.slots.len()
    }

    fn piece(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

impl Slot {
    const EMPTY: Self = Self {
        kind: Kind::Null,
        escaped: false,
        name: Span { from: 0, to: 0 },
        value: Span { from: 0, to: 0 },
        after: 0,
    };
}

impl Span {
    fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

impl<'d> Node<'d> {
    /// What it is.
    pub fn kind(self) -> Kind {
        self.slot.kind
    }

    /// Where it stands in the text, in bytes, quotes and brackets included.
    pub fn span(self) -> Range<usize> {
        self.slot.value.range()
    }

    /// Its text as it stands, quotes and brackets included.
    pub fn raw(self) -> &'d str {
        self.document.piece(self.slot.value)
    }

    /// Its name, if it is a member of an object.
    pub fn name(self) -> Option<Cow<'d, str>> {
        (self.slot.name.from > 0).then(|| strings::unescape(self.document.piece(self.slot.name)))
    }

    /// The string, without quotes and escapes.
    pub fn text(self) -> Option<Cow<'d, str>> {
        let inner = self.raw().strip_prefix('"')?.strip_suffix('"')?;
        Some(if self.slot.escaped { strings::unescape(inner) } else { Cow::Borrowed(inner) })
    }

    /// The number, as written.
    pub fn number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The truth value.
    pub fn truth(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// Members or items, in order.
    pub fn children(self) -> Children<'d> {
        Children { document: self.document, at: self.at + 1, end: self.slot.after as usize }
    }

    /// The items of a list; a single value counts as a list of itself.
    pub fn each(self) -> Children<'d> {
        match self.kind() {
            Kind::List => self.children(),
            _ => Children { document: self.document, at: self.at, end: self.slot.after as usize },
        }
    }

    /// The member of that name.
    pub fn member(self, name: &str) -> Option<Self> {
        if self.kind() != Kind::Object {
            return None;
        }
        self.children().find(|child| child.name().is_some_and(|found| found == name))
    }

    /// The member of that name, as a string.
    pub fn member_text(self, name: &str) -> Option<Cow<'d, str>> {
        self.member(name)?.text()
    }

    /// Everything found by following `names`, through lists.
    pub fn follow(self, names: &[&str]) -> Vec<Self> {
        let mut found = vec![self];
        for name in names {
            found = found.into_iter().flat_map(Self::each).filter_map(|node| node.member(name)).collect();
        }
        found.into_iter().flat_map(Self::each).collect()
    }

    /// Whether both say the same: members in any order, numbers and strings exactly.
    pub fn says_the_same_as(self, other: Node<'_>) -> bool {
        if self.kind() != other.kind() {
            return false;
        }
        match self.kind() {
            Kind::Null => true,
            Kind::Bool | Kind::Number => self.raw() == other.raw(),
            Kind::Text => self.text() == other.text(),
            Kind::List => {
                self.children().count() == other.children().count()
                    && self.children().zip(other.children()).all(|(mine, theirs)| mine.says_the_same_as(theirs))
            }
            Kind::Object => {
                self.children().count() == other.children().count()
                    && self.children().all(|mine| {
                        let name = mine.name().unwrap_or_default();
                        other.member(&name).is_some_and(|theirs| mine.says_the_same_as(theirs))
                    })
            }
        }
    }
}

impl<'d> Iterator for Children<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        if self.at >= self.end {
            return None;
        }
        let slot = *self.document.slots.get(self.at)?;
        let node = Node { document: self.document, at: self.at, slot };
        self.at = slot.after as usize;
        Some(node)
    }
}

/// A step of a FHIRPath location: a name, back-quoted where it is not an identifier, cut where it is long.
pub(crate) fn path_step(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 64
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if plain {
        return name.to_owned();
    }
    let cut: String = name.chars().filter(|c| !c.is_control() && *c != '`').take(40).collect();
    format!("`{cut}`")
}
