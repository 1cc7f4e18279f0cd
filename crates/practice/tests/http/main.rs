//! The practice over HTTP, in one process: the interface for programs and the pages for people.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that cannot go on fails here; these lints only know functions that are marked as tests"
)]

mod binary;
mod bundle;
mod find;
mod furnish;
mod house;
mod one;
mod pages;
mod refusals;
mod roles;

use house::House;

const PATIENT: &str = include_str!("../fixtures/patient.json");
const TRANSACTION: &str = include_str!("../fixtures/transaction.json");

/// A patient with a family name and a date of birth.
fn patient(family: &str, born: &str) -> String {
    format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}","given":["Sam"]}}],"birthDate":"{born}"}}"#)
}

/// The same under an id.
fn patient_of(id: &str, family: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}],"birthDate":"1988-03-04"}}"#)
}
