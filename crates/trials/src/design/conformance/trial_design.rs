//! Rules over TA, TE, TV, TI and TS.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rules, Whole};
use crate::design::dataset::{Cell, Dataset};
use crate::design::standards::standards;
use crate::design::time::minutes;

const IG: &str = "SDTMIG 3.4";

pub(super) fn run(whole: &Whole, rules: &mut Rules) {
    let named = |name: &str| whole.datasets.iter().find(|dataset| dataset.name == name);
    if let (Some(ta), Some(te)) = (named("TA"), named("TE")) {
        arms(ta, te, rules);
        elements(te, rules);
    }
    if let Some(tv) = named("TV") {
        visits(tv, rules);
    }
    if let Some(ti) = named("TI") {
        let short =
            broken(ti, |row| ti.cell(row, "IETESTCD").shown().len() > 8 || ti.cell(row, "IETEST").shown().len() > 200);
        rules.rule("T4.1", IG, "IETESTCD has 8 characters at most, IETEST 200.", ti.rows.len(), short);
        pairs(ti, "IETESTCD", "IETEST", "T4.2", rules);
    }
    if let Some(ts) = named("TS") {
        summary(ts, rules);
    }
}

/// The records for which something is wrong.
fn broken(dataset: &Dataset, wrong: impl Fn(&[Cell]) -> bool) -> Vec<(String, String)> {
    let rows = dataset.rows.iter().enumerate().filter(|(_, row)| wrong(row));
    rows.map(|(at, _)| (format!("{} record {}", dataset.name, at + 1), "The record breaks the rule.".to_owned()))
        .collect()
}

/// Two variables that go together one to one.
pub(super) fn pairs(dataset: &Dataset, one: &str, other: &str, name: &'static str, rules: &mut Rules) {
    let mut forth: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut back: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &dataset.rows {
        let (a, b) = (dataset.cell(row, one).shown(), dataset.cell(row, other).shown());
        forth.entry(a.clone()).or_default().insert(b.clone());
        back.entry(b).or_default().insert(a);
    }
    let many = forth.iter().chain(&back).filter(|(_, others)| others.len() > 1);
    let many = many.map(|(value, _)| {
        (format!("{} {value}", dataset.name), format!("{one} and {other} do not go together one to one."))
    });
    rules.rule(name, IG, &format!("{one} and {other} go together one to one."), forth.len(), many.collect());
}

fn arms(ta: &Dataset, te: &Dataset, rules: &mut Rules) {
    let long = broken(ta, |row| ta.cell(row, "ARMCD").shown().len() > 20 || ta.cell(row, "ETCD").shown().len() > 8);
    rules.rule("T2.1", "CG0153, CG0246", "ARMCD has 20 characters at most, ETCD 8.", ta.rows.len(), long);
    let mut seen = BTreeSet::new();
    let twice =
        ta.rows.iter().filter(|row| !seen.insert((ta.cell(row, "ARMCD").shown(), ta.cell(row, "TAETORD").shown())));
    let twice = twice
        .map(|row| (format!("TA {}", ta.cell(row, "ARMCD").shown()), "TAETORD is used twice in the arm.".to_owned()));
    rules.rule(
        "T2.2",
        "CG0247, CG0248",
        "TAETORD is a whole number and unique within its arm.",
        ta.rows.len(),
        twice.collect(),
    );
    let known: BTreeSet<String> = te.rows.iter().map(|row| te.cell(row, "ETCD").shown()).collect();
    let lost = broken(ta, |row| !known.contains(&ta.cell(row, "ETCD").shown()));
    rules.rule("T2.3", "CG0414", "Every element of an arm is in TE.", ta.rows.len(), lost);
    pairs(ta, "ETCD", "ELEMENT", "T2.4", rules);
    pairs(ta, "ARMCD", "ARM", "T2.5", rules);
}

fn elements(te: &Dataset, rules: &mut Rules) {
    let open = broken(te, |row| *te.cell(row, "TEENRL") == Cell::Missing && *te.cell(row, "TEDUR") == Cell::Missing);
    rules.rule("T3.1", "CG0328, CG0329", "An element has an end rule or a length.", te.rows.len(), open);
    let mut seen = BTreeSet::new();
    let alike =
        te.rows.iter().filter(|row| !seen.insert(["TESTRL", "TEENRL", "TEDUR"].map(|name| te.cell(row, name).shown())));
    let alike = alike
        .map(|row| (format!("TE {}", te.cell(row, "ETCD").shown()), "Another element has the same rules.".to_owned()));
    rules.rule(
        "T3.2",
        "CG0325",
        "No two elements have the same start, end and length.",
        te.rows.len(),
        alike.collect(),
    );
    let wrong = broken(te, |row| {
        let text = te.cell(row, "TEDUR").shown();
        !text.is_empty() && minutes(&text).is_none()
    });
    rules.rule("T3.3", IG, "TEDUR is an ISO 8601 duration.", te.rows.len(), wrong);
}

fn visits(tv: &Dataset, rules: &mut Rules) {
    pairs(tv, "VISITNUM", "VISIT", "T1.2", rules);
    let zero = broken(tv, |row| *tv.cell(row, "VISITDY") == Cell::Number(0.0));
    rules.rule("T1.3", IG, "There is no study day 0.", tv.rows.len(), zero);
}

fn summary(ts: &Dataset, rules: &mut Rules) {
    let both =
        broken(ts, |row| (*ts.cell(row, "TSVAL") == Cell::Missing) == (*ts.cell(row, "TSVALNF") == Cell::Missing));
    rules.rule("T5.1", IG, "TS has a value or a null flavour, never both.", ts.rows.len(), both);
    let alone = broken(ts, |row| *ts.cell(row, "TSVAL1") != Cell::Missing && *ts.cell(row, "TSVAL") == Cell::Missing);
    rules.rule("T5.2", "CG0261", "TSVAL1 stands only beside TSVAL.", ts.rows.len(), alone);
    let mut seen = BTreeSet::new();
    let twice =
        ts.rows.iter().filter(|row| !seen.insert((ts.cell(row, "TSPARMCD").shown(), ts.cell(row, "TSSEQ").shown())));
    let twice =
        twice.map(|row| (format!("TS {}", ts.cell(row, "TSPARMCD").shown()), "TSSEQ is used twice.".to_owned()));
    rules.rule("T5.3", "CG0268", "TSSEQ is unique within a parameter.", ts.rows.len(), twice.collect());
    let known = |list: &str, value: String| standards().value(list, &value).is_some();
    let foreign = broken(ts, |row| {
        !known("TSPARMCD", ts.cell(row, "TSPARMCD").shown()) || !known("TSPARM", ts.cell(row, "TSPARM").shown())
    });
    rules.rule(
        "T5.4",
        "C66738, C67152",
        "Parameters are terms, and their names belong to them.",
        ts.rows.len(),
        foreign,
    );
    let there: BTreeSet<String> = ts.rows.iter().map(|row| ts.cell(row, "TSPARMCD").shown()).collect();
    let observed = there.contains("OBSMODEL");
    let needed: &[&str] = if observed {
        &["STYPE", "TITLE", "SPONSOR"]
    } else {
        &["INTMODEL", "INTTYPE", "PCLAS", "STYPE", "TITLE", "SPONSOR", "TPHASE"]
    };
    let lost = needed.iter().filter(|name| !there.contains(**name));
    let lost = lost.map(|name| ("TS".to_owned(), format!("{name} is missing.")));
    rules.rule("T5.5", "CORE-000741", "The parameters that every trial needs are there.", needed.len(), lost.collect());
    let uncoded = broken(ts, |row| {
        let (code, system) = (ts.cell(row, "TSVALCD"), ts.cell(row, "TSVCDREF"));
        (*code != Cell::Missing) != (*system != Cell::Missing)
    });
    rules.rule("T5.6", "CG0265", "A coded value names its terminology.", ts.rows.len(), uncoded);
}
