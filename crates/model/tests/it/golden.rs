use std::path::Path;

use model::golden::{Broken, check, path};

use crate::samples::{Account, Invitation, account, invitation};

/// The three shapes as they were written, and whatever a test changes of them.
struct Records(tempfile::TempDir);

impl Records {
    fn new() -> Self {
        let records = Self(tempfile::tempdir().unwrap());
        records.write(1, r#"{"email":"a@b.org","given":"A","family":"B","birth_year":1815,"opened":5,"verifier":"v"}"#);
        records.write(2, r#"{"email":"a@b.org","name":"A B","birth_year":1815,"opened":5,"verifier":"v"}"#);
        let present = r#"{"email":"a@b.org","name":"A B","born":"1815","opened":5,"practitioner":null,"roles":[],"verifier":"v"}"#;
        records.write(3, present);
        records
    }

    fn write(&self, version: u16, body: &str) {
        std::fs::write(path::<Account>(self.0.path(), version), body).unwrap();
    }

    fn remove(&self, version: u16) {
        std::fs::remove_file(path::<Account>(self.0.path(), version)).unwrap();
    }

    fn check(&self) -> Result<(), Broken> {
        check::<Account>(self.0.path(), &account())
    }
}

#[test]
fn the_records_of_every_shape_hold() {
    Records::new().check().unwrap();
}

#[test]
fn the_committed_records_of_the_samples_hold() {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    check::<Account>(dir, &account()).unwrap();
    check::<Invitation>(dir, &invitation()).unwrap();
}

#[test]
fn a_missing_present_record_is_proposed_and_the_proposal_holds() {
    let records = Records::new();
    records.remove(3);
    let broken = records.check().unwrap_err();
    let words = broken.to_string();
    let Broken::Missing { file, add: Some(content) } = broken else { panic!("{words}") };
    assert!(file.ends_with("identity.account.v3.json"), "{words}");
    assert!(words.contains("add it with this content") && words.contains(&content), "{words}");
    records.write(3, &content);
    records.check().unwrap();
}

#[test]
fn a_missing_past_record_is_not_made_up() {
    let records = Records::new();
    records.remove(1);
    let broken = records.check().unwrap_err();
    assert!(matches!(&broken, Broken::Missing { add: None, .. }), "{broken}");
    assert!(broken.to_string().contains("restore it from the release"), "{broken}");
}

#[test]
fn a_past_record_that_no_longer_decodes_is_named() {
    let records = Records::new();
    records.write(2, r#"{"email":"a@b.org"}"#);
    let broken = records.check().unwrap_err();
    assert!(
        matches!(&broken, Broken::Undecodable { file, .. } if file.ends_with("identity.account.v2.json")),
        "{broken}"
    );
}

#[test]
fn a_present_record_that_is_written_differently_is_a_new_shape() {
    let records = Records::new();
    records.write(3, r#"{"email":"a@b.org","name":"A B","born":"1815","opened":5,"roles":[],"verifier":"v","more":1}"#);
    let broken = records.check().unwrap_err();
    assert!(matches!(broken, Broken::Changed { .. }), "{broken}");
    assert!(broken.to_string().contains("raise the version"), "{broken}");
}

#[test]
fn a_record_of_a_shape_to_come_is_found() {
    let records = Records::new();
    records.write(4, "{}");
    assert!(matches!(records.check(), Err(Broken::FromTheFuture(_))));
}

#[test]
fn a_body_with_an_undeclared_member_is_found() {
    let broken = check::<Sly>(Path::new("nowhere"), &Sly { said: 1 }).unwrap_err();
    assert!(matches!(broken, Broken::Undeclared { .. }), "{broken}");
    assert!(broken.to_string().contains("[said, unsaid] but declares [said]"), "{broken}");
}

/// Writes by hand what it does not declare.
#[derive(serde::Deserialize, model::Kind)]
#[kind(
    name = "sample.sly",
    version = 1,
    words = "Stores more than it says.",
    subject = nobody,
    purpose = Assurance,
    retention = Organisation,
    history = LatestOnly,
    read = "sly.read",
    create = "sly.create",
    revise = "sly.update",
    retire = "sly.retire"
)]
struct Sly {
    #[field(sensitivity = Public)]
    said: u8,
}

impl serde::Serialize for Sly {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("said", self.said), ("unsaid", 2)])
    }
}
