//! Whole requests from outside: target, headers and body of any bytes; each inspection ends with a verdict.
#![no_main]

use std::sync::LazyLock;

use candor_fuzz::request_of;
use libfuzzer_sys::fuzz_target;
use shield::{Inspector, Settings};

static HOUSE: LazyLock<Inspector> = LazyLock::new(|| Inspector::built_in(Settings::default()).expect("own rules"));

fuzz_target!(|noise: &[u8]| {
    request_of(noise, |request| {
        let verdict = HOUSE.inspect(request);
        assert_eq!(verdict.blocks(), HOUSE.inspect(request).blocks(), "the same request twice");
    });
});
