//! Bodies from outside in every form that is read: each inspection ends, within its limits, with a verdict.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shield::{Inspector, Request, Settings};

static HOUSE: LazyLock<Inspector> = LazyLock::new(|| Inspector::built_in(Settings::default()).expect("own rules"));

const TYPES: [&[u8]; 6] = [
    b"application/fhir+json",
    b"application/xml",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"text/plain",
    b"",
];

fuzz_target!(|noise: &[u8]| {
    let Some((first, body)) = noise.split_first() else { return };
    let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", TYPES[usize::from(*first) % TYPES.len()])];
    let verdict = HOUSE.inspect(&Request { headers: &headers, body, ..Request::new(b"POST", b"/") });
    for place in verdict.hits.iter().flat_map(|hit| &hit.places) {
        assert!(place.excerpt.danger_plain().len() <= shield::EXCERPT_BYTES_MAX);
    }
});
