//! What the pages about access are laid out with: one page of cards, forms between them, a calm row of addresses on top.

use access::Ctx;
use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use model::Time;
use web::parts::{Button, Cell, Day, ErrorSummary, Html};
use web::{FormToken, Frame, NavItem, Reply, Returned, Room, page};

use super::super::State;
use crate::rules::days;

/// The addresses on top, each with the permission that its page needs.
const PLACES: &[(&str, &str, &str)] = &[
    ("People", "/people", "account.read"),
    ("Roles", "/roles", "role.read"),
    ("Approvals", "/approvals", "approval.read"),
    ("Reviews", "/reviews", "review.read"),
    ("Support", "/support", "support.read"),
    ("Visits", "/support/desk", "support.ask"),
    ("Emergencies", "/emergencies", "emergency.read"),
    ("Why refused", "/access/refused", "refusal.explain"),
];

/// A page: a heading, and cards below it.
#[derive(Template)]
#[template(
    source = r#"<div class="stack">
{{ summary }}
<div class="section-head page-head"><h1>{{ heading }}</h1><p>{{ words }}</p></div>
{% if aside.is_empty() %}{% for piece in pieces %}{{ piece }}
{% endfor %}{% else %}<div class="columns"><div class="stack">{% for piece in pieces %}{{ piece }}
{% endfor %}</div><div class="stack">{% for piece in aside %}{{ piece }}
{% endfor %}</div></div>{% endif %}</div>"#,
    ext = "html"
)]
pub(crate) struct Desk {
    heading: String,
    words: String,
    summary: ErrorSummary,
    pieces: Vec<Html>,
    aside: Vec<Html>,
    #[template(skip)]
    status: StatusCode,
}

impl Desk {
    pub fn new(heading: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            words: words.into(),
            summary: ErrorSummary::of(&Returned::blank()),
            pieces: Vec::new(),
            aside: Vec::new(),
            status: StatusCode::OK,
        }
    }

    /// The problems that a form on the page came back with, and the status that says so.
    pub fn problems(mut self, form: &Returned, status: StatusCode) -> Self {
        self.summary = ErrorSummary::of(form);
        self.status = status;
        self
    }

    pub fn with(mut self, piece: &impl HtmlSafe) -> Self {
        self.pieces.push(Html::of(piece));
        self
    }

    pub fn beside(mut self, piece: &impl HtmlSafe) -> Self {
        self.aside.push(Html::of(piece));
        self
    }

    pub fn answer(self, frame: Frame) -> Reply {
        let status = self.status;
        page(frame.status(status), self)
    }
}

/// A card with a heading.
#[derive(Template)]
#[template(
    source = r#"<section class="card">{% if !heading.is_empty() %}<div class="section-head"><h2>{{ heading }}</h2>{% if !words.is_empty() %}<p>{{ words }}</p>{% endif %}</div>{% endif %}{% for piece in pieces %}{{ piece }}{% endfor %}{% if !actions.is_empty() %}<div class="actions">{% for action in actions %}{{ action }}{% endfor %}</div>{% endif %}</section>"#,
    ext = "html"
)]
pub(crate) struct Card {
    heading: String,
    words: String,
    pieces: Vec<Html>,
    actions: Vec<Html>,
}

impl HtmlSafe for Card {}

impl Card {
    pub fn new(heading: impl Into<String>, words: impl Into<String>) -> Self {
        Self { heading: heading.into(), words: words.into(), pieces: Vec::new(), actions: Vec::new() }
    }

    pub fn with(mut self, piece: &impl HtmlSafe) -> Self {
        self.pieces.push(Html::of(piece));
        self
    }

    pub fn action(mut self, piece: &impl HtmlSafe) -> Self {
        self.actions.push(Html::of(piece));
        self
    }
}

/// A form that is sent to one address.
#[derive(Template)]
#[template(
    source = r#"<form{% if !pieces.is_empty() %} class="form"{% endif %} method="post" action="{{ action }}" novalidate>{{ token }}{% for (name, value) in hidden %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}{% for piece in pieces %}{{ piece }}{% endfor %}<div class="actions">{% for button in buttons %}{{ button }}{% endfor %}</div></form>"#,
    ext = "html"
)]
pub(crate) struct Sheet {
    action: String,
    token: FormToken,
    hidden: Vec<(&'static str, String)>,
    pieces: Vec<Html>,
    buttons: Vec<Html>,
}

impl HtmlSafe for Sheet {}

impl Sheet {
    pub fn new(room: &Room, action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            token: room.form_token(),
            hidden: Vec::new(),
            pieces: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// A form that is nothing but a button.
    pub fn only(room: &Room, action: impl Into<String>, button: &Button) -> Self {
        Self::new(room, action).button(button)
    }

    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    pub fn with(mut self, piece: &impl HtmlSafe) -> Self {
        self.pieces.push(Html::of(piece));
        self
    }

    pub fn button(mut self, button: &impl HtmlSafe) -> Self {
        self.buttons.push(Html::of(button));
        self
    }
}

/// A paragraph.
#[derive(Template)]
#[template(source = r#"<p{% if small %} class="small"{% endif %}>{{ words }}</p>"#, ext = "html")]
pub(crate) struct Words {
    words: String,
    small: bool,
}

impl HtmlSafe for Words {}

impl Words {
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), small: false }
    }

    pub fn small(words: impl Into<String>) -> Self {
        Self { words: words.into(), small: true }
    }
}

/// A list of sentences under a small heading.
#[derive(Template)]
#[template(
    source = r#"<div><h3>{{ heading }}</h3><ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul></div>"#,
    ext = "html"
)]
pub(crate) struct Sentences {
    pub heading: String,
    pub lines: Vec<String>,
}

impl HtmlSafe for Sentences {}

/// Several pieces in one cell.
#[derive(Template)]
#[template(source = r#"{% for piece in pieces %}{{ piece }} {% endfor %}"#, ext = "html")]
pub(crate) struct Together {
    pieces: Vec<Html>,
}

impl HtmlSafe for Together {}

impl Together {
    pub fn cell(pieces: Vec<Html>) -> Cell {
        Cell::part(&Self { pieces })
    }
}

/// The frame of the pages about access, with what this asker may open on top.
pub(crate) fn frame(state: &State, ctx: &Ctx, room: &Room, title: impl Into<String>) -> Frame {
    let open = PLACES.iter().filter(|(_, _, permission)| state.identity.may(ctx, permission));
    let items: Vec<NavItem> = open.map(|(words, href, _)| NavItem { words, href }).collect();
    room.frame(title).nav(&items).home(state.home)
}

/// `4 March 2027`, the day by the clock of the country.
pub(crate) fn day(time: Time) -> String {
    long(days::day_at(time))
}

/// The last day of something that ends at a moment.
pub(crate) fn last(time: Time) -> String {
    long(days::last_day(time))
}

fn long((year, month, day): (i16, u8, u8)) -> String {
    Day::new(year, month, day).map(Day::long).unwrap_or_default()
}

/// `22 Nov 2026, 14:32 UTC`
pub(crate) fn moment(time: Time) -> String {
    let text = time.to_string();
    let clock = text.get(11..16).unwrap_or_default();
    match Day::of(time) {
        Some(day) => format!("{}, {clock} UTC", day.short()),
        None => text,
    }
}

/// When something holds, as a sentence without its subject: `from 4 March 2027 until 3 April 2027`.
pub(crate) fn window(from: Option<Time>, until: Option<Time>) -> String {
    match (from, until) {
        (None, None) => "without limits of time".to_owned(),
        (Some(from), None) => format!("from {}", day(from)),
        (None, Some(until)) => format!("until the end of {}", last(until)),
        (Some(from), Some(until)) => format!("from {} until the end of {}", day(from), last(until)),
    }
}
