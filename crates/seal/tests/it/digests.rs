use std::collections::BTreeSet;

use model::RecordId;
use seal::Place;

use crate::house::{House, KIND, place, subject, tenant};

#[test]
fn equal_terms_of_one_field_meet_and_all_others_stay_apart() {
    let house = House::new(60);
    let (other_tenant, _) = house.environment.new_tenant(tenant(2), &house.outside).unwrap();
    let digest = |kind: &str, field: &str, term: &str| house.tenant.term_digest(kind, field, term.as_bytes());
    assert_eq!(digest(KIND, "name", "ada"), digest(KIND, "name", "ada"));
    let apart = BTreeSet::from([
        digest(KIND, "name", "ada"),
        digest(KIND, "name", "ad"),
        digest(KIND, "name", ""),
        digest(KIND, "names", "ada"),
        digest("practice.noten", "ame", "ada"),
        digest("practice.patient", "name", "ada"),
        other_tenant.term_digest(KIND, "name", b"ada"),
    ]);
    assert_eq!(apart.len(), 7);
}

#[test]
fn lookups_are_apart_for_every_purpose_and_tenant() {
    let house = House::new(61);
    let (other_tenant, _) = house.environment.new_tenant(tenant(2), &house.outside).unwrap();
    let apart = BTreeSet::from([
        house.tenant.lookup_digest("once", b"key"),
        house.tenant.lookup_digest("oncek", b"ey"),
        house.tenant.lookup_digest("", b"oncekey"),
        other_tenant.lookup_digest("once", b"key"),
    ]);
    assert_eq!(apart.len(), 4);
    assert_eq!(house.tenant.lookup_digest("once", b"key"), house.tenant.lookup_digest("once", b"key"));
}

#[test]
fn a_subject_has_another_pseudonym_in_every_tenant() {
    let house = House::new(62);
    let (other_tenant, _) = house.environment.new_tenant(tenant(2), &house.outside).unwrap();
    assert_eq!(house.tenant.subject_digest(subject(1)), house.tenant.subject_digest(subject(1)));
    assert_ne!(house.tenant.subject_digest(subject(1)), house.tenant.subject_digest(subject(2)));
    assert_ne!(house.tenant.subject_digest(subject(1)), other_tenant.subject_digest(subject(1)));
}

#[test]
fn a_content_digest_changes_with_content_place_and_person() {
    let house = House::new(63);
    let (other, _) = house.tenant.new_subject(subject(2), &house.outside).unwrap();
    let digest = |place: &Place<'_>, plain: &[u8]| house.subject.content_digest(place, plain).unwrap();
    let apart = BTreeSet::from([
        digest(&place(1), b"x"),
        digest(&place(1), b"y"),
        digest(&Place { version: 4, ..place(1) }, b"x"),
        digest(&Place { id: RecordId::from_bytes([7; 16]), ..place(1) }, b"x"),
        digest(&Place { kind: "practice.patient", ..place(1) }, b"x"),
        other.content_digest(&place(1), b"x").unwrap(),
        house.tenant.own().content_digest(&place(1), b"x").unwrap(),
    ]);
    assert_eq!(apart.len(), 7);
    assert_eq!(digest(&place(1), b"x"), house.reopened().content_digest(&place(1), b"x").unwrap());
}
