//! The published rules of the definition standard, each on a definition that breaks it.

use serde_json::{Value, json};
use trials::design::{Order, build};

fn broken(document: &Value) -> Vec<String> {
    let bytes = serde_json::to_vec(document).unwrap();
    let built = build(&Order { subjects: 1, ..Order::new(&bytes) });
    let mut rules: Vec<String> =
        built.outcomes.iter().filter(|outcome| outcome.broken > 0).map(|outcome| outcome.rule.clone()).collect();
    rules.retain(|rule| rule.starts_with("DDF"));
    rules
}

/// A design around some members, in the least wrapper that is read.
fn design(members: Value) -> Value {
    let mut design = json!({ "id": "D", "instanceType": "InterventionalStudyDesign" });
    for (name, value) in members.as_object().unwrap() {
        design[name] = value.clone();
    }
    json!({
        "usdmVersion": "4.0.0",
        "study": { "id": "S", "instanceType": "Study", "versions": [
            { "id": "V", "instanceType": "StudyVersion", "studyDesigns": [design] }
        ] }
    })
}

fn check(rule: &str, wrong: Value, right: Value) {
    assert!(broken(&design(wrong.clone())).iter().any(|own| own == rule), "{rule} passes {wrong}");
    assert!(!broken(&design(right.clone())).iter().any(|own| own == rule), "{rule} finds fault with {right}");
}

fn timing(more: Value) -> Value {
    let mut timing = json!({ "id": "T", "instanceType": "Timing", "type": { "code": "C201356", "decode": "After" }, "value": "P1D" });
    for (name, value) in more.as_object().unwrap() {
        timing[name] = value.clone();
    }
    json!({ "scheduleTimelines": [{ "id": "TL", "instanceType": "ScheduleTimeline", "mainTimeline": true, "timings": [timing],
        "instances": [{ "id": "I1", "instanceType": "ScheduledActivityInstance" }, { "id": "I2", "instanceType": "ScheduledActivityInstance" }] }] })
}

#[test]
fn timings_and_windows() {
    check(
        "DDF00006",
        timing(json!({ "windowLower": "P1D" })),
        timing(json!({ "windowLower": "P1D", "windowUpper": "P1D", "windowLabel": "±1" })),
    );
    check("DDF00060", timing(json!({ "value": "-P1D" })), timing(json!({ "value": "P1D" })));
    check("DDF00062", timing(json!({ "windowUpper": "soon" })), timing(json!({ "windowUpper": "PT4H" })));
    let fixed = json!({ "code": "C201358", "decode": "Fixed Reference" });
    check("DDF00025", timing(json!({ "type": fixed, "windowLower": "P1D" })), timing(json!({ "type": fixed })));
    check(
        "DDF00011",
        timing(json!({ "type": fixed })),
        timing(json!({ "type": fixed, "relativeFromScheduledInstanceId": "I1" })),
    );
    check(
        "DDF00031",
        timing(json!({ "relativeFromScheduledInstanceId": "I1", "relativeToScheduledInstanceId": "I1" })),
        timing(json!({ "relativeFromScheduledInstanceId": "I1", "relativeToScheduledInstanceId": "I2" })),
    );
    check("DDF00051", timing(json!({ "type": { "code": "C1", "decode": "x" } })), timing(json!({})));
    check("DDF00009", timing(json!({})), timing(json!({ "type": fixed })));
}

#[test]
fn chains() {
    let pair = |next: &str, previous: &str| {
        json!({ "epochs": [
            { "id": "A", "instanceType": "StudyEpoch", "name": "a", "nextId": next },
            { "id": "B", "instanceType": "StudyEpoch", "name": "b", "previousId": previous }
        ] })
    };
    check("DDF00021", pair("B", "B"), pair("B", "A"));
    check("DDF00022", pair("A", "A"), pair("B", "A"));
    check("DDF00023", pair("", "A"), pair("B", "A"));
    check(
        "DDF00010",
        json!({ "epochs": [
        { "id": "A", "instanceType": "StudyEpoch", "name": "a" }, { "id": "B", "instanceType": "StudyEpoch", "name": "a" }] }),
        pair("B", "A"),
    );
}

#[test]
fn codes_and_their_words() {
    let arm = |code: &str, decode: &str| {
        json!({ "objectives": [{ "id": "O", "instanceType": "Objective",
        "level": { "id": "c", "instanceType": "Code", "code": code, "decode": decode, "codeSystem": "http://www.cdisc.org", "codeSystemVersion": "2024-09-27" } }] })
    };
    check("DDF00147", arm("C85826", "Study Secondary Objective"), arm("C85826", "Study Primary Objective"));
    check("DDF00147", arm("C999", "My Objective"), arm("C85826", "Study Primary Objective"));
    check("DDF00084", arm("C85827", "Study Secondary Objective"), arm("C85826", "Study Primary Objective"));
}

#[test]
fn cells_and_elements() {
    let cell = |arm: &str, element: &str| {
        json!({
            "arms": [{ "id": "A", "instanceType": "StudyArm", "name": "a" }],
            "epochs": [{ "id": "E", "instanceType": "StudyEpoch", "name": "e" }],
            "elements": [{ "id": "L", "instanceType": "StudyElement", "name": "l" }],
            "studyCells": [{ "id": "C", "instanceType": "StudyCell", "armId": arm, "epochId": "E", "elementIds": [element] }]
        })
    };
    check("DDF00040", cell("A", "nothing"), cell("A", "L"));
    check("DDF00243", cell("E", "L"), cell("A", "L"));
    check("DDF00071", cell("V", "L"), cell("A", "L"));
}

#[test]
fn ranges_and_durations() {
    let range = |low: f64, high: f64| {
        json!({ "population": { "id": "P", "instanceType": "StudyDesignPopulation",
        "plannedAge": { "id": "R", "instanceType": "Range", "minValue": { "id": "q", "instanceType": "Quantity", "value": low },
            "maxValue": { "id": "r", "instanceType": "Quantity", "value": high } } } })
    };
    check("DDF00241", range(65.0, 18.0), range(18.0, 65.0));
    let duration =
        |text: &str| json!({ "x": { "id": "U", "instanceType": "Duration", "text": text, "durationWillVary": false } });
    check("DDF00033", duration(""), duration("a week"));
}

#[test]
fn texts_that_refer() {
    let text =
        |text: &str| json!({ "x": [{ "id": "N", "instanceType": "NarrativeContentItem", "name": "n", "text": text }] });
    check(
        "DDF00137",
        text("<usdm:ref id=\"N\"/>"),
        text("<usdm:ref klass=\"NarrativeContentItem\" id=\"N\" attribute=\"name\"/>"),
    );
    check(
        "DDF00244",
        text("<usdm:ref klass=\"NarrativeContentItem\" id=\"gone\" attribute=\"name\"/>"),
        text("<usdm:ref klass=\"NarrativeContentItem\" id=\"N\" attribute=\"name\"/>"),
    );
}

#[test]
fn every_rule_tells_how_it_came_out_once() {
    let document = design(json!({}));
    let bytes = serde_json::to_vec(&document).unwrap();
    let built = build(&Order { subjects: 1, ..Order::new(&bytes) });
    let mut rules: Vec<&str> =
        built.outcomes.iter().map(|own| own.rule.as_str()).filter(|own| own.starts_with("DDF")).collect();
    let count = rules.len();
    rules.dedup();
    assert_eq!(count, rules.len());
    assert!(count >= 150, "{count} rules");
}
