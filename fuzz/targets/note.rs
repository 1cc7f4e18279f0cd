//! Signed notes, verifying keys and checkpoints: strict readers whose text is the only spelling.
#![no_main]

use std::sync::LazyLock;

use ledger::Checkpoint;
use ledger::note::{self, SigningKey, VerifyingKey};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_seed("fuzz.example/log", &[7; 32]).expect("a key from a seed"));

fuzz_target!(|text: &str| {
    let keys = [KEY.verifying_key().clone()];
    assert!(note::open(text, &keys).is_err(), "noise is a note that we signed");
    if let Ok(key) = VerifyingKey::from_text(text) {
        assert_eq!(key.to_text(), text, "a key has one spelling");
    }
    if let Ok(checkpoint) = Checkpoint::from_text(text) {
        assert_eq!(
            Checkpoint::from_text(&checkpoint.to_text()).as_ref(),
            Ok(&checkpoint),
            "a checkpoint survives its text"
        );
    }
    if let Ok(signed) = KEY.sign(text) {
        let opened = note::open(&signed, &keys).expect("our own note opens");
        assert_eq!(opened.text, text, "a signed text is kept as it came");
    }
});
