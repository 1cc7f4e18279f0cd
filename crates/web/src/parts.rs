//! What pages are made of. Each part is a value that writes itself as HTML: `{{ chip }}` in a template, no filter needed.

mod patient;
mod tabs;

pub use patient::PatientBanner;
pub use tabs::{Tab, Tabs};

/// Makes a template embed itself in other templates without being escaped again: its own values already are.
macro_rules! embeds {
    ($($name:ident),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $name {})+ };
}
use embeds;
