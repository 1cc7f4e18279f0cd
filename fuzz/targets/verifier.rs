//! Password verifiers in PHC text: what can be read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seal::password::Verifier;

fuzz_target!(|text: &str| {
    if let Ok(verifier) = Verifier::parse(text) {
        let written = verifier.to_phc();
        let again = Verifier::parse(&written).expect("our own text is readable");
        assert_eq!(again.to_phc(), written, "writing and reading settle");
    }
});
