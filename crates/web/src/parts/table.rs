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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(Html);

#[derive(Template)]
#[template(source = "{{ words }}", ext = "html")]
struct Words {
    words: String,
}

#[derive(Template)]
#[template(source = r#"<span class="faint">{{ words }}</span>"#, ext = "html")]
struct Faint {
    words: String,
}

#[derive(Template)]
#[template(source = r#"<a href="{{ href }}">{{ words }}</a>"#, ext = "html")]
struct Link {
    words: String,
    href: String,
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::part(&Words { words: words.into() })
    }

    /// Words of less weight.
    pub fn faint(words: impl Into<String>) -> Self {
        Self::part(&Faint { words: words.into() })
    }

    /// Words that lead somewhere in this house.
    pub fn link(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self::part(&Link { words: words.into(), href: href.into() })
    }

    /// Any part.
    pub fn part(part: &impl HtmlSafe) -> Self {
        Self(Html::of(part))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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

embeds!(Words, Faint, Link, Cell, Table, Pages);
