//! Proofs: the published vectors, a foreign prover and verifier in both directions, and mutations.

use crate::leaves;
use crate::trees::{REFERENCE, hash, reference_leaves};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use ledger::proof::{Refuted, Unprovable, from_bytes, tiles_for_consistency, tiles_for_inclusion, to_bytes};
use ledger::{
    Edge, Frontier, Hash, HeldTiles, Tile, Tiles, consistency_proof, empty_root, inclusion_proof, verify_consistency,
    verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;

fn tiles_of(leaves: &[Hash]) -> HeldTiles {
    let mut held = HeldTiles::default();
    for stored in Edge::empty().grow(leaves.iter().copied()) {
        held.hold(stored.tile, stored.bytes);
    }
    held
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    frontier.root()
}

fn foreign(count: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    crate::entries(count).into_iter().for_each(|entry| tree.push(entry));
    tree
}

#[test]
fn the_reference_tree_has_its_published_proofs() {
    let tiles = tiles_of(&reference_leaves());
    let consistency =
        |old, new| -> Vec<String> { consistency_proof(old, new, &tiles).unwrap().iter().map(hex::encode).collect() };
    assert!(consistency(1, 1).is_empty());
    assert_eq!(
        consistency(6, 8),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        consistency(2, 5),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
    let inclusion: Vec<String> = inclusion_proof(0, 8, &tiles).unwrap().iter().map(hex::encode).collect();
    assert_eq!(
        inclusion,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let root = hash(REFERENCE[7].1);
    let proof = inclusion_proof(2, 8, &tiles).unwrap();
    verify_inclusion(&reference_leaves()[2], 2, 8, &proof, &root).unwrap();
}

#[test]
fn every_proof_of_every_small_log_holds_and_no_other_place_does() {
    let all = leaves(40);
    for size in 1..=40 {
        let tiles = tiles_of(&all[..size as usize]);
        let root = root_of(&all[..size as usize]);
        for index in 0..size {
            let proof = inclusion_proof(index, size, &tiles).unwrap();
            let leaf = &all[index as usize];
            verify_inclusion(leaf, index, size, &proof, &root).unwrap();
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, size, &proof, &root).is_err(), "{index} of {size} as {other}");
            }
        }
        for old in 0..=size {
            let proof = consistency_proof(old, size, &tiles).unwrap();
            let old_root = root_of(&all[..old as usize]);
            verify_consistency((old, &old_root), (size, &root), &proof).unwrap();
            assert!(verify_consistency((old, &[9; 32]), (size, &root), &proof).is_err());
            assert!(verify_consistency((old, &old_root), (size, &[9; 32]), &proof).is_err() || old == 0);
        }
    }
}

#[test]
fn questions_about_places_outside_the_log_are_refused() {
    let tiles = tiles_of(&leaves(5));
    assert_eq!(inclusion_proof(5, 5, &tiles), Err(Unprovable::NoSuchEntry { index: 5, size: 5 }));
    assert_eq!(consistency_proof(6, 5, &tiles), Err(Unprovable::Backwards { old: 6, new: 5 }));
    assert_eq!(verify_inclusion(&[0; 32], 0, 0, &[], &empty_root()), Err(Refuted::OutOfRange));
    assert_eq!(verify_consistency((2, &[0; 32]), (1, &[0; 32]), &[]), Err(Refuted::OutOfRange));
    verify_consistency((0, &empty_root()), (0, &empty_root()), &[]).unwrap();
    assert!(matches!(inclusion_proof(5, 4_000, &tiles), Err(Unprovable::Tile(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_foreign_verifier_accepts_our_proofs_and_we_accept_its((old, new, index) in places()) {
        let all = leaves(new);
        let tiles = tiles_of(&all);
        let theirs = foreign(new);
        let root = root_of(&all);
        let their_root = theirs.root();
        prop_assert_eq!(root.as_slice(), their_root.as_bytes().as_slice());

        let proof = inclusion_proof(index, new, &tiles).unwrap();
        let their_proof = theirs.prove_inclusion(index as usize);
        prop_assert_eq!(to_bytes(&proof), their_proof.as_bytes());
        let entry = &crate::entries(new)[index as usize];
        theirs.root().verify_inclusion(entry, index, &InclusionProof::from_bytes(to_bytes(&proof))).unwrap();
        verify_inclusion(&all[index as usize], index, new, &proof, &root).unwrap();

        let proof = consistency_proof(old, new, &tiles).unwrap();
        let their_proof = theirs.prove_consistency((new - old) as usize);
        prop_assert_eq!(to_bytes(&proof), their_proof.as_bytes());
        let old_root = root_of(&all[..old as usize]);
        let their_old = RootHash::<Sha256>::new(old_root.into(), old);
        let proof_for_them = ConsistencyProof::try_from_bytes(to_bytes(&proof)).unwrap();
        theirs.root().verify_consistency(&their_old, &proof_for_them).unwrap();
        verify_consistency((old, &old_root), (new, &root), &proof).unwrap();
    }

    #[test]
    fn a_mutated_proof_is_refused((old, new, index) in places(), at: prop::sample::Index, bit in 0u8..8) {
        let all = leaves(new);
        let tiles = tiles_of(&all);
        let (root, old_root) = (root_of(&all), root_of(&all[..old as usize]));
        let inclusion = inclusion_proof(index, new, &tiles).unwrap();
        let consistency = consistency_proof(old, new, &tiles).unwrap();
        let included = |proof: &[Hash]| verify_inclusion(&all[index as usize], index, new, proof, &root);
        let consistent = |proof: &[Hash]| verify_consistency((old, &old_root), (new, &root), proof);
        for (proof, check) in [(&inclusion, &included as &dyn Fn(&[Hash]) -> _), (&consistency, &consistent)] {
            let longer = [proof.as_slice(), &[root]].concat();
            prop_assert!(check(&longer).is_err());
            if proof.is_empty() {
                continue;
            }
            prop_assert!(check(&proof[1..]).is_err());
            prop_assert!(check(&proof[..proof.len() - 1]).is_err());
            let mut bytes = to_bytes(proof);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(check(from_bytes(&bytes).unwrap()), Err(Refuted::WrongRoot));
        }
    }

    #[test]
    fn the_named_tiles_suffice((old, new, index) in places()) {
        let all = tiles_of(&leaves(new));
        let only = |tiles: Vec<Tile>| {
            let mut held = HeldTiles::default();
            tiles.into_iter().for_each(|tile| held.hold(tile, all.tile(tile).unwrap()));
            held
        };
        let held = only(tiles_for_inclusion(index, new));
        prop_assert_eq!(inclusion_proof(index, new, &held), inclusion_proof(index, new, &all));
        let held = only(tiles_for_consistency(old, new));
        prop_assert_eq!(consistency_proof(old, new, &held), consistency_proof(old, new, &all));
        let held = only(Tile::edge_of(new));
        prop_assert_eq!(Edge::open(new, &held).unwrap().root(), root_of(&leaves(new)));
    }
}

/// An older size, a newer size and an entry, where sizes near powers of two and of tiles are likely.
fn places() -> impl Strategy<Value = (u64, u64, u64)> {
    let size = prop_oneof![1u64..20, 200u64..600, Just(256), Just(257), Just(512), 1000u64..1100];
    size.prop_flat_map(|new| (1..=new, Just(new), 0..new))
}
