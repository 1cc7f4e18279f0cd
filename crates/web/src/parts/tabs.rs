use askama::Template;

use super::embeds;

/// One tab, which is a page of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// The word on the tab.
    pub words: String,
    /// Its page.
    pub href: String,
    /// Whether this is the page being looked at.
    pub current: bool,
}

/// Pages that belong together, side by side.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/tabs.html")]
pub struct Tabs {
    /// What the tabs are about, for screen readers.
    pub about: String,
    /// The tabs in order.
    pub tabs: Vec<Tab>,
}

impl Tabs {
    /// Tabs from word and address pairs; `current` is the address of the page being looked at.
    pub fn new(about: impl Into<String>, pairs: &[(&str, String)], current: &str) -> Self {
        let tabs = pairs
            .iter()
            .map(|(words, href)| Tab { words: (*words).to_owned(), href: href.clone(), current: href == current })
            .collect();
        Self { about: about.into(), tabs }
    }
}

/// The way back up, only where pages lie deep.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<nav class="crumbs" aria-label="You are here"><ol>{% for (words, href) in up %}<li><a href="{{ href }}">{{ words }}</a></li>{% endfor %}</ol></nav>"#,
    ext = "html"
)]
pub struct Crumbs {
    /// Words and address of each page above, the topmost first.
    pub up: Vec<(String, String)>,
}

embeds!(Tabs, Crumbs);
