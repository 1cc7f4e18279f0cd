//! Records that are no measurements: who the subject is, when it came, what it took, what happened.

use std::collections::BTreeMap;

use super::{Course, Subject, World, day};
use crate::design::chance::Chance;
use crate::design::dataset::{Cell, Dataset};
use crate::design::standards::standards;
use crate::design::time::date;
use crate::design::words::{ascii, cut};

type Datasets<'d> = BTreeMap<String, &'d mut Dataset>;

pub(crate) fn all(world: &World, subject: &Subject, datasets: &mut Datasets, chance: &mut Chance) {
    demographics(world, subject, datasets, chance);
    visits(world, subject, datasets);
    elements(world, subject, datasets);
    disposition(world, subject, datasets);
    exposure(world, subject, datasets);
    events(world, subject, datasets, chance);
    criteria(world, subject, datasets);
}

/// A record with what every record about a subject has.
pub(crate) fn push(world: &World, subject: &Subject, dataset: &mut Dataset, cells: &[(&str, Cell)]) {
    let name = dataset.name.clone();
    let mut all = vec![
        ("STUDYID", Cell::text(&world.study.identifier)),
        ("DOMAIN", Cell::text(&name)),
        ("USUBJID", Cell::text(&subject.id)),
    ];
    all.extend(cells.iter().cloned());
    dataset.push(&all);
}

fn demographics(world: &World, subject: &Subject, datasets: &mut Datasets, chance: &mut Chance) {
    let Some(dataset) = datasets.get_mut("DM") else { return };
    let population = &world.study.design.population;
    let years =
        |quantity: &Option<crate::design::usdm::model::Quantity>| quantity.as_ref().map(|quantity| quantity.value);
    let low = years(&population.age_min).map_or(18, |years| years as i64).clamp(0, 100);
    let high = years(&population.age_max).map_or(low + 40, |years| years as i64).clamp(low, 100).min(low + 40);
    let age = chance.between(low, high.max(low));
    let sex = match population.sexes.as_slice() {
        [only] if only.code == "C16576" => "F",
        [only] if only.code == "C20197" => "M",
        _ => chance.pick(&["F", "M"]).copied().unwrap_or("F"),
    };
    let consent = subject.first_contact();
    // Half a year before the birthday of that age, so that the age holds on every day of the study's beginning.
    let born = consent - age * 365 - age / 4 - 180;
    let race = chance.pick(&["WHITE", "ASIAN", "BLACK OR AFRICAN AMERICAN"]).copied().unwrap_or("WHITE");
    let treated = subject.first_dose().is_some();
    let when = |there: bool, value: i64| if there { day(value) } else { Cell::Missing };
    let (code, arm) = subject.arm.unwrap_or(("", ""));
    let last_dose = subject.exposure.last().map_or(0, |(_, to)| *to);
    push(
        world,
        subject,
        dataset,
        &[
            ("SUBJID", Cell::text(&subject.number)),
            ("RFSTDTC", when(treated, subject.reference().unwrap_or(0))),
            ("RFENDTC", when(treated, subject.last_contact())),
            ("RFXSTDTC", when(treated, subject.first_dose().unwrap_or(0))),
            ("RFXENDTC", when(treated, last_dose)),
            ("RFICDTC", day(consent)),
            ("RFPENDTC", day(subject.last_contact())),
            ("SITEID", Cell::text("901")),
            ("BRTHDTC", day(born)),
            ("AGE", Cell::number(i32::try_from(whole_years(born, consent)).unwrap_or(0))),
            ("AGEU", Cell::text("YEARS")),
            ("SEX", Cell::text(sex)),
            ("RACE", Cell::text(race)),
            ("ETHNIC", Cell::text("NOT HISPANIC OR LATINO")),
            ("ARMCD", Cell::text(code)),
            ("ARM", Cell::text(arm)),
            ("ACTARMCD", Cell::text(code)),
            ("ACTARM", Cell::text(arm)),
            ("ARMNRS", Cell::text(if subject.arm.is_none() { "SCREEN FAILURE" } else { "" })),
            ("COUNTRY", Cell::text("USA")),
            ("DMDTC", day(consent)),
            ("DMDY", subject.study_day(consent)),
        ],
    );
}

/// Completed years between two days.
fn whole_years(born: i64, then: i64) -> i64 {
    let part = |day: i64, from: usize, to: usize| {
        date(day).get(from..to).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    let before = date(then).get(5..).unwrap_or("") < date(born).get(5..).unwrap_or("");
    part(then, 0, 4) - part(born, 0, 4) - i64::from(before)
}

fn visits(world: &World, subject: &Subject, datasets: &mut Datasets) {
    let Some(dataset) = datasets.get_mut("SV") else { return };
    for (at, date) in &subject.visits {
        let Some(visit) = world.schedule.visits.get(*at) else { continue };
        let mode = if visit.remote { "TELEPHONE CALL" } else { "IN PERSON" };
        push(
            world,
            subject,
            dataset,
            &[
                ("VISITNUM", Cell::number(visit.number)),
                ("VISIT", Cell::text(&visit.name)),
                ("SVPRESP", Cell::text("Y")),
                ("SVOCCUR", Cell::text("Y")),
                ("SVCNTMOD", Cell::text(mode)),
                ("VISITDY", Cell::some(visit.day)),
                ("SVSTDTC", day(*date)),
                ("SVENDTC", day(*date)),
                ("SVSTDY", subject.study_day(*date)),
                ("SVENDY", subject.study_day(*date)),
                ("EPOCH", subject.epoch(*date)),
            ],
        );
    }
}

fn elements(world: &World, subject: &Subject, datasets: &mut Datasets) {
    let Some(dataset) = datasets.get_mut("SE") else { return };
    for passed in &subject.elements {
        push(
            world,
            subject,
            dataset,
            &[
                ("ETCD", Cell::text(&passed.step.element.code)),
                ("ELEMENT", Cell::text(&passed.step.element.text)),
                ("TAETORD", Cell::number(passed.step.order)),
                ("EPOCH", Cell::text(&passed.step.epoch.term)),
                ("SESTDTC", day(passed.from)),
                ("SEENDTC", day(passed.to)),
                ("SESTDY", subject.study_day(passed.from)),
                ("SEENDY", subject.study_day(passed.to)),
            ],
        );
    }
}

fn disposition(world: &World, subject: &Subject, datasets: &mut Datasets) {
    let Some(dataset) = datasets.get_mut("DS") else { return };
    let mut rows = vec![("PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", subject.first_contact())];
    if let Some(first) = subject.first_dose().filter(|_| world.study.design.arms.len() > 1) {
        rows.push(("PROTOCOL MILESTONE", "RANDOMIZED", first));
    }
    let end = match subject.course {
        Course::Completes => "COMPLETED",
        Course::Withdraws => "WITHDRAWAL BY SUBJECT",
        Course::FailsScreening => "SCREEN FAILURE",
    };
    rows.push(("DISPOSITION EVENT", end, subject.last_contact()));
    for (category, term, date) in rows {
        push(
            world,
            subject,
            dataset,
            &[
                ("DSTERM", Cell::text(term)),
                ("DSDECOD", Cell::text(term)),
                ("DSCAT", Cell::text(category)),
                ("EPOCH", subject.epoch(date)),
                ("DSSTDTC", day(date)),
                ("DSSTDY", subject.study_day(date)),
            ],
        );
    }
}

fn exposure(world: &World, subject: &Subject, datasets: &mut Datasets) {
    let Some(dataset) = datasets.get_mut("EX") else { return };
    let placebo = subject.arm.is_some_and(|(code, text)| format!("{code} {text}").to_lowercase().contains("placebo"));
    let experimental = world.study.interventions.iter();
    let mut treatments = experimental.filter(|one| one.role.as_ref().is_none_or(|role| role.code == "C41161"));
    let intervention = treatments.next().or(world.study.interventions.first());
    let administration = intervention.and_then(|one| one.administrations.first());
    let name = intervention.map(|one| one.named.title()).filter(|name| !ascii(name).is_empty());
    let name = name.unwrap_or("STUDY TREATMENT");
    let dose = administration.and_then(|one| one.dose.as_ref());
    let term = |list: &str, code: Option<&str>, usual: &str| {
        let found = code.and_then(|code| standards().term(list, code));
        Cell::text(found.map_or(usual, |term| term.value.as_str()))
    };
    let treatment = if placebo { "PLACEBO".to_owned() } else { cut(&ascii(name).to_uppercase(), 200).0.to_owned() };
    for (from, to) in &subject.exposure {
        push(
            world,
            subject,
            dataset,
            &[
                ("EXTRT", Cell::text(&treatment)),
                ("EXDOSE", Cell::number(if placebo { 0.0 } else { dose.map_or(1.0, |dose| dose.value) })),
                ("EXDOSU", term("UNIT", dose.map(|dose| dose.unit.code.as_str()), "mg")),
                ("EXDOSFRM", Cell::text("TABLET")),
                (
                    "EXDOSFRQ",
                    term("FREQ", administration.and_then(|one| one.frequency.as_ref()).map(|c| c.code.as_str()), "QD"),
                ),
                (
                    "EXROUTE",
                    term("ROUTE", administration.and_then(|one| one.route.as_ref()).map(|c| c.code.as_str()), "ORAL"),
                ),
                ("EPOCH", subject.epoch(*from)),
                ("EXSTDTC", day(*from)),
                ("EXENDTC", day(*to)),
                ("EXSTDY", subject.study_day(*from)),
                ("EXENDY", subject.study_day(*to)),
            ],
        );
    }
}

fn events(world: &World, subject: &Subject, datasets: &mut Datasets, chance: &mut Chance) {
    let terms = ["HEADACHE", "NAUSEA", "DIZZINESS", "FATIGUE", "COUGH"];
    if let (Some(dataset), Some(first)) = (datasets.get_mut("AE"), subject.first_dose()) {
        let room = (subject.last_contact() - first).max(0);
        let from = first + chance.between(0, room);
        let to = (from + chance.between(0, 5)).min(subject.last_contact()).max(from);
        let term = chance.pick(&terms).copied().unwrap_or("HEADACHE");
        push(
            world,
            subject,
            dataset,
            &[
                ("AETERM", Cell::text(term)),
                ("AEDECOD", Cell::text(term)),
                ("AESEV", Cell::text(chance.pick(&["MILD", "MODERATE"]).copied().unwrap_or("MILD"))),
                ("AESER", Cell::text("N")),
                ("AEREL", Cell::text("NOT RELATED")),
                ("AEACN", Cell::text("DOSE NOT CHANGED")),
                ("AEOUT", Cell::text("RECOVERED/RESOLVED")),
                ("EPOCH", subject.epoch(from)),
                ("AESTDTC", day(from)),
                ("AEENDTC", day(to)),
                ("AESTDY", subject.study_day(from)),
                ("AEENDY", subject.study_day(to)),
            ],
        );
        if let Some(dataset) = datasets.get_mut("CM") {
            push(
                world,
                subject,
                dataset,
                &[
                    ("CMTRT", Cell::text("PARACETAMOL")),
                    ("CMINDC", Cell::text(term)),
                    ("CMDOSE", Cell::number(500)),
                    ("CMDOSU", Cell::text("mg")),
                    ("CMROUTE", Cell::text("ORAL")),
                    ("EPOCH", subject.epoch(from)),
                    ("CMSTDTC", day(from)),
                    ("CMENDTC", day(to)),
                    ("CMSTDY", subject.study_day(from)),
                    ("CMENDY", subject.study_day(to)),
                ],
            );
        }
    }
    if let Some(dataset) = datasets.get_mut("MH") {
        let from = subject.first_contact() - chance.between(400, 4000);
        let term = chance.pick(&["HYPERTENSION", "SEASONAL ALLERGY", "MIGRAINE"]).copied().unwrap_or("MIGRAINE");
        let cells = [
            ("MHTERM", Cell::text(term)),
            ("MHCAT", Cell::text("GENERAL MEDICAL HISTORY")),
            ("MHSTDTC", day(from)),
            ("MHSTDY", subject.study_day(from)),
        ];
        push(world, subject, dataset, &cells);
    }
}

fn criteria(world: &World, subject: &Subject, datasets: &mut Datasets) {
    let Some(dataset) = datasets.get_mut("IE") else { return };
    let Some(criterion) = world.study.design.criteria.first().filter(|_| subject.course == Course::FailsScreening)
    else {
        return;
    };
    let answer = if criterion.inclusion { "N" } else { "Y" };
    let (at, date) = subject.visits.first().copied().unwrap_or((0, subject.anchor));
    let visit = world.schedule.visits.get(at);
    push(
        world,
        subject,
        dataset,
        &[
            ("IETESTCD", Cell::text(&criterion.code)),
            ("IETEST", Cell::text(&criterion.text)),
            ("IECAT", Cell::text(if criterion.inclusion { "INCLUSION" } else { "EXCLUSION" })),
            ("IEORRES", Cell::text(answer)),
            ("IESTRESC", Cell::text(answer)),
            ("VISITNUM", Cell::some(visit.map(|visit| visit.number))),
            ("VISIT", Cell::text(visit.map_or("", |visit| &visit.name))),
            ("VISITDY", Cell::some(visit.and_then(|visit| visit.day))),
            ("EPOCH", subject.epoch(date)),
            ("IEDTC", day(date)),
            ("IEDY", subject.study_day(date)),
        ],
    );
}
