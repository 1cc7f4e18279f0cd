//! Roots: the published vectors, and a foreign tree.

use crate::{entries, leaves};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ledger::{Edge, Frontier, Hash, empty_root, leaf_hash, node_hash};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The inputs and roots of the Certificate Transparency reference tree, which every RFC 6962 implementation is tested with.
pub const REFERENCE: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

pub fn hash(hex: &str) -> Hash {
    hex::decode(hex).unwrap().try_into().unwrap()
}

pub fn reference_leaves() -> Vec<Hash> {
    REFERENCE.iter().map(|(entry, _)| leaf_hash(&hex::decode(entry).unwrap())).collect()
}

#[test]
fn the_reference_tree_has_its_published_roots() {
    assert_eq!(hex::encode(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let mut frontier = Frontier::new();
    let mut edge = Edge::empty();
    for (leaf, (_, root)) in reference_leaves().into_iter().zip(REFERENCE) {
        frontier.append(leaf);
        edge.append(leaf, |_, _| ());
        assert_eq!(hex::encode(frontier.root()), root);
        assert_eq!(hex::encode(edge.root()), root);
    }
}

#[test]
fn long_and_short_entries_are_hashed_alike() {
    for length in [0, 1, 300, 510, 511, 512, 513, 5_000, 65_535] {
        let entry = vec![b'x'; length];
        let oracle: [u8; 32] = Sha256::new().chain_update([0]).chain_update(&entry).finalize().into();
        assert_eq!(leaf_hash(&entry), oracle, "{length} bytes");
    }
    let oracle: [u8; 32] =
        Sha256::new().chain_update([1]).chain_update([2; 32]).chain_update([3; 32]).finalize().into();
    assert_eq!(node_hash(&[2; 32], &[3; 32]), oracle);
}

#[test]
fn every_size_has_the_root_of_a_foreign_tree() {
    let mut foreign = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut frontier = Frontier::new();
    for (entry, leaf) in entries(1_100).into_iter().zip(leaves(1_100)) {
        foreign.push(entry);
        frontier.append(leaf);
        assert_eq!(frontier.root().as_slice(), foreign.root().as_bytes().as_slice(), "size {}", frontier.size());
    }
}

#[test]
fn a_frontier_goes_on_from_its_stored_form() {
    let mut whole = Frontier::new();
    let mut resumed = Frontier::new();
    for leaf in leaves(300) {
        whole.append(leaf);
        resumed = Frontier::from_bytes(&resumed.to_bytes()).unwrap();
        resumed.append(leaf);
        assert_eq!(resumed, whole);
    }
}

proptest! {
    #[test]
    fn a_frontier_of_the_wrong_length_is_refused(size: u64, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let stored = [&size.to_be_bytes()[..], &bytes].concat();
        let fits = bytes.len() == size.count_ones() as usize * 32;
        prop_assert_eq!(Frontier::from_bytes(&stored).is_ok(), fits);
    }
}
