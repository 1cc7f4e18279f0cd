//! Whatever the bytes, no parser panics, and what parses means itself.

use crate::{ORIGIN, Shelf, key, signed_log};
use ledger::note::{SigningKey, VerifyingKey, open};
use ledger::proof::{from_bytes, tiles_for_consistency, tiles_for_inclusion};
use ledger::tile::Resource;
use ledger::{
    Auditor, Builder, Checkpoint, Edge, Frontier, Hash, HeldTiles, Tile, audit, bundle, consistency_proof,
    inclusion_proof, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

/// Text that looks like a note, a checkpoint, a key or a path now and then.
fn almost() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\u{2014} ".to_owned()),
        Just("log.example/tests ".to_owned()),
        Just("+".to_owned()),
        Just("PRIVATE+KEY+".to_owned()),
        Just("tile/".to_owned()),
        Just("x001/".to_owned()),
        Just(".p/".to_owned()),
        Just("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n".to_owned()),
        "[0-9a-f]{1,20}",
        "[A-Za-z0-9+/]{4}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    proptest::collection::vec(any::<Hash>(), 0..70)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn text_parsers_take_anything(text in almost()) {
        prop_assert!(open(&text, &[key().verifying_key().clone()]).is_err());
        if let Ok(checkpoint) = Checkpoint::from_text(&text) {
            prop_assert_eq!(checkpoint.to_text(), text.clone());
        }
        if let Ok(key) = VerifyingKey::from_text(&text) {
            prop_assert_eq!(key.to_text(), text.clone());
        }
        prop_assert!(SigningKey::from_secret_text(&text).is_err());
        if let Some(resource) = Resource::parse(&text) {
            prop_assert_eq!(resource.path(), text);
        }
    }

    #[test]
    fn byte_parsers_take_anything(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), level: u8, index: u64, width: u16) {
        prop_assert!(bundle::entries(&bytes).count() <= bytes.len());
        if let Ok(frontier) = Frontier::from_bytes(&bytes) {
            prop_assert_eq!(frontier.to_bytes(), bytes.clone());
        }
        if let Ok(proof) = from_bytes(&bytes) {
            prop_assert_eq!(proof.len() * 32, bytes.len());
        }
        if let Some(tile) = Tile::new(level, index, width) {
            prop_assert_eq!(tile.cut(&bytes).is_ok(), bytes.len() >= usize::from(width) * 32);
        }
    }

    #[test]
    fn verifiers_take_any_numbers(a: u64, b: u64, proof in hashes(), leaf: Hash, root: Hash) {
        for (a, b) in [(a, b), (a, u64::MAX), (u64::MAX, u64::MAX), (a & 0xff, b & 0xff), (1 << 63, u64::MAX), (0, 1)] {
            prop_assert!(verify_inclusion(&leaf, a, b, &proof, &root).is_err());
            prop_assert!(a == b || verify_consistency((a, &leaf), (b, &root), &proof).is_err());
        }
    }

    #[test]
    fn provers_take_any_numbers_and_ask_for_few_tiles(a: u64, b: u64) {
        let none = HeldTiles::default();
        for (a, b) in [(a, b), (b, a), (a, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
            let asked = tiles_for_inclusion(a, b).len();
            prop_assert!(asked <= 64 && (asked == 0) == (a >= b || b == 1));
            prop_assert!(inclusion_proof(a, b, &none).is_err() || (a, b) == (0, 1));
            prop_assert!(tiles_for_consistency(a, b).len() <= 64);
            prop_assert!(a == 0 || a == b || consistency_proof(a, b, &none).is_err());
            prop_assert!(Edge::open(a, &none).is_err() || a == 0);
        }
    }

    #[test]
    fn an_audit_takes_any_files(
        size in prop_oneof![Just(0u64), Just(3), Just(300), any::<u64>()],
        files in proptest::collection::vec((0usize..6, proptest::collection::vec(any::<u8>(), 0..600)), 0..6),
        replaced: bool,
    ) {
        let mut log = if replaced { signed_log(300) } else { Shelf::default() };
        for (which, bytes) in files {
            let paths = ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44", "tile/7/000.p/1"];
            log.0.insert(paths[which].to_owned(), bytes);
        }
        let keys = [key().verifying_key().clone()];
        let checkpoint = Checkpoint::new(ORIGIN, size, [7; 32]);
        prop_assert!(Builder::resume(&checkpoint, &log).is_err());
        log.0.insert("checkpoint".to_owned(), checkpoint.signed(&key()).unwrap().into_bytes());
        prop_assert!(audit::files(&log, ORIGIN, &keys, &[]).is_err());
        let latest = String::from_utf8(log.0["checkpoint"].clone()).unwrap();
        let claimed = audit::Claimed { origin: ORIGIN, keys: &keys, latest: &latest, earlier: &[] };
        prop_assert!(Auditor::begin(&claimed, None).unwrap().finish().is_err());
    }
}
