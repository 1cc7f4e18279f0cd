//! Rules in the published format, run over what was built; every file here is of our own writing.

use serde_json::json;
use trials::design::{CameOut, File, Rulebook, Verdict};

fn dataset(name: &str, columns: &[&str], rows: serde_json::Value) -> File {
    let columns: Vec<_> = columns.iter().map(|name| json!({ "name": name })).collect();
    let value = json!({ "datasetJSONVersion": "1.1.0", "name": name, "columns": columns, "rows": rows });
    let file = format!("data/{}.json", name.to_lowercase());
    File { name: file, media: "application/json", bytes: serde_json::to_vec(&value).unwrap() }
}

fn elements() -> File {
    dataset(
        "TE",
        &["ETCD", "ELEMENT", "TEENRL", "TEDUR", "TESTRL"],
        json!([
            ["SCRN", "Screening", "Two weeks", null, "Consent"],
            ["TRT", "Treatment", null, null, "First dose"],
            ["TOOLONGCODE", "Follow-up", null, "P2W", "Last dose"]
        ]),
    )
}

fn rule(check: &str, more: &str) -> String {
    format!(
        "Core:\n  Id: OWN-1\n  Status: Published\nDescription: Of our own.\nCheck:\n{check}\nOutcome:\n  Message: It is wrong.\n  \
         Output Variables:\n    - ETCD\nRule Type: Record Data\nScope:\n  Domains:\n    Include:\n      - TE\n{more}\nSensitivity: Record\n"
    )
}

fn run(rule: &str, files: &[File]) -> Verdict {
    Rulebook::read(&[("own.yml".to_owned(), rule.as_bytes().to_vec())]).check_files(files).remove(0)
}

/// The records of the only dataset that break the rule, from 1.
fn broken(check: &str, files: &[File]) -> Vec<String> {
    let verdict = run(&rule(check, ""), files);
    assert!(!matches!(verdict.outcome, CameOut::Refused(_)), "{verdict:?}");
    verdict.findings.iter().map(|finding| finding.path.clone()).collect()
}

#[test]
fn a_tree_of_conditions_finds_the_records_that_break_it() {
    let check = "  all:\n    - name: TEENRL\n      operator: empty\n    - name: TEDUR\n      operator: empty";
    assert_eq!(broken(check, &[elements()]), ["TE/2"]);
    let check = "  any:\n    - name: ETCD\n      operator: longer_than\n      value: 8\n    - not:\n        name: TESTRL\n        operator: non_empty";
    assert_eq!(broken(check, &[elements()]), ["TE/3"]);
}

#[test]
fn operators_mean_what_their_publisher_says() {
    let on = |operator: &str, value: &str, rows: serde_json::Value| {
        let check = format!("  all:\n    - name: A\n      operator: {operator}\n      {value}");
        let text = rule(&check, "").replace("- TE", "- ZZ").replace("- ETCD", "- A");
        let verdict = run(&text, &[dataset("ZZ", &["A", "B"], rows)]);
        assert!(!matches!(verdict.outcome, CameOut::Refused(_) | CameOut::OutOfScope), "{operator}: {verdict:?}");
        verdict.findings.len()
    };
    let rows = || json!([["x", "x"], ["x", "y"], [null, null], [null, "y"]]);
    assert_eq!(on("equal_to", "value: B", rows()), 1);
    assert_eq!(on("not_equal_to", "value: B", rows()), 2, "nothing and nothing are not unequal");
    assert_eq!(on("equal_to", "value: B\n      value_is_literal: true", rows()), 0);
    assert_eq!(on("equal_to_case_insensitive", "value: X", rows()), 2);
    assert_eq!(on("is_contained_by", "value: [x, z]", rows()), 2);
    assert_eq!(on("is_not_contained_by", "value: [x, z]", rows()), 2);
    assert_eq!(on("is_not_unique_set", "value: B", rows()), 0);
    assert_eq!(on("is_not_unique_relationship", "value: B", rows()), 3);
    assert_eq!(on("is_inconsistent_across_dataset", "value: [B]", rows()), 2);
    let dates = || json!([["2024-02-30", ""], ["2024-02", ""], ["2024-02-03T10:00", ""], ["soon", ""], [null, ""]]);
    assert_eq!(on("invalid_date", "value: x", dates()), 2);
    assert_eq!(on("is_complete_date", "value: x", dates()), 1);
    assert_eq!(on("date_greater_than", "value: 2024-01-31", dates()), 2);
    let codes = || json!([["AB1", 3], ["1AB", 30], ["", 4]]);
    assert_eq!(on("matches_regex", "value: '[A-Z]'", codes()), 1, "from the beginning of a value");
    assert_eq!(on("not_matches_regex", "value: '[A-Z]'", codes()), 1);
    assert_eq!(on("starts_with", "value: AB", codes()), 1);
    assert_eq!(on("prefix_equal_to", "value: '1A'\n      prefix: 2", codes()), 1);
    assert_eq!(on("longer_than", "value: 2", codes()), 2);
    assert_eq!(on("invalid_duration", "value: x", json!([["P1D", 0], ["1D", 0], [null, 0]])), 1);
    assert_eq!(on("not_exists", "value: x", json!([["", 0]])), 0);
    assert_eq!(on("less_than", "value: B", json!([[1, 2], [2, 2], [null, 2]])), 1);
}

#[test]
fn datasets_are_matched_and_reckoned_with() {
    let arms = dataset("TA", &["ARMCD", "ETCD"], json!([["A", "SCRN"], ["A", "GONE"]]));
    let check = "  all:\n    - name: ETCD\n      operator: is_not_contained_by\n      value: $known";
    let operation = "Operations:\n  - id: $known\n    operator: distinct\n    domain: TE\n    name: ETCD";
    let text = rule(check, operation).replace("- TE", "- TA");
    assert_eq!(run(&text, &[elements(), arms.clone()]).findings[0].path, "TA/2");
    let check = "  all:\n    - name: ELEMENT\n      operator: equal_to\n      value: Screening";
    let text = rule(check, "Match Datasets:\n  - Name: TE\n    Keys:\n      - ETCD").replace("- TE\n", "- TA\n");
    let text = text.replace("  - Name: TA", "  - Name: TE");
    assert_eq!(run(&text, &[elements(), arms]).findings.len(), 1);
}

#[test]
fn what_is_not_known_by_name_is_refused_by_name() {
    let check = |text: String, part: &str| {
        let verdict = run(&text, &[elements()]);
        assert!(matches!(&verdict.outcome, CameOut::Refused(why) if why.contains(part)), "{part}: {verdict:?}");
        assert!(verdict.findings.is_empty());
    };
    let one = |operator: &str| format!("  all:\n    - name: ETCD\n      operator: {operator}");
    check(rule(&one("is_lucky"), ""), "is_lucky");
    check(rule(&one("empty"), "Operations:\n  - id: $x\n    operator: call_home"), "call_home");
    check(rule(&one("empty"), "").replace("Record Data", "JSONata"), "JSONata");
    check(rule(&one("empty"), "Surprise: 1"), "Surprise");
    check(rule(&format!("{}\n      round_values: true", one("empty")), ""), "round_values");
    check(rule(&format!("{}\n      value: '(a'", one("matches_regex")), ""), "pattern");
    check("a: &x [1]\nb: *x".to_owned(), "alias");
    check("[".repeat(60), "nested");
    check("[".repeat(5_000), "limit");
    check(String::new(), "empty");
    check("just words".to_owned(), "record");
}

#[test]
fn a_rule_about_other_data_is_out_of_scope() {
    let check = "  all:\n    - name: NOTHERE\n      operator: empty";
    assert_eq!(run(&rule(check, ""), &[elements()]).outcome, CameOut::OutOfScope);
    assert_eq!(run(&rule(check, ""), &[]).outcome, CameOut::OutOfScope);
}

#[test]
fn rules_about_the_definition_see_its_objects() {
    let check =
        "  all:\n    - name: windowLower\n      operator: non_empty\n    - name: windowUpper\n      operator: empty";
    let text =
        rule(check, "").replace("  Domains:\n    Include:\n      - TE", "  Entities:\n    Include:\n      - Timing");
    let definition = json!({ "study": { "timings": [
        { "id": "T1", "instanceType": "Timing", "windowLower": "P1D", "windowUpper": null },
        { "id": "T2", "instanceType": "Timing", "windowLower": "P1D", "windowUpper": "P1D" }] } });
    let book = Rulebook::read(&[("own.yml".to_owned(), text.into_bytes())]);
    let verdicts = book.check(&Default::default(), &serde_json::to_vec(&definition).unwrap());
    assert_eq!(verdicts[0].findings.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["Timing/1"]);
}
