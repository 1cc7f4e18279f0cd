use model::{Acts, Form, History, KindDecl, Purpose, Retention, SubjectRule};

use crate::fhir::{Type, search};

/// A person who receives care. The record stands for the person: its id is the subject's.
pub const PATIENT: &KindDecl = &KindDecl {
    name: Type::Patient.kind_name(),
    version: 1,
    words: "A patient: names, birth, identifiers, how to reach them, and what must be known before treating them.",
    form: Form::Document(super::MEDIA_TYPE),
    subject: SubjectRule::Itself,
    purpose: Purpose::DirectCare,
    retention: Retention::Clinical,
    history: History::EveryVersion,
    acts: Acts { read: "patient.read", create: "patient.create", revise: "patient.update", retire: "patient.retire" },
    fields: search::fields(Type::Patient),
};
