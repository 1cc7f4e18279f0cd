use model::{Acts, FieldDecl, Form, History, KindDecl, Purpose, Retention, Search, Sensitivity, SubjectRule};

/// A spreadsheet that somebody brought, as it came. What was read from it is worked out anew each time it is looked at.
pub const SHEET: &KindDecl = &KindDecl {
    name: "trials.sheet",
    version: 1,
    words: "A spreadsheet with a schedule of activities, as it was brought.",
    form: Form::Document("application/octet-stream"),
    subject: SubjectRule::Nobody,
    purpose: Purpose::TrialDesign,
    retention: Retention::Organisation,
    history: History::EveryVersion,
    acts: Acts { read: "study.create", create: "study.create", revise: "study.create", retire: "study.retire" },
    fields: &[FieldDecl::new("content", Sensitivity::Internal, Search::Never)],
};
