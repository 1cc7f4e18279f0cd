use model::{Acts, FieldDecl, Form, History, KindDecl, Purpose, Retention, Search, Sensitivity, SubjectRule};

/// The protocol of a study, USDM JSON. An imported one stays as it came, byte for byte.
pub const PROTOCOL: &KindDecl = &KindDecl {
    name: "trials.protocol",
    version: 1,
    words: "The protocol of a study as a USDM document, every version of it.",
    form: Form::Document("application/json"),
    subject: SubjectRule::Nobody,
    purpose: Purpose::TrialDesign,
    retention: Retention::Organisation,
    history: History::EveryVersion,
    acts: Acts { read: "study.read", create: "study.create", revise: "study.update", retire: "study.retire" },
    fields: &[FieldDecl::new("document", Sensitivity::Internal, Search::Never)],
};
