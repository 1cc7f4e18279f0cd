//! The rules of the house, over ordinary requests and attacks.

use crate::attacks;
use crate::benign::{self, Dice};
use shield::{Inspector, Settings};
use std::collections::BTreeMap;

fn house() -> Inspector {
    Inspector::built_in(Settings::default()).unwrap()
}

#[test]
fn no_ordinary_request_is_blocked() {
    let inspector = house();
    let mut blocked: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for seed in 0..20_000 {
        let verdict = benign::request(&mut Dice::new(seed + 1)).inspect(&inspector);
        for hit in verdict.hits {
            let place = &hit.places[0];
            let shown =
                format!("seed {seed}: {} {:?}", place.name, String::from_utf8_lossy(place.excerpt.danger_plain()));
            let entry = blocked.entry(format!("{} {}", hit.rule, hit.message)).or_insert((0, shown));
            entry.0 += 1;
        }
        if verdict.score >= 5 && !matches!(verdict.decision, shield::Decision::Block(_)) {
            panic!("a score without a verdict");
        }
    }
    assert!(blocked.is_empty(), "{blocked:#?}");
}

fn caught(make: impl Fn(&mut Dice, &str) -> benign::Made) -> (usize, usize, Vec<String>) {
    let inspector = house();
    let (mut total, mut caught, mut missed) = (0, 0, Vec::new());
    for (index, (family, payload)) in attacks::all().enumerate() {
        total += 1;
        if make(&mut Dice::new(index as u64 + 1), payload).inspect(&inspector).blocks() {
            caught += 1;
        } else {
            missed.push(format!("{family}: {payload}"));
        }
    }
    (caught, total, missed)
}

fn check(place: &str, make: impl Fn(&mut Dice, &str) -> benign::Made) {
    let (caught, total, missed) = caught(make);
    println!("{place}: {caught} of {total} caught");
    missed.iter().for_each(|missed| println!("  missed {missed}"));
    assert!(caught * 100 >= total * 90, "{place}: only {caught} of {total}: {missed:#?}");
}

#[test]
fn nine_of_ten_attacks_are_caught_in_a_search() {
    check("search", benign::search_with);
}

#[test]
fn nine_of_ten_attacks_are_caught_in_a_form() {
    check("form", benign::form_with);
}

#[test]
fn nine_of_ten_attacks_are_caught_alone_in_a_field_of_a_record() {
    check("record", |dice, attack| benign::record_with(dice, attack, false));
}

#[test]
fn the_same_record_without_the_attack_passes() {
    let inspector = house();
    for seed in 0..500 {
        let made = benign::record_with(&mut Dice::new(seed), "stable, review in 2 weeks", true);
        assert_eq!(made.inspect(&inspector).ids(), Vec::<u32>::new());
    }
}

#[test]
fn an_attack_beside_an_ordinary_note_is_caught_in_most_cases() {
    let (caught, total, missed) = caught(|dice, attack| benign::record_with(dice, attack, true));
    println!("beside a note: {caught} of {total} caught");
    missed.iter().for_each(|missed| println!("  beside {missed}"));
    assert!(caught * 100 >= total * 75, "{missed:#?}");
}
