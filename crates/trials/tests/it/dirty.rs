//! Whatever comes in: findings, never a panic, and nothing that could run in any output.

use serde_json::Value;
use trials::design::{Order, build};

use crate::fixture;

fn check(bytes: &[u8]) -> trials::design::Built {
    let built = build(&Order { subjects: 4, ..Order::new(bytes) });
    assert!(built.files.iter().any(|file| file.name == "report.json"));
    built
}

#[test]
fn what_is_not_a_study_gives_a_report_and_no_study() {
    for bytes in
        [b"".as_slice(), b"{", b"[]", b"null", b"{\"study\":{}}", b"\xff\xfe", b"{\"study\":{\"versions\":[{}]}}"]
    {
        let built = check(bytes);
        assert!(!built.readable && built.blockers > 0);
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(!check(&deep).readable);
}

#[test]
fn a_study_cut_off_anywhere_is_refused_with_a_reason() {
    let bytes = fixture::bytes();
    for end in (0..bytes.len()).step_by(997) {
        assert!(!check(&bytes[..end]).findings.is_empty());
    }
}

/// Every path of a document that leads to a value.
fn paths(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| paths(value, &format!("{here}/{name}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| paths(value, &format!("{here}/{at}"), all))
        }
        _ => {}
    }
}

#[test]
fn any_value_may_be_missing_or_of_another_type() {
    let study = fixture::study();
    let mut all = Vec::new();
    paths(&study, "", &mut all);
    let strange =
        [Value::Null, Value::from(-3), Value::from("\u{0}<&\"'"), serde_json::json!([[]]), serde_json::json!({})];
    // Every path once, the kinds of damage in turn: the whole product would take minutes.
    for (at, path) in all.iter().enumerate().filter(|(at, _)| at % 13 == 0) {
        let mut broken = study.clone();
        if let Some(value) = broken.pointer_mut(path) {
            *value = strange[at % strange.len()].clone();
        }
        check(&serde_json::to_vec(&broken).unwrap());
    }
}

#[test]
fn timings_in_a_circle_and_references_to_nothing_are_findings() {
    let mut study = fixture::study();
    let timeline = "/study/versions/0/studyDesigns/0/scheduleTimelines/0";
    let timings = study.pointer_mut(&format!("{timeline}/timings")).unwrap();
    timings[1]["type"]["code"] = "C201356".into();
    timings[1]["type"]["decode"] = "After".into();
    timings[1]["relativeToScheduledInstanceId"] = "I3".into();
    study.pointer_mut(&format!("{timeline}/instances/0/activityIds")).unwrap()[0] = "NOBODY".into();
    study.pointer_mut(&format!("{timeline}/instances/2")).unwrap()["defaultConditionId"] = "I1".into();
    let built = check(&serde_json::to_vec(&study).unwrap());
    let rules: Vec<&str> = built.findings.iter().map(|finding| finding.rule.as_str()).collect();
    for rule in ["U3.1", "U3.6", "U3.8"] {
        assert!(rules.contains(&rule), "{rule}: {rules:?}");
    }
}

#[test]
fn hostile_words_are_inert_in_every_output() {
    let hostile = "<script>alert(1)</script>\"'&]]>=HYPERLINK(\"x\")\u{1}\u{202e})Tj ET (";
    let mut study = fixture::study();
    let mut all = Vec::new();
    paths(&study, "", &mut all);
    for path in
        all.iter().filter(|path| ["/label", "/text", "/description", "/name"].iter().any(|end| path.ends_with(end)))
    {
        if let Some(value) = study.pointer_mut(path).filter(|value| value.is_string()) {
            *value = format!("={hostile}{path}").into();
        }
    }
    let built = check(&serde_json::to_vec(&study).unwrap());
    for file in &built.files {
        let text = String::from_utf8_lossy(&file.bytes);
        if ["text/html", "application/xml"].contains(&file.media) {
            assert!(!text.contains("<script"), "{}", file.name);
            assert!(!text.contains('\u{1}'), "{}", file.name);
        }
        if file.media == "text/csv" {
            let formula = text
                .lines()
                .flat_map(|line| line.split(','))
                .any(|cell| cell.starts_with('=') || cell.starts_with("\"="));
            assert!(!formula, "{}", file.name);
        }
        if file.media == "application/pdf" {
            assert!(!text.contains("1\u{1}") && text.contains("\\)Tj ET \\("), "{}", file.name);
        }
    }
}

#[test]
fn ten_thousand_activities_are_built() {
    let mut study = fixture::study();
    let activities = study.pointer_mut("/study/versions/0/studyDesigns/0/activities").unwrap().as_array_mut().unwrap();
    let first = activities[0].clone();
    for at in 0..10_000 {
        let mut more = first.clone();
        more["id"] = format!("M{at}").into();
        more["label"] = format!("Unheard of {at}").into();
        more["name"] = format!("UNHEARD {at}").into();
        activities.push(more);
    }
    let built = check(&serde_json::to_vec(&study).unwrap());
    assert_eq!(built.coverage.activities, 10_007);
    assert_eq!(built.coverage.unresolved, 10_000);
    assert!(built.findings.len() < 1_000);
}

#[test]
fn one_id_for_everything_is_a_finding() {
    let mut study = fixture::study();
    let mut all = Vec::new();
    paths(&study, "", &mut all);
    for path in all.iter().filter(|path| path.ends_with("/id")) {
        if let Some(value) = study.pointer_mut(path) {
            *value = "SAME".into();
        }
    }
    let built = check(&serde_json::to_vec(&study).unwrap());
    assert!(built.findings.iter().any(|finding| finding.rule == "U3.2"));
    assert!(built.findings.iter().any(|finding| finding.rule == "DDF00083"));
}

#[test]
fn activities_that_are_their_own_children_end() {
    let mut study = fixture::study();
    let activities = study.pointer_mut("/study/versions/0/studyDesigns/0/activities").unwrap();
    for at in 0..3 {
        activities[at]["childIds"] = serde_json::json!(["A1", "A2", "A3"]);
        activities[at]["nextId"] = "A1".into();
        activities[at]["previousId"] = "A3".into();
    }
    assert!(check(&serde_json::to_vec(&study).unwrap()).findings.iter().any(|finding| finding.rule == "DDF00018"));
}

#[test]
fn a_design_without_timelines_or_with_empty_ones_is_built_and_blocked() {
    for timelines in [
        Value::Null,
        serde_json::json!([]),
        serde_json::json!([{ "id": "T", "mainTimeline": true, "instanceType": "ScheduleTimeline" }]),
    ] {
        let mut study = fixture::study();
        *study.pointer_mut("/study/versions/0/studyDesigns/0/scheduleTimelines").unwrap() = timelines;
        assert!(check(&serde_json::to_vec(&study).unwrap()).readable);
    }
}

#[test]
fn of_several_designs_the_wanted_one_is_built() {
    let mut study = fixture::study();
    let designs = study.pointer_mut("/study/versions/0/studyDesigns").unwrap().as_array_mut().unwrap();
    let mut other = designs[0].clone();
    other["arms"].as_array_mut().unwrap().pop();
    designs.push(other);
    let bytes = serde_json::to_vec(&study).unwrap();
    let one = build(&Order { subjects: 2, ..Order::new(&bytes) });
    let two = build(&Order { subjects: 2, design: 1, ..Order::new(&bytes) });
    assert!(one.readable && two.readable && one.files != two.files);
    assert!(build(&Order { subjects: 2, design: 9, ..Order::new(&bytes) }).readable);
}
