//! Tests of the practice, one module for each part.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails here; these lints only know functions that are marked as tests"
)]

mod bundle;
mod examples;
mod json;
mod outcome;
mod resource;
mod search;
mod synthetic;

use model::{Refusal, Time};
use practice::fhir::Resource;

/// The day of these tests.
fn now() -> Time {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

const PATIENT: &str = include_str!("../fixtures/patient.json");
const PRACTITIONER: &str = include_str!("../fixtures/practitioner.json");
const DOCUMENT: &str = include_str!("../fixtures/document.json");
const BINARY: &str = include_str!("../fixtures/binary.json");
const TRANSACTION: &str = include_str!("../fixtures/transaction.json");

fn read(text: &str) -> Resource {
    Resource::read(text.as_bytes(), now()).unwrap_or_else(|no| panic!("{no}: {:?}", no.problems))
}

fn refused(text: &str) -> Refusal {
    Resource::read(text.as_bytes(), now()).expect_err("this should be refused")
}

/// Asserts that `text` is refused at `path`, with words that hold `words`.
fn refused_at(text: &str, path: &str, words: &str) {
    let no = refused(text);
    let found = no.problems.iter().any(|problem| problem.path == path && problem.words.contains(words));
    assert!(found, "expected {path}: …{words}…, found {:?}", no.problems);
}
