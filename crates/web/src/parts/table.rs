use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Empty, Html, embeds};

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading, which is also the label on a phone.
    pub words: String,
    /// How its cells are set.
    pub set: Set,
}

/// How the cells of a column are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Words that may run over several lines.
    Words,
    /// Short words that stay on one line, such as dates.
    Short,
    /// Numbers that are compared, flush right.
    Number,
}

impl Set {
    const fn class(&self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Short => "short",
            Self::Number => "number",
        }
    }
}

impl Column {
    /// A column of words.
    pub fn text(words: impl Into<String>) -> Self {
        Self { words: words.into(), set: Set::Words }
    }

    /// A column of short words that stay on one line, such as dates.
    pub fn short(words: impl Into<String>) -> Self {
        Self { words: words.into(), set: Set::Short }
    }

    /// A column of numbers, set flush right.
    pub fn number(words: impl Into<String>) -> Self {
        Self { words: words.into(), set: Set::Number }
    }
}

/// What stands in one place of a table or a list of facts.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"{% match self %}{% when Self::Text(words) %}{{ words }}{% when Self::Faint(words) %}<span class="faint">{{ words }}</span>{% when Self::Link { words, href } %}<a href="{{ href }}">{{ words }}</a>{% when Self::Part(html) %}{{ html }}{% endmatch %}"#,
    ext = "html"
)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Words of less weight.
    Faint(String),
    /// Words that lead somewhere.
    Link {
        /// The words.
        words: String,
        /// Where they lead.
        href: String,
    },
    /// Another part, such as a chip.
    Part(Html),
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// Words of less weight.
    pub fn faint(words: impl Into<String>) -> Self {
        Self::Faint(words.into())
    }

    /// Words that lead somewhere.
    pub fn link(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { words: words.into(), href: href.into() }
    }

    /// Any part.
    pub fn part(part: &(impl HtmlSafe + fmt::Display)) -> Self {
        Self::Part(Html::of(part))
    }
}

/// One row: as many cells as the table has columns. The first names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);

/// Rows and columns; on a phone every row becomes a card.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/table.html")]
pub struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Vec<(Column, Cell)>>,
    empty: Empty,
}

impl Table {
    /// A table that says `empty` if it has no rows. The caption is for screen readers.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>, rows: Vec<Row>, empty: Empty) -> Self {
        let rows = rows.into_iter().map(|row| columns.iter().cloned().zip(row.0).collect()).collect();
        Self { caption: caption.into(), columns, rows, empty }
    }
}

/// Earlier and later parts of a long list.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<nav class="pages" aria-label="Parts of the list"><p>{{ words }}</p>
<p>{% if let Some(href) = before %}<a class="button quiet" rel="prev" href="{{ href }}">Before</a>{% endif %}{% if let Some(href) = after %}<a class="button quiet" rel="next" href="{{ href }}">After</a>{% endif %}</p></nav>"#,
    ext = "html"
)]
pub struct Pages {
    /// Which part this is, such as `51 to 100 of 312 patients`.
    pub words: String,
    /// The part before, if there is one.
    pub before: Option<String>,
    /// The part after, if there is one.
    pub after: Option<String>,
}

embeds!(Cell, Table, Pages);
