//! The strict JSON reader: what it accepts it keeps byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use practice::fhir::json::{Document, Limits, compact};

fuzz_target!(|noise: &[u8]| {
    let Ok(document) = Document::read(noise, &Limits::RESOURCE) else { return };
    assert_eq!(document.text().as_bytes(), noise, "accepted text is kept as it came");
    let packed = compact(document.text());
    assert!(packed.len() <= noise.len(), "compacting adds nothing");
    let again = Document::read(packed.as_bytes(), &Limits::RESOURCE).expect("compact text is readable");
    assert_eq!(again.nodes(), document.nodes(), "compacting loses no value");
    assert!(again.root().says_the_same_as(document.root()), "compacting changes no value");
});
