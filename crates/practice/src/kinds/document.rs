use model::{Form, History, KindDecl, Purpose, Retention, SubjectRule};

use crate::fhir::{Type, search};

/// A clinical document of a patient: what it is, when it was made and by whom.
pub const DOCUMENT: &KindDecl = &KindDecl {
    name: Type::DocumentReference.kind_name(),
    version: 1,
    words: "A clinical document of a patient: what it is, when it was made, by whom, and where its bytes are.",
    form: Form::Document(super::MEDIA_TYPE),
    subject: SubjectRule::Field("subject"),
    purpose: Purpose::DirectCare,
    retention: Retention::Clinical,
    history: History::EveryVersion,
    acts: super::DOCUMENT_ACTS,
    fields: search::fields(Type::DocumentReference),
};
