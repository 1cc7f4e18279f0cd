use model::{Acts, FieldDecl, Form, History, KindDecl, Purpose, Retention, Search, Sensitivity, SubjectRule};

/// A piece of a built artefact, found by the digest of its bytes, so that what did not change is kept once.
pub const ARTEFACT: &KindDecl = &KindDecl {
    name: "trials.artefact",
    version: 1,
    words: "The bytes of a built artefact, or a piece of them.",
    form: Form::Document("application/octet-stream"),
    subject: SubjectRule::Nobody,
    purpose: Purpose::TrialDesign,
    retention: Retention::Organisation,
    history: History::EveryVersion,
    acts: Acts { read: "study.read", create: "build.order", revise: "build.order", retire: "study.retire" },
    fields: &[FieldDecl::new("content", Sensitivity::Internal, Search::Never)],
};
