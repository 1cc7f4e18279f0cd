//! Measurements: a record for each test of each form at each visit and moment.

use std::collections::{BTreeMap, BTreeSet};

use super::records::push;
use super::{Subject, World, moment, shown};
use crate::design::chance::Chance;
use crate::design::dataset::{Cell, Dataset};
use crate::design::form::{Field, FieldKind, Form};
use crate::design::schedule::{Point, Visit};
use crate::design::standards::{Range, standards};
use crate::design::time::{date, duration};

type Datasets<'d> = BTreeMap<String, &'d mut Dataset>;

pub(crate) fn all(world: &World, subject: &Subject, datasets: &mut Datasets, chance: &mut Chance) {
    let mut measured: BTreeMap<String, Vec<Measured>> = BTreeMap::new();
    for form in world.forms {
        for field in form.groups.iter().flat_map(|group| &group.fields).filter(|field| !field.testcd.is_empty()) {
            if field.variable.ends_with("ORRES") {
                measure(world, subject, form, field, chance, measured.entry(form.domain.clone()).or_default());
            }
        }
    }
    for (domain, mut list) in measured {
        let Some(dataset) = datasets.get_mut(&domain) else { continue };
        flag(subject, &mut list);
        for one in &list {
            record(world, subject, dataset, &domain, one);
        }
    }
}

struct Measured<'a> {
    field: &'a Field,
    form: &'a Form,
    visit: &'a Visit,
    day: i64,
    point: Option<&'a Point>,
    value: String,
    number: Option<f64>,
    range: Option<&'static Range>,
    last_before: bool,
}

fn measure<'a>(
    world: &World<'a>,
    subject: &Subject,
    form: &'a Form,
    field: &'a Field,
    chance: &mut Chance,
    list: &mut Vec<Measured<'a>>,
) {
    let range = standards().ranges.get(&format!("{}.{}", form.domain, field.testcd)).filter(|_| field.range.is_some());
    for (at, day) in subject.visits.iter().filter(|(at, _)| form.visits.contains(at)) {
        let Some(visit) = world.schedule.visits.get(*at) else { continue };
        let cells =
            world.schedule.cells.iter().filter(|cell| cell.visit == *at && form.activities.contains(&cell.activity));
        let mut seen = BTreeSet::new();
        let points = cells.flat_map(|cell| &cell.points).filter(|point| seen.insert((point.minutes, &point.name)));
        let points: Vec<&Point> = points.take(24).collect();
        let moments: Vec<Option<&Point>> =
            if points.is_empty() { vec![None] } else { points.into_iter().map(Some).collect() };
        for point in moments {
            let (value, number) = if field.kind == FieldKind::Text {
                ("NEGATIVE".to_owned(), None)
            } else {
                let (low, high, digits) = range.map_or((1.0, 10.0, 1), |r| (r.usual_low, r.usual_high, r.digits));
                let number = chance.value(low, high, digits);
                (shown(number, digits), Some(number))
            };
            list.push(Measured { field, form, visit, day: *day, point, value, number, range, last_before: false });
        }
    }
}

/// Marks the last result of each test before the first treatment.
fn flag(subject: &Subject, list: &mut [Measured]) {
    let Some(first) = subject.first_dose() else { return };
    let mut last: BTreeMap<(String, String), (i64, i64, usize)> = BTreeMap::new();
    for (at, one) in list.iter().enumerate() {
        if one.day < first {
            let minutes = one.point.map_or(0, |point| point.minutes);
            let key = (one.field.testcd.clone(), specimen(one.field).to_owned());
            let entry = last.entry(key).or_insert((one.day, minutes, at));
            if (one.day, minutes) >= (entry.0, entry.1) {
                *entry = (one.day, minutes, at);
            }
        }
    }
    for (_, _, at) in last.into_values() {
        if let Some(one) = list.get_mut(at) {
            one.last_before = true;
        }
    }
}

fn fixed<'f>(field: &'f Field, tail: &str) -> &'f str {
    let found = field.destinations.iter().find(|destination| destination.variable.get(2..) == Some(tail));
    found.map_or("", |destination| destination.fixed.as_str())
}

fn specimen(field: &Field) -> &str {
    fixed(field, "SPEC")
}

fn record(world: &World, subject: &Subject, dataset: &mut Dataset, domain: &str, one: &Measured) {
    let test = standards().test(domain, &one.field.testcd).map_or("", |test| test.test.as_str());
    let own = |tail: &str| format!("{domain}{tail}");
    // A unit is fixed by the form, or the first that it offers.
    let offered = || {
        let fields = one.form.groups.iter().flat_map(|group| &group.fields);
        let name = one.field.name.replace("ORRES", "ORRESU");
        let unit = fields.into_iter().find(|field| field.name == name)?;
        unit.choices.as_ref()?.choices.first().map(|choice| choice.value.clone())
    };
    let unit = match (one.number, one.field.unit.as_str()) {
        (None, _) => String::new(),
        (_, "") => offered().unwrap_or_default(),
        (_, unit) => unit.to_owned(),
    };
    let position = one.form.groups.iter().flat_map(|group| &group.fields).find(|field| field.name == own("POS"));
    let position = position.map_or("", |field| if field.fixed.is_empty() { "SITTING" } else { &field.fixed });
    let position = if ["SYSBP", "DIABP", "PULSE", "HR"].contains(&one.field.testcd.as_str()) { position } else { "" };
    let when = one.point.map_or_else(|| date(one.day), |point| moment(one.day, point.minutes));
    let number = |value: Option<f64>| value.map_or(Cell::Missing, Cell::Number);
    let bound = |value: f64, digits: usize| shown(value, digits);
    let (low, high) = one.range.map_or((None, None), |range| (Some(range.usual_low), Some(range.usual_high)));
    let digits = one.range.map_or(0, |range| range.digits);
    let mut cells: Vec<(String, Cell)> = vec![
        (own("TESTCD"), Cell::text(&one.field.testcd)),
        (own("TEST"), Cell::text(test)),
        (own("CAT"), Cell::text(fixed(one.field, "CAT"))),
        (own("SPEC"), Cell::text(specimen(one.field))),
        (own("POS"), Cell::text(position)),
        (own("ORRES"), Cell::text(&one.value)),
        (own("ORRESU"), Cell::text(&unit)),
        (own("STRESC"), Cell::text(&one.value)),
        (own("STRESN"), number(one.number)),
        (own("STRESU"), Cell::text(&unit)),
        (own("LOBXFL"), Cell::text(if one.last_before { "Y" } else { "" })),
        ("VISITNUM".to_owned(), Cell::number(one.visit.number)),
        ("VISIT".to_owned(), Cell::text(&one.visit.name)),
        ("VISITDY".to_owned(), Cell::some(one.visit.day)),
        ("EPOCH".to_owned(), subject.epoch(one.day)),
        (own("DTC"), Cell::text(&when)),
        (own("DY"), subject.study_day(one.day)),
    ];
    if domain == "LB" {
        cells.extend([
            (own("ORNRLO"), Cell::text(&low.map_or(String::new(), |low| bound(low, digits)))),
            (own("ORNRHI"), Cell::text(&high.map_or(String::new(), |high| bound(high, digits)))),
            (own("STNRLO"), number(low)),
            (own("STNRHI"), number(high)),
            (own("NRIND"), Cell::text(if one.range.is_some() { "NORMAL" } else { "" })),
        ]);
    }
    let planned = one.point.and_then(|point| Some((point, world.points.get(&(point.minutes, point.name.clone()))?)));
    if let Some((point, (at, name))) = planned {
        cells.extend([
            (own("TPT"), Cell::text(name)),
            (own("TPTNUM"), Cell::some(u32::try_from(*at).ok())),
            (own("ELTM"), Cell::text(&duration(point.minutes))),
            (own("TPTREF"), Cell::text("START OF VISIT PROCEDURES")),
        ]);
    }
    let cells: Vec<(&str, Cell)> = cells.iter().map(|(name, cell)| (name.as_str(), cell.clone())).collect();
    push(world, subject, dataset, &cells);
}
