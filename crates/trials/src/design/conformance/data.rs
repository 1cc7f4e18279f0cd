//! Rules over all datasets, and over what the synthetic subjects did.

use std::collections::{BTreeMap, BTreeSet};

use super::trial_design::pairs;
use super::{Rules, Whole};
use crate::design::dataset::{Cell, Dataset};
use crate::design::time::parse_date;

pub(super) fn run(whole: &Whole, rules: &mut Rules) {
    let mut broken = Vec::new();
    let mut checked = 0;
    for dataset in whole.datasets {
        for (at, column) in dataset.columns.iter().enumerate().filter(|(_, column)| column.core == "Req") {
            checked += dataset.rows.len();
            let empty = dataset.rows.iter().filter(|row| row.get(at).is_none_or(|cell| *cell == Cell::Missing)).count();
            if empty > 0 {
                broken.push((format!("{}.{}", dataset.name, column.name), format!("{empty} records have no value.")));
            }
        }
    }
    rules.rule("T1.1", "SDTMIG 3.4", "Required variables have a value in every record.", checked, broken);
    unique(whole, rules);
    sizes(whole, rules);
    windows(whole, rules);
    passage(whole, rules);
    for dataset in whole.datasets {
        let (point, number) = (format!("{}TPT", dataset.name), format!("{}TPTNUM", dataset.name));
        if dataset.at(&point).is_some() && dataset.at(&number).is_some() {
            pairs(dataset, &number, &point, "X4.4", rules);
        }
    }
}

fn unique(whole: &Whole, rules: &mut Rules) {
    let mut broken = Vec::new();
    for dataset in whole.datasets {
        let keys: Vec<usize> = dataset.keys.iter().filter_map(|key| dataset.at(key)).collect();
        let mut seen = BTreeSet::new();
        for row in &dataset.rows {
            let key: Vec<String> = keys.iter().filter_map(|at| row.get(*at)).map(Cell::shown).collect();
            if !seen.insert(key.clone()) {
                broken.push((dataset.name.clone(), format!("Two records have the key {}.", key.join(", "))));
            }
        }
    }
    let records = whole.datasets.iter().map(|dataset| dataset.rows.len()).sum();
    rules.rule("D3.1", "Define-XML 2.1", "No two records of a dataset have the same key.", records, broken);
}

fn sizes(whole: &Whole, rules: &mut Rules) {
    let columns =
        || whole.datasets.iter().flat_map(|dataset| dataset.columns.iter().map(move |column| (dataset, column)));
    let long = columns().filter(|(_, column)| column.name.len() > 8 || column.label.len() > 40);
    let long = long.map(|(dataset, column)| {
        (format!("{}.{}", dataset.name, column.name), "Name or label is too long.".to_owned())
    });
    let words = "Names have 8 characters at most, labels 40, texts 200 bytes of printable ASCII.";
    let mut broken: Vec<(String, String)> = long.collect();
    for dataset in whole.datasets {
        for cell in dataset.rows.iter().flatten() {
            if let Cell::Text(text) = cell
                && (text.len() > 200 || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
            {
                broken.push((dataset.name.clone(), "A text is too long or not ASCII.".to_owned()));
            }
        }
    }
    rules.rule("X2", "SAS transport version 5", words, columns().count(), broken);
}

fn day(dataset: &Dataset, row: &[Cell], name: &str) -> Option<i64> {
    parse_date(&dataset.cell(row, name).shown())
}

fn windows(whole: &Whole, rules: &mut Rules) {
    let Some(visits) = whole.datasets.iter().find(|dataset| dataset.name == "SV") else { return };
    let planned: BTreeMap<String, (i32, i32)> =
        whole.schedule.visits.iter().filter_map(|visit| Some((visit.name.clone(), visit.window?))).collect();
    let mut broken = Vec::new();
    let mut checked = 0;
    for row in &visits.rows {
        let Some((low, high)) = planned.get(&visits.cell(row, "VISIT").shown()) else { continue };
        let Cell::Number(day) = visits.cell(row, "SVSTDY") else { continue };
        checked += 1;
        if *day < f64::from(*low) || *day > f64::from(*high) {
            let subject = visits.cell(row, "USUBJID").shown();
            broken.push((format!("SV {subject}"), format!("Day {day} is outside {low} to {high}.")));
        }
    }
    rules.rule("X4.1", "TV against SV", "Synthetic visits lie inside their windows.", checked, broken);
}

fn passage(whole: &Whole, rules: &mut Rules) {
    let named = |name: &str| whole.datasets.iter().find(|dataset| dataset.name == name);
    let (Some(dm), Some(se), Some(ta)) = (named("DM"), named("SE"), named("TA")) else { return };
    let planned: BTreeSet<(String, String, String)> = ta
        .rows
        .iter()
        .map(|row| (ta.cell(row, "ARMCD").shown(), ta.cell(row, "TAETORD").shown(), ta.cell(row, "ETCD").shown()))
        .collect();
    let arm: BTreeMap<String, String> =
        dm.rows.iter().map(|row| (dm.cell(row, "USUBJID").shown(), dm.cell(row, "ARMCD").shown())).collect();
    let mut broken = Vec::new();
    for row in &se.rows {
        let subject = se.cell(row, "USUBJID").shown();
        let code = arm.get(&subject).cloned().unwrap_or_default();
        let step = (code.clone(), se.cell(row, "TAETORD").shown(), se.cell(row, "ETCD").shown());
        if !code.is_empty() && !planned.contains(&step) {
            broken.push((format!("SE {subject}"), format!("{} is not planned in {code}.", step.2)));
        }
        if day(se, row, "SESTDTC") > day(se, row, "SEENDTC") {
            broken.push((format!("SE {subject}"), "An element ends before it begins.".to_owned()));
        }
    }
    rules.rule(
        "X4.2",
        "TA against SE",
        "Synthetic subjects pass the elements of their arm, in order.",
        se.rows.len(),
        broken,
    );
    let mut broken = Vec::new();
    if let Some(ex) = named("EX") {
        for row in &ex.rows {
            let subject = ex.cell(row, "USUBJID").shown();
            let own = dm.rows.iter().find(|row| dm.cell(row, "USUBJID").shown() == subject);
            let first = own.and_then(|row| day(dm, row, "RFXSTDTC"));
            if day(ex, row, "EXSTDTC") < first || day(ex, row, "EXSTDTC") > day(ex, row, "EXENDTC") {
                broken.push((
                    format!("EX {subject}"),
                    "Exposure lies before its reference or ends before it begins.".to_owned(),
                ));
            }
        }
        rules.rule(
            "X4.3",
            "DM against EX",
            "Synthetic exposure agrees with the reference dates.",
            ex.rows.len(),
            broken,
        );
    }
}
