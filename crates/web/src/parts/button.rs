use askama::Template;

use super::embeds;

/// How much a button calls for attention. A page has one `Primary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do here.
    Primary,
    /// Something else to do here.
    Quiet,
    /// Something that takes away.
    Grave,
}

impl Look {
    fn class(&self) -> &'static str {
        match self {
            Self::Primary => "button",
            Self::Quiet => "button quiet",
            Self::Grave => "button grave",
        }
    }
}

/// Sends the form it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<button type="submit" class="{{ look.class() }}"{% if let Some((name, value)) = sends %} name="{{ name }}" value="{{ value }}"{% endif %}>{{ words }}</button>"#,
    ext = "html"
)]
pub struct Button {
    words: String,
    look: Look,
    sends: Option<(&'static str, String)>,
}

impl Button {
    /// The page's one primary button.
    pub fn primary(words: impl Into<String>) -> Self {
        Self { words: words.into(), look: Look::Primary, sends: None }
    }

    /// A quiet button.
    pub fn quiet(words: impl Into<String>) -> Self {
        Self { words: words.into(), look: Look::Quiet, sends: None }
    }

    /// A button that takes something away.
    pub fn grave(words: impl Into<String>) -> Self {
        Self { words: words.into(), look: Look::Grave, sends: None }
    }

    /// The same button, which also sends a field.
    #[must_use]
    pub fn sends(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.sends = Some((name, value.into()));
        self
    }
}

/// A link that looks like a button, because it starts something.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<a class="{{ look.class() }}" href="{{ href }}">{{ words }}</a>"#, ext = "html")]
pub struct ButtonLink {
    words: String,
    href: String,
    look: Look,
}

impl ButtonLink {
    /// The page's one primary action.
    pub fn primary(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self { words: words.into(), href: href.into(), look: Look::Primary }
    }

    /// Another action.
    pub fn quiet(words: impl Into<String>, href: impl Into<String>) -> Self {
        Self { words: words.into(), href: href.into(), look: Look::Quiet }
    }
}

embeds!(Button, ButtonLink);
