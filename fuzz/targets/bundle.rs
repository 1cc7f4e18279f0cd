//! A FHIR Bundle from outside: accepted means it settles into steps, each entry at most once, or is refused.
#![no_main]

use candor_fuzz::NOW;
use libfuzzer_sys::fuzz_target;
use practice::fhir::FhirId;
use practice::fhir::bundle::Draft;

fuzz_target!(|noise: &[u8]| {
    let Ok(draft) = Draft::read(noise, NOW) else { return };
    let entries = draft.len();
    if !draft.conditions().is_empty() {
        return; // what they would find stands in a store, and there is none here
    }
    let mut count = 0;
    let mut fresh = || {
        count += 1;
        FhirId::parse(&format!("fresh-{count}")).expect("a plain id")
    };
    let Ok(settled) = draft.settle(&[], &mut fresh) else { return };
    let mut seen = vec![false; entries];
    for step in &settled.steps {
        assert!(!std::mem::replace(&mut seen[step.entry], true), "entry {} is done twice", step.entry);
    }
});
