//! Wrapped keys: what can be read is written back the same, and noise unwraps to no key.
#![no_main]

use candor_fuzz::{KEYS, OUTSIDE, SUBJECT, take};
use libfuzzer_sys::fuzz_target;
use seal::WrappedKey;

fuzz_target!(|noise: &[u8]| {
    if let Ok(wrapped) = WrappedKey::from_bytes(noise) {
        assert_eq!(wrapped.as_bytes(), noise, "a wrapped key is kept as it came");
        assert!(KEYS.tenant.open_subject(SUBJECT, &wrapped).is_err(), "noise unwraps to a key");
    }

    let mut rest = noise;
    let [flip, at] = take(&mut rest);
    let (_, wrapped) = KEYS.tenant.new_subject(SUBJECT, &OUTSIDE).expect("a new key");
    let mut bytes = wrapped.as_bytes().to_vec();
    let at = usize::from(at) % bytes.len();
    bytes[at] ^= flip.max(1);
    if let Ok(changed) = WrappedKey::from_bytes(bytes) {
        assert!(KEYS.tenant.open_subject(SUBJECT, &changed).is_err(), "it unwraps with byte {at} changed");
    }
});
