//! A few small kinds, one of every sort.

use access::{PermissionDecl, RoleDecl};
use model::{
    Acts, FieldDecl, Form, History, Kind, KindDecl, Purpose, Retention, Search, Sensitivity, SubjectId, SubjectRule,
    Term, Time,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "test.patient",
    version = 1,
    words = "A person who receives care.",
    subject = itself,
    purpose = DirectCare,
    retention = Clinical,
    history = EveryVersion,
    read = "patient.read",
    create = "patient.create",
    revise = "patient.update",
    retire = "patient.retire"
)]
pub struct Patient {
    #[field(sensitivity = Identifying, search = Exact, unique)]
    pub number: String,
    #[field(sensitivity = Identifying, search = Words)]
    pub name: String,
    #[field(sensitivity = Identifying, search = Bucket(Day))]
    pub born: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "test.note",
    version = 1,
    words = "What was found and done.",
    subject = field(patient),
    purpose = DirectCare,
    retention = Clinical,
    history = EveryVersion,
    read = "note.read",
    create = "note.create",
    revise = "note.update",
    retire = "note.retire"
)]
pub struct Note {
    #[field(sensitivity = Identifying, search = Exact)]
    pub patient: SubjectId,
    #[field(sensitivity = Health)]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "test.ward",
    version = 1,
    words = "A place with beds.",
    subject = nobody,
    purpose = Administration,
    retention = Organisation,
    history = LatestOnly,
    read = "ward.read",
    create = "ward.keep",
    revise = "ward.keep",
    retire = "ward.keep"
)]
pub struct Ward {
    #[field(sensitivity = Public, search = Exact, unique)]
    pub code: String,
    #[field(sensitivity = Internal, search = Ordered)]
    pub beds: u32,
    #[field(sensitivity = Internal, search = Ordered)]
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "test.pass",
    version = 1,
    words = "Lets somebody in for a while.",
    subject = field(holder),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "pass.keep",
    create = "pass.keep",
    revise = "pass.keep",
    retire = "pass.keep"
)]
pub struct Pass {
    #[field(sensitivity = Internal, search = Exact)]
    pub holder: SubjectId,
    #[field(sensitivity = Secret)]
    pub secret: String,
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}

/// A whole foreign document.
pub const LETTER: &KindDecl = &KindDecl {
    name: "test.letter",
    version: 1,
    words: "A letter, kept byte for byte.",
    form: Form::Document("text/plain"),
    subject: SubjectRule::Field("about"),
    purpose: Purpose::DirectCare,
    retention: Retention::Clinical,
    history: History::EveryVersion,
    acts: Acts { read: "note.read", create: "note.create", revise: "note.update", retire: "note.retire" },
    fields: &[
        FieldDecl::new("title", Sensitivity::Health, Search::Words),
        FieldDecl::new("code", Sensitivity::Health, Search::Exact),
    ],
};

pub fn title(text: &str) -> Vec<Term> {
    vec![Term { field: "title", value: text.to_owned() }]
}

pub const KINDS: &[&KindDecl] = &[Patient::DECL, Note::DECL, Ward::DECL, Pass::DECL, LETTER];

const fn may(name: &'static str) -> PermissionDecl {
    PermissionDecl::new("Test", name, "Something.")
}

pub const PERMISSIONS: &[PermissionDecl] = &[
    may("patient.read"),
    may("patient.create"),
    may("patient.update"),
    may("patient.retire"),
    may("note.read"),
    may("note.create"),
    may("note.update"),
    may("note.retire"),
    may("ward.read"),
    may("ward.keep"),
    may("pass.keep"),
    may("subject.erase"),
    may("evidence.read"),
    may("change.follow"),
];

const fn role(name: &'static str, permissions: &'static [&'static str]) -> RoleDecl {
    RoleDecl { name, title: "Somebody", words: "Does something.", permissions }
}

pub const ALL_OF_IT: &[&str] = &[
    "patient.read",
    "patient.create",
    "patient.update",
    "patient.retire",
    "note.read",
    "note.create",
    "note.update",
    "note.retire",
    "ward.read",
    "ward.keep",
    "pass.keep",
    "subject.erase",
    "evidence.read",
    "change.follow",
];
pub const CLERK: &[&str] = &["patient.read", "patient.create", "patient.update"];
pub const WATCHER: &[&str] = &["patient.read", "note.read"];
pub const SCRIBE: &[&str] = &["note.create"];
pub const STRANGER: &[&str] = &[];

pub const ROLES: &[RoleDecl] = &[
    role("all", ALL_OF_IT),
    role("clerk", CLERK),
    role("watcher", WATCHER),
    role("scribe", SCRIBE),
    role("stranger", STRANGER),
];
