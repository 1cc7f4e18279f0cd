//! One golden record for every shape of every typed kind: they decode for ever.

use std::path::Path;

use model::golden::{Broken, check};
use model::{ActorId, Form, Kind, RecordId, Time};
use trials::kinds::{
    Approval, Approved, Artefact, Build, Decided, Decision, Decisions, Deed, Facts, KeptChoice, OrganisationChoices,
    Signature, Study,
};

fn sweep(dir: &Path) -> Vec<(&'static str, Result<(), Broken>)> {
    fn one<K: Kind>(dir: &Path, sample: &K) -> (&'static str, Result<(), Broken>) {
        (K::DECL.name, check(dir, sample))
    }
    let record = |byte: u8| RecordId::from_bytes([byte; 16]);
    let text = |text: &str| text.to_owned();
    let deed =
        Deed { by: ActorId::from_bytes([5; 16]), name: text("Ada Mensah"), at: Time::from_seconds(1_795_000_000) };
    let facts = Facts { activities: 17, unresolved: 1, visits: 8, forms: 19, blockers: 1, proposals: 33 };
    let study = Study {
        identifier: text("ALD-201"),
        title: text("A made-up study"),
        changed: deed.clone(),
        protocol_version: 2,
        facts,
        undo: vec![1],
        log: vec![(1, text("began the study from nothing"), deed.clone())],
        sheet: Some(record(3)),
    };
    let decision = Decision {
        key: text("0011"),
        path: text("/study"),
        before: text("a"),
        after: text("b"),
        decided: Decided::Rejected,
        reason: text("no"),
        deed: deed.clone(),
    };
    let choice = KeptChoice {
        label: text("Weight"),
        domain: text("VS"),
        testcd: text("WEIGHT"),
        detail: String::new(),
        reason: text("always"),
        deed: deed.clone(),
    };
    let artefact = Artefact {
        name: text("define.xml"),
        media: text("application/xml"),
        bytes: 12,
        sha256: text("00"),
        pieces: vec![record(9)],
    };
    let build = Build {
        study: record(1),
        number: 4,
        protocol_version: 2,
        ordered: deed.clone(),
        took_millis: 180,
        findings: [0, 1, 2, 3],
        blocked_by: vec![text("1 proposal waits for a decision.")],
        artefacts: vec![artefact],
    };
    let approval = Approval {
        study: record(1),
        build: record(2),
        artefacts: vec![Approved { name: text("define.xml"), sha256: text("00") }],
        deed,
        words: text("looked at"),
        signature: Some(Signature { meaning: text("approval"), record: record(8) }),
    };
    vec![
        one(dir, &study),
        one(dir, &Decisions { decisions: vec![decision] }),
        one(dir, &OrganisationChoices { choices: vec![choice] }),
        one(dir, &build),
        one(dir, &approval),
    ]
}

#[test]
fn every_typed_kind_has_its_golden_records_and_reads_them() {
    let swept = sweep(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"));
    let names: Vec<_> = swept.iter().map(|(name, _)| *name).collect();
    let declared: Vec<_> =
        trials::KINDS.iter().filter(|kind| kind.form == Form::Record).map(|kind| kind.name).collect();
    assert_eq!(names, declared, "the sweep runs over all of them");
    let broken: Vec<String> =
        swept.into_iter().filter_map(|(_, held)| held.err()).map(|broken| broken.to_string()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
