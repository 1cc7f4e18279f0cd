use askama::Template;
use model::Problem;

use super::{ButtonLink, Tone, embeds};
use crate::form::Returned;

/// A few words above a page's content: what happened, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="notice {{ tone.class() }}"{% if tone == Tone::Bad %} role="alert"{% else %} role="status"{% endif %}>
<p class="notice-heading">{{ heading }}</p>{% if !words.is_empty() %}<p>{{ words }}</p>{% endif %}
</div>"#,
    ext = "html"
)]
pub struct Notice {
    /// What kind of news it is.
    pub tone: Tone,
    /// The news in a sentence.
    pub heading: String,
    /// More about it, or nothing.
    pub words: String,
}

impl Notice {
    /// A notice of some tone.
    pub fn new(tone: Tone, heading: impl Into<String>, words: impl Into<String>) -> Self {
        Self { tone, heading: heading.into(), words: words.into() }
    }
}

/// All problems of a form on top of it, each leading to its field. Empty if there are none.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r##"{% if !problems.is_empty() %}<div class="summary" role="alert" tabindex="-1">
<h2>{% if problems.len() == 1 %}There is a problem{% else %}There are {{ problems.len() }} problems{% endif %}</h2>
<ul class="summary-list">{% for problem in problems %}<li>{% if problem.path.is_empty() %}{{ problem.words }}{% else %}<a href="#{{ problem.path }}">{{ problem.words }}</a>{% endif %}</li>{% endfor %}</ul>
</div>{% endif %}"##,
    ext = "html"
)]
pub struct ErrorSummary {
    problems: Vec<Problem>,
}

impl ErrorSummary {
    /// The problems that a form came back with.
    pub fn of(form: &Returned) -> Self {
        Self { problems: form.problems.clone() }
    }
}

/// What stands where a list has nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="empty"><p class="empty-heading">{{ heading }}</p>{% if !words.is_empty() %}<p>{{ words }}</p>{% endif %}{% if let Some(action) = action %}<p>{{ action }}</p>{% endif %}</div>"#,
    ext = "html"
)]
pub struct Empty {
    /// What is not there.
    pub heading: String,
    /// Why, and what will bring something.
    pub words: String,
    /// What to do about it, if anything.
    pub action: Option<ButtonLink>,
}

impl Empty {
    /// An empty state without an action.
    pub fn new(heading: impl Into<String>, words: impl Into<String>) -> Self {
        Self { heading: heading.into(), words: words.into(), action: None }
    }
}

/// How far long work has come. The page may be left; `Frame::refresh_seconds` keeps it up to date.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="progress"><p id="progress-words">{{ words }}</p><progress max="{{ of }}" value="{{ done }}" aria-labelledby="progress-words"></progress></div>"#,
    ext = "html"
)]
pub struct Progress {
    /// What is going on, in a sentence with its numbers.
    pub words: String,
    /// How much is done.
    pub done: u64,
    /// How much there is.
    pub of: u64,
}

embeds!(Notice, ErrorSummary, Empty, Progress);
