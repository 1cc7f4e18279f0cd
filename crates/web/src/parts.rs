//! What pages are made of. Each part is a value that writes itself as HTML: `{{ chip }}` in a template, no filter needed.
//!
//! Everything inside a part is escaped by its own template, so putting one into a page can never open a hole.

mod bars;
mod button;
mod field;
mod notice;
mod patient;
mod table;
mod tabs;
mod text;
mod verdict;
mod when;

use std::fmt;

use askama::filters::HtmlSafe;

pub use bars::Bars;
pub use button::{Button, ButtonLink, Look};
pub use field::{Area, Choice, Choices, DateField, Field, Kind, Pick, Select};
pub use notice::{Empty, ErrorSummary, Notice, Progress};
pub use patient::{PatientBanner, PatientName};
pub use table::{Cell, Column, Pages, Row, Set, Table};
pub use tabs::{Crumbs, Tab, Tabs};
pub use text::{Code, Entries, Entry, Facts, Figures, Hash};
pub use verdict::{Chip, Line, Proportion, Strip, Tag, Tone, Verdict};
pub use when::{Day, ago};

/// HTML that was made by a part, kept as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// The HTML of any part.
    ///
    /// INVARIANT: only what is [`HtmlSafe`] gets in, and that is what a template escaped.
    pub fn of(part: &impl HtmlSafe) -> Self {
        Self(part.to_string())
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// Makes a template embed itself in other templates without being escaped again: its own values already are.
macro_rules! embeds {
    ($($name:ident),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $name {})+ };
}
use embeds;
