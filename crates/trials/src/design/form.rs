//! What a form is: groups of fields with their CDASH names, their code lists and where each value goes.

use serde::Serialize;

/// A form, placed on visits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Form {
    /// Stable identifier, made of names and never of counters.
    pub oid: String,
    /// Title on the page.
    pub title: String,
    /// Domain of the tabulation.
    pub domain: String,
    /// Category or milestone, empty when the domain has one form.
    pub detail: String,
    /// Filled as often as needed, such as adverse events.
    pub log: bool,
    /// Why the form is there though no activity asks for it; empty otherwise.
    pub added_because: String,
    /// Groups of fields in order.
    pub groups: Vec<Group>,
    /// Indices of the visits.
    pub visits: Vec<usize>,
    /// Indices of the events besides the visits.
    pub events: Vec<usize>,
    /// Indices of the activities that ask for it.
    pub activities: Vec<usize>,
}

/// A group of fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Stable identifier.
    pub oid: String,
    /// Heading on the page.
    pub title: String,
    /// Filled as often as needed.
    pub repeating: bool,
    /// The fields in order.
    pub fields: Vec<Field>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Words.
    Text,
    /// A whole number.
    Integer,
    /// A number with digits behind the point.
    Decimal,
    /// A date that may be partly unknown.
    Date,
    /// A time of day.
    Time,
    /// One value of a code list.
    Choice,
}

/// One value of a code list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Submission value.
    pub value: String,
    /// What people read.
    pub text: String,
    /// Concept code, empty for the sponsor's own values.
    pub code: String,
}

/// The part of a code list that a field offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// Concept code of the list, empty for the sponsor's own list.
    pub list: String,
    /// Submission name of the list.
    pub name: String,
    /// The values.
    pub choices: Vec<Choice>,
}

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Dataset.
    pub dataset: String,
    /// Variable.
    pub variable: String,
    /// Short test name that the record carries, for findings.
    pub testcd: String,
    /// The value, where the form fixes it.
    pub fixed: String,
}

impl Destination {
    /// The annotation as the metadata submission guidelines write it.
    pub fn annotation(&self) -> String {
        let fixed = if self.fixed.is_empty() { String::new() } else { format!(" = {}", self.fixed) };
        let when = if self.testcd.is_empty() {
            String::new()
        } else {
            format!(" when {}TESTCD = {}", self.dataset, self.testcd)
        };
        format!("{}{fixed}{when}", self.variable)
    }
}

/// One field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Stable identifier.
    pub oid: String,
    /// CDASH name; with the test before it in a horizontal layout.
    pub name: String,
    /// CDASH variable.
    pub variable: String,
    /// Short label beside the field.
    pub prompt: String,
    /// The question in full.
    pub question: String,
    /// How to fill it.
    pub hint: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Characters at most.
    pub length: usize,
    /// Digits behind the point.
    pub digits: usize,
    /// HR, R/C or O.
    pub core: String,
    /// The guide's domain and name, such as `CDASHIG 2.2 VS.VSDAT`.
    pub reference: String,
    /// A value must be given.
    pub required: bool,
    /// What may be chosen.
    pub choices: Option<Choices>,
    /// Unit that the form fixes.
    pub unit: String,
    /// Plausible range.
    pub range: Option<(f64, f64)>,
    /// Value that the form fixes and nobody is asked for.
    pub fixed: String,
    /// Where the value goes; empty means not submitted.
    pub destinations: Vec<Destination>,
    /// Short test name, for a field of one test.
    pub testcd: String,
}

impl Field {
    /// Annotations, `[NOT SUBMITTED]` when the value goes nowhere.
    pub fn annotations(&self) -> Vec<String> {
        if self.destinations.is_empty() {
            return vec!["[NOT SUBMITTED]".to_owned()];
        }
        self.destinations.iter().map(Destination::annotation).collect()
    }
}

/// A rule that the entered data must meet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditCheck {
    /// Stable identifier.
    pub oid: String,
    /// Form.
    pub form: String,
    /// Field that the message stands at.
    pub field: String,
    /// The rule.
    pub rule: CheckRule,
    /// What the person reads.
    pub message: String,
}

/// The rule of an edit check.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CheckRule {
    /// A value must be given.
    Required,
    /// The value lies between these bounds.
    Range {
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
    },
    /// The date is not before the date of the other field.
    NotBefore {
        /// The other field.
        other: String,
    },
    /// When the other field is the value, this field has one.
    GivenWhen {
        /// The other field.
        other: String,
        /// Its value.
        value: String,
    },
    /// When the other field is the value, this field has none.
    AbsentWhen {
        /// The other field.
        other: String,
        /// Its value.
        value: String,
    },
    /// The date of the visit lies in its window.
    Window {
        /// Name of the visit.
        visit: String,
        /// First study day.
        low: i32,
        /// Last study day.
        high: i32,
    },
}
