//! Proofs: noise proves nothing, and never takes more steps than a proof may have.
#![no_main]

use candor_fuzz::take;
use ledger::{leaf_hash, proof, verify_consistency, verify_inclusion};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|noise: &[u8]| {
    let mut rest = noise;
    let small = u64::from(u16::from_be_bytes(take(&mut rest)));
    let large = u64::from_be_bytes(take(&mut rest));
    let root = take::<32>(&mut rest);
    let Ok(hashes) = proof::from_bytes(rest) else { return };
    assert_eq!(proof::to_bytes(hashes), rest, "a proof is kept as it came");
    for (index, size) in [(small, large), (large, small), (0, 1), (small, small.saturating_add(1))] {
        let leaf = leaf_hash(noise);
        assert!(verify_inclusion(&leaf, index, size, hashes, &root).is_err(), "noise proves inclusion");
        let other = leaf_hash(&root);
        if index != 0 && index != size {
            assert!(verify_consistency((index, &other), (size, &root), hashes).is_err(), "noise proves consistency");
        }
    }
});
