//! What a clean study becomes.

use serde_json::Value;
use trials::design::{Built, ChangeKind, CheckRule, Order, RememberedChoice, Severity, Step, Target, amend, build};

use crate::fixture;

fn built() -> Built {
    build(&Order::new(&fixture::bytes()))
}

fn text(built: &Built, name: &str) -> String {
    let file = built.files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name} is missing"));
    String::from_utf8_lossy(&file.bytes).into_owned()
}

fn rows(built: &Built, dataset: &str) -> Vec<Vec<Value>> {
    let document: Value = serde_json::from_str(&text(built, &format!("data/{dataset}.json"))).unwrap();
    serde_json::from_value(document["rows"].clone()).unwrap()
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    let (one, other) = (built(), built());
    assert_eq!(one.files, other.files);
    let bytes = fixture::bytes();
    let seeded = build(&Order { seed: 7, ..Order::new(&bytes) });
    assert_ne!(text(&one, "data/vs.json"), text(&seeded, "data/vs.json"));
}

#[test]
fn a_clean_study_has_no_error_and_may_be_released() {
    let built = built();
    let heavy: Vec<_> = built.findings.iter().filter(|finding| finding.severity >= Severity::Error).collect();
    // The fixture leaves out what a generator does not need; only the schema and the publisher's rules object.
    let of_the_definition = |rule: &str| rule == "U1.2" || rule.starts_with("DDF");
    let others: Vec<_> = heavy.iter().filter(|finding| !of_the_definition(&finding.rule)).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(built.blockers, 0);
    let broken = |outcome: &&trials::design::Outcome| outcome.broken > 0 && !of_the_definition(&outcome.rule);
    let broken: Vec<_> = built.outcomes.iter().filter(broken).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn visits_have_days_and_windows_without_a_day_zero() {
    let visits = built().schedule.visits;
    let days: Vec<_> = visits.iter().map(|visit| (visit.name.as_str(), visit.day, visit.window)).collect();
    assert_eq!(
        days,
        [("Screening", Some(-7), Some((-10, -4))), ("Day 1", Some(1), None), ("Week 2", Some(15), Some((13, 17)))]
    );
}

#[test]
fn arms_branch_where_they_begin_to_differ() {
    let rows = rows(&built(), "ta");
    let branches: Vec<(&str, i64, &str)> = rows
        .iter()
        .filter(|row| row[7].is_string())
        .map(|row| (row[2].as_str().unwrap(), row[4].as_i64().unwrap(), row[7].as_str().unwrap()))
        .collect();
    assert_eq!(branches, [("RIVER", 1, "Assigned to River arm"), ("STILL", 1, "Assigned to Still arm")]);
}

#[test]
fn an_element_without_an_end_gets_a_length_and_a_proposal() {
    let built = built();
    let rows = rows(&built, "te");
    let river = rows.iter().find(|row| row[2] == "RIVER").unwrap();
    assert_eq!((&river[5], &river[6]), (&Value::Null, &Value::from("P2W")));
    assert!(built.proposals.iter().any(|proposal| proposal.after == "P2W" && proposal.reason.starts_with("TEDUR")));
}

#[test]
fn what_the_protocol_cannot_know_is_a_null_flavour() {
    let rows = rows(&built(), "ts");
    let flavour = |name: &str| {
        let row = rows.iter().find(|row| row[4] == name).unwrap_or_else(|| panic!("{name} is missing"));
        (row[6].clone(), row[7].clone())
    };
    assert_eq!(flavour("SENDTC"), (Value::Null, Value::from("NAV")));
    assert_eq!(flavour("INTMODEL"), (Value::from("PARALLEL"), Value::Null));
    assert_eq!(flavour("PCLAS"), (Value::Null, Value::from("NI")));
}

#[test]
fn the_study_starts_with_the_first_consent_of_its_synthetic_subjects() {
    let built = built();
    let start = rows(&built, "ts").into_iter().find(|row| row[4] == "SSTDTC").unwrap();
    let consents = rows(&built, "dm").into_iter().filter_map(|row| row[8].as_str().map(str::to_owned));
    assert_eq!((start[6].as_str().map(str::to_owned), &start[7]), (consents.min(), &Value::Null));
    assert!(start[6].is_string());
}

#[test]
fn the_annotated_form_has_a_structure_tree_over_everything_it_says() {
    let built = built();
    let pdf = text(&built, "acrf.pdf");
    assert!(pdf.contains("/StructTreeRoot") && pdf.contains("/Marked true") && pdf.contains("/Lang (en)"));
    let texts = pdf.matches(" BDC\n").count();
    let elements = pdf.matches("/Type /StructElem").count();
    let notes = pdf.matches("/Type /Annot ").count();
    assert_eq!(elements, texts + notes + 1, "each text and annotation has its element, and the document has one");
    assert_eq!(pdf.matches("/StructParent ").count(), notes);
}

#[test]
fn an_activity_that_nobody_knows_blocks_release_and_not_the_preview() {
    let mut study = fixture::study();
    study["study"]["versions"][0]["studyDesigns"][0]["activities"][3]["label"] = "Zorbing".into();
    study["study"]["versions"][0]["studyDesigns"][0]["activities"][3]["name"] = "ZORBING".into();
    let bytes = serde_json::to_vec(&study).unwrap();
    let built = build(&Order::new(&bytes));
    assert_eq!((built.coverage.unresolved, built.blockers), (1, 1));
    assert!(text(&built, "forms.html").contains("Zorbing"));
    let manifest: Value = serde_json::from_str(&text(&built, "manifest.json")).unwrap();
    assert_eq!(manifest["release"]["allowed"], false);

    let mut order = Order::new(&bytes);
    let choice =
        RememberedChoice { label: "zorbing".to_owned(), domain: "PR".to_owned(), ..RememberedChoice::default() };
    order.remembered.choices.push(choice);
    let decided = trials::design::build(&order);
    assert_eq!((decided.coverage.unresolved, decided.blockers), (0, 0));
    let known = decided.resolutions.iter().find(|one| one.words == "Zorbing").unwrap();
    assert_eq!(known.step, Step::Remembered);
}

#[test]
fn a_label_that_is_a_term_becomes_its_test() {
    let built = built();
    let hemoglobin = built.resolutions.iter().find(|one| one.words == "Hemoglobin").unwrap();
    assert!(matches!(&hemoglobin.target, Target::Test { domain, testcd, .. } if domain == "LB" && testcd == "HGB"));
    assert_eq!(hemoglobin.step, Step::Synonym);
}

#[test]
fn every_check_has_a_case_that_fires_and_one_that_passes() {
    let built = built();
    let expected = text(&built, "testkit/expected.csv");
    for check in &built.checks {
        let named = format!(",{},", check.oid);
        let cases: Vec<&str> = expected.lines().filter(|line| line.contains(&named)).collect();
        assert!(cases.iter().any(|line| line.contains(",fires,fires,")), "{}", check.oid);
        assert!(cases.iter().any(|line| line.contains(",passes,")), "{}", check.oid);
    }
    assert!(built.checks.iter().any(|check| matches!(check.rule, CheckRule::Window { .. })));
}

#[test]
fn no_artefact_has_a_placeholder_and_every_reference_resolves() {
    let built = built();
    for name in ["define.xml", "odm-1.3.2.xml", "odm-2.0.xml"] {
        let xml = text(&built, name);
        assert!(!xml.to_uppercase().contains("PLACEHOLDER") && !xml.contains("=\"\""), "{name}");
        let values = |attribute: &str| -> std::collections::BTreeSet<String> {
            let before = format!(" {attribute}=\"");
            let pieces = xml.split(&before).skip(1);
            pieces.filter_map(|piece| piece.split('"').next()).map(str::to_owned).collect()
        };
        let defined = values("OID");
        for reference in [
            "ItemOID",
            "ItemGroupOID",
            "FormOID",
            "StudyEventOID",
            "CodeListOID",
            "MethodOID",
            "MeasurementUnitOID",
            "CollectionExceptionConditionOID",
            "ValueListOID",
            "WhereClauseOID",
            "def:ItemOID",
            "def:CommentOID",
            "def:StandardOID",
            "StandardOID",
            "StudyEventGroupOID",
        ] {
            let lost: Vec<_> = values(reference).difference(&defined).cloned().collect();
            assert!(lost.is_empty(), "{name}: {reference} {lost:?}");
        }
    }
}

#[test]
fn every_file_that_the_description_names_is_there() {
    let built = built();
    let xml = text(&built, "define.xml");
    let named: Vec<&str> = xml.split("xlink:href=\"").skip(1).filter_map(|piece| piece.split('"').next()).collect();
    assert!(named.len() > 10);
    for name in named {
        assert!(built.files.iter().any(|file| file.name == name), "{name}");
    }
}

#[test]
fn the_manifest_has_the_hash_of_every_other_file() {
    let built = built();
    let manifest: Value = serde_json::from_str(&text(&built, "manifest.json")).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, built.files.len());
    assert!(listed.iter().all(|file| file["sha256"].as_str().unwrap().len() == 64));
}

#[test]
fn annotations_can_be_searched_in_the_pdf() {
    let pdf = text(&built(), "acrf.pdf");
    assert!(pdf.starts_with("%PDF-1.7"));
    for words in ["(VS \\(Vital Signs\\))", "(VSORRES when VSTESTCD = SYSBP)", "([NOT SUBMITTED])", "(Running Records)"]
    {
        assert!(pdf.contains(words), "{words}");
    }
}

#[test]
fn an_amendment_names_what_changed_and_what_follows() {
    let before = built();
    let mut study = fixture::study();
    let timing = study.pointer_mut("/study/versions/0/studyDesigns/0/scheduleTimelines/0/timings/2").unwrap();
    timing["windowUpper"] = "P5D".into();
    study["study"]["versions"][0]["studyDesigns"][0]["scheduleTimelines"][0]["instances"][2]["activityIds"]
        .as_array_mut()
        .unwrap()
        .retain(|id| id != "A4");
    let bytes = serde_json::to_vec(&study).unwrap();
    let amendment = amend(&before, &build(&Order::new(&bytes)));
    let change = |part: &str, name: &str| {
        amendment.changes.iter().find(|one| one.part == part && one.name == name).map(|one| one.kind)
    };
    assert_eq!(change("visit", "Week 2"), Some(ChangeKind::Changed));
    assert_eq!(change("cell", "Hemoglobin at Week 2"), Some(ChangeKind::Removed));
    assert_eq!(change("visit", "Screening"), None);
    assert!(amendment.unchanged.contains(&"data/ti.xpt".to_owned()), "{:?}", amendment.unchanged);
    assert!(amendment.to_approve.contains(&"odm-1.3.2.xml".to_owned()));
    assert_eq!(amend(&before, &before).changes, []);
}

#[test]
fn a_study_in_the_older_model_becomes_the_same_forms() {
    let mut study = fixture::study();
    study["usdmVersion"] = "3.6.0".into();
    let version = &mut study["study"]["versions"][0];
    let organization = version["organizations"][0].clone();
    let interventions = version["studyInterventions"].clone();
    let fields = version.as_object_mut().unwrap();
    for gone in ["organizations", "roles", "studyInterventions"] {
        fields.remove(gone);
    }
    version["studyIdentifiers"][0] =
        serde_json::json!({ "id": "SI1", "studyIdentifier": "RIVER-1", "studyIdentifierScope": organization });
    version["studyDesigns"][0]["studyInterventions"] = interventions;
    let bytes = serde_json::to_vec(&study).unwrap();
    let old = build(&Order::new(&bytes));
    assert_eq!(old.study, "RIVER-1");
    assert_eq!(old.forms, built().forms);
    assert!(old.findings.iter().any(|finding| finding.rule == "U1.3"));
}
