//! Sealed records: noise never opens, and no changed envelope does.
#![no_main]

use candor_fuzz::{KEYS, OUTSIDE, PLACE, take};
use libfuzzer_sys::fuzz_target;
use seal::{ENVELOPE_OVERHEAD, Place};

fuzz_target!(|noise: &[u8]| {
    assert!(KEYS.subject.open(&PLACE, noise).is_err(), "noise opens as a record");

    let mut rest = noise;
    let [flip] = take(&mut rest);
    let at = u32::from_be_bytes(take(&mut rest)) as usize;
    let mut sealed = KEYS.subject.seal(&PLACE, rest, &OUTSIDE).expect("sealing works");
    assert_eq!(sealed.len(), rest.len() + ENVELOPE_OVERHEAD, "the overhead is as stated");
    assert_eq!(KEYS.subject.open(&PLACE, &sealed).expect("it opens in its place"), rest);

    let next = Place { version: PLACE.version + 1, ..PLACE };
    assert!(KEYS.subject.open(&next, &sealed).is_err(), "it opens in another place");
    assert!(KEYS.tenant.own().open(&PLACE, &sealed).is_err(), "it opens under another key");

    let at = at % sealed.len();
    sealed[at] ^= flip.max(1);
    assert!(KEYS.subject.open(&PLACE, &sealed).is_err(), "it opens with byte {at} changed");
});
