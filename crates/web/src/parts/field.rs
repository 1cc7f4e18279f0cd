use askama::Template;

use super::embeds;
use crate::form::Returned;

/// What a text field is for: decides keyboard, autofill and masking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any words.
    Text,
    /// An e-mail address.
    Email,
    /// The asker's own user name.
    Username,
    /// The password one has.
    Password,
    /// The password one chooses.
    NewPassword,
    /// A one-time code of digits.
    OneTimeCode,
    /// A whole number.
    Digits,
    /// A telephone number.
    Telephone,
    /// Words to search for.
    Search,
}

impl Kind {
    /// `type`, `autocomplete` and `inputmode`.
    fn attributes(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Text => ("text", "off", "text"),
            Self::Email => ("email", "email", "email"),
            Self::Username => ("email", "username", "email"),
            Self::Password => ("password", "current-password", "text"),
            Self::NewPassword => ("password", "new-password", "text"),
            Self::OneTimeCode => ("text", "one-time-code", "numeric"),
            Self::Digits => ("text", "off", "numeric"),
            Self::Telephone => ("tel", "tel", "tel"),
            Self::Search => ("search", "off", "search"),
        }
    }
}

/// One line of text with its label, hint and problem. A password never comes back with a returned form.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    problem: String,
    kind: Kind,
    chars: Option<u8>,
}

impl Field {
    /// A field of a form, with the value and the problem that the form came back with.
    pub fn new(name: &'static str, label: impl Into<String>, kind: Kind, form: &Returned) -> Self {
        let secret = matches!(kind, Kind::Password | Kind::NewPassword | Kind::OneTimeCode);
        Self {
            name,
            label: label.into(),
            hint: String::new(),
            value: if secret { String::new() } else { form.fields.value(name).to_owned() },
            problem: form.problem(name).to_owned(),
            kind,
            chars: None,
        }
    }

    /// The same field with a hint under its label.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }

    /// The same field, as wide as so many characters: 2, 4, 6, 10 or 20.
    #[must_use]
    pub fn chars(mut self, chars: u8) -> Self {
        self.chars = Some(chars);
        self
    }
}

/// Several lines of text.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/area.html")]
pub struct Area {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    problem: String,
    rows: u8,
}

impl Area {
    /// A text area of so many rows.
    pub fn new(name: &'static str, label: impl Into<String>, rows: u8, form: &Returned) -> Self {
        Self {
            name,
            label: label.into(),
            hint: String::new(),
            value: form.fields.value(name).to_owned(),
            problem: form.problem(name).to_owned(),
            rows,
        }
    }

    /// The same field with a hint under its label.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }
}

/// A date in three boxes, which is how people know dates. Read it with `Reader::date`.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/date.html")]
pub struct DateField {
    name: &'static str,
    label: String,
    hint: String,
    problem: String,
    boxes: [(&'static str, &'static str, u8, String); 3],
}

impl DateField {
    /// A date of a form.
    pub fn new(name: &'static str, label: impl Into<String>, form: &Returned) -> Self {
        let value = |end: &str| form.fields.value(&format!("{name}-{end}")).to_owned();
        Self {
            name,
            label: label.into(),
            hint: "For example, 4 3 1988".to_owned(),
            problem: form.problem(name).to_owned(),
            boxes: [
                ("day", "Day", 2, value("day")),
                ("month", "Month", 2, value("month")),
                ("year", "Year", 4, value("year")),
            ],
        }
    }

    /// The same field with another hint.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub words: String,
    /// More about it, or nothing.
    pub hint: String,
    chosen: bool,
}

impl Choice {
    /// A choice without a hint.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into(), hint: String::new(), chosen: false }
    }

    /// The same choice with a hint.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }
}

/// How many of the choices may be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Exactly one.
    One,
    /// Any number.
    Any,
}

/// A few things to choose from, all in sight.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/choices.html")]
pub struct Choices {
    name: &'static str,
    label: String,
    hint: String,
    problem: String,
    pick: Pick,
    choices: Vec<Choice>,
}

impl Choices {
    /// Choices of a form; those that it came back with are picked.
    pub fn new(
        name: &'static str,
        label: impl Into<String>,
        pick: Pick,
        choices: Vec<Choice>,
        form: &Returned,
    ) -> Self {
        Self {
            name,
            label: label.into(),
            hint: String::new(),
            problem: form.problem(name).to_owned(),
            pick,
            choices: chosen(choices, name, form),
        }
    }

    /// The same choices with a hint under the label.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }
}

/// Many things to choose one from.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/select.html")]
pub struct Select {
    name: &'static str,
    label: String,
    hint: String,
    problem: String,
    choices: Vec<Choice>,
}

impl Select {
    /// A list of a form; the value it came back with is picked.
    pub fn new(name: &'static str, label: impl Into<String>, choices: Vec<Choice>, form: &Returned) -> Self {
        Self {
            name,
            label: label.into(),
            hint: String::new(),
            problem: form.problem(name).to_owned(),
            choices: chosen(choices, name, form),
        }
    }

    /// The same list with a hint under the label.
    #[must_use]
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.hint = words.into();
        self
    }
}

fn chosen(choices: Vec<Choice>, name: &str, form: &Returned) -> Vec<Choice> {
    let mark = |choice: Choice| {
        let chosen = form.fields.all(name).any(|value| value == choice.value);
        Choice { chosen, ..choice }
    };
    choices.into_iter().map(mark).collect()
}

embeds!(Field, Area, DateField, Choices, Select);
