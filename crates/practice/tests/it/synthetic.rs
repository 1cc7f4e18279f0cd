use std::collections::BTreeSet;

use model::Time;
use practice::fhir::{About, Resource, Type};
use practice::synthetic::{Generated, Random, Sizes, practice};

use crate::now;

const SIZES: Sizes = Sizes { patients: 120, practitioners: 4, documents_max: 3 };

fn made() -> Vec<Generated> {
    practice(7, now(), SIZES)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    assert_eq!(made(), made());
    assert_ne!(made(), practice(8, now(), SIZES));
    // Frozen, so that a screenshot or a report can be made again.
    assert_eq!(Random::of_seed(0).next(), 0xe220_a839_7b1d_cdaf);
}

#[test]
fn everything_made_is_valid_r4_and_marked_as_test_data() {
    for one in made() {
        let resource = Resource::read(one.text.as_bytes(), now()).unwrap_or_else(|no| panic!("{no:?}\n{}", one.text));
        assert_eq!((resource.of(), resource.id()), (one.of, Some(one.id.clone())));
        let tags = resource.root().follow(&["meta", "tag", "code"]);
        assert!(tags.iter().any(|tag| tag.text().unwrap() == "HTEST"));
        assert_eq!(one.id.record(one.of).to_string(), one.id.as_str(), "a generated id is its record's own");
    }
}

#[test]
fn nobody_made_can_be_taken_for_somebody_real() {
    let mut numbers = BTreeSet::new();
    for one in made().iter().filter(|one| one.of == Type::Patient) {
        let patient = Resource::kept(&one.text).unwrap();
        let nhs = patient
            .root()
            .follow(&["identifier"])
            .into_iter()
            .find(|identifier| identifier.member_text("system").unwrap() == "https://fhir.nhs.uk/Id/nhs-number");
        let nhs = nhs.unwrap().member_text("value").unwrap().into_owned();
        assert!(nhs.starts_with("999") && nhs.len() == 10);
        let weighted: u32 = nhs.chars().zip((1..=10).rev()).map(|(c, by)| c.to_digit(10).unwrap() * by).sum();
        assert_eq!(weighted % 11, 0, "{nhs}");
        assert!(numbers.insert(nhs));
        for telecom in patient.root().follow(&["telecom"]) {
            let value = telecom.member_text("value").unwrap();
            match &*telecom.member_text("system").unwrap() {
                "phone" => assert!(value.starts_with("01632 960") || value.starts_with("07700 900"), "{value}"),
                "email" => assert!(value.ends_with("@example.org") && value.is_ascii(), "{value}"),
                other => panic!("{other}"),
            }
        }
        for code in patient.root().follow(&["address", "postalCode"]) {
            assert!(code.text().unwrap().starts_with("QZ"));
        }
    }
    assert_eq!(numbers.len(), SIZES.patients);
}

#[test]
fn names_that_trip_software_up_are_among_them() {
    let all: String = made().into_iter().map(|one| one.text).collect();
    for name in ["O'Brien", "\"Null\"", "van der Berg", "李", "Ó Súilleabháin", "Featherstonehaugh-Cholmondeley"] {
        assert!(all.contains(name), "{name}");
    }
}

#[test]
fn every_reference_points_back_and_every_document_is_about_its_patient() {
    let mut before = BTreeSet::new();
    for one in made() {
        let resource = Resource::kept(&one.text).unwrap();
        for part in one.text.split("\"reference\":\"").skip(1) {
            let target = part.split('"').next().unwrap();
            assert!(before.contains(target), "{target}");
        }
        match one.of {
            Type::Binary | Type::DocumentReference => assert!(matches!(resource.about(), About::Patient(_))),
            Type::Patient | Type::Practitioner => {}
        }
        before.insert(format!("{}/{}", one.of, one.id));
    }
    assert!(before.iter().any(|name| name.starts_with("Binary/")));
}

#[test]
fn all_ages_are_there_on_any_day() {
    for day in ["2026-11-21T12:00:00Z", "2031-02-28T00:00:00Z"] {
        let today: Time = day.parse().unwrap();
        let mut years = BTreeSet::new();
        for one in practice(3, today, Sizes { patients: 400, practitioners: 1, documents_max: 0 }) {
            let resource = Resource::read(one.text.as_bytes(), today).unwrap();
            if let Some(born) = resource.root().member_text("birthDate") {
                years.insert(born[..4].parse::<i32>().unwrap());
            }
        }
        let this_year: i32 = day[..4].parse().unwrap();
        assert!(years.iter().any(|year| this_year - year < 10), "children");
        assert!(years.iter().any(|year| this_year - year > 80), "the old");
        assert!(years.len() > 60);
    }
}
