//! The gates change nothing: any request gets the same rules, score and decision with and without them.
#![no_main]

use std::sync::LazyLock;

use candor_fuzz::request_of;
use libfuzzer_sys::fuzz_target;
use shield::{Gates, Inspector, Mode, Settings};

fn house(gates: Gates) -> Inspector {
    Inspector::built_in(Settings { gates, mode: Mode::Observe, ..Settings::default() }).expect("own rules")
}

static GATED: LazyLock<Inspector> = LazyLock::new(|| house(Gates::On));
static PLAIN: LazyLock<Inspector> = LazyLock::new(|| house(Gates::Off));

fuzz_target!(|noise: &[u8]| {
    if noise.len() > 4096 {
        return; // without gates every operator runs everywhere
    }
    request_of(noise, |request| {
        let (gated, plain) = (GATED.inspect(request), PLAIN.inspect(request));
        assert_eq!((gated.ids(), gated.score, gated.decision), (plain.ids(), plain.score, plain.decision));
    });
});
