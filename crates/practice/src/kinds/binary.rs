use model::{Form, History, KindDecl, Purpose, Retention, SubjectRule};

use crate::fhir::{Type, search};

/// The bytes of a document. Whose they are says `securityContext`, or the document that came with them.
pub const BINARY: &KindDecl = &KindDecl {
    name: Type::Binary.kind_name(),
    version: 1,
    words: "The bytes of a clinical document: a note, a letter, a picture.",
    form: Form::Document(super::MEDIA_TYPE),
    subject: SubjectRule::Field("securityContext"),
    purpose: Purpose::DirectCare,
    retention: Retention::Clinical,
    history: History::EveryVersion,
    acts: super::DOCUMENT_ACTS,
    fields: search::fields(Type::Binary),
};
