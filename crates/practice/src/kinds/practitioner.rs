use model::{Acts, Form, History, KindDecl, Purpose, Retention, SubjectRule};

use crate::fhir::{Type, search};

/// A person who gives care. Personal data of staff, held to run the practice.
pub const PRACTITIONER: &KindDecl = &KindDecl {
    name: Type::Practitioner.kind_name(),
    version: 1,
    words: "A practitioner: names, registration, qualifications and how to reach them at work.",
    form: Form::Document(super::MEDIA_TYPE),
    subject: SubjectRule::Itself,
    purpose: Purpose::Administration,
    retention: Retention::Account,
    history: History::EveryVersion,
    acts: Acts {
        read: "practitioner.read",
        create: "practitioner.create",
        revise: "practitioner.update",
        retire: "practitioner.retire",
    },
    fields: search::fields(Type::Practitioner),
};
