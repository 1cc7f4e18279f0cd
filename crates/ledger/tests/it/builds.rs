//! Growing a log: whatever the batches, the same files; and nothing grows from a damaged state.

use crate::{ORIGIN, Shelf, entries, leaves, signed_log};
use ledger::build::CannotResume;
use ledger::bundle::{self, ENTRY_BYTES_MAX};
use ledger::edge::StoredTile;
use ledger::files::{Directory, FileTiles, LogFiles};
use ledger::tile::{BundleName, Resource, TileFault};
use ledger::{Builder, Checkpoint, Edge, Frontier, HeldTiles, Tile, Tiles, audit};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_batches_and_restarts_give_the_same_log(batches in proptest::collection::vec(0u64..400, 1..6)) {
        let total: u64 = batches.iter().sum();
        let all = entries(total);
        let mut shelf = Shelf::default();
        let mut builder = Builder::new();
        let mut size = 0;
        for batch in batches {
            let growth = builder.extend(&all[size as usize..(size + batch) as usize]).unwrap();
            size += batch;
            prop_assert_eq!(growth.size, size);
            shelf.put(growth.files);
            builder = Builder::resume(&Checkpoint::new(ORIGIN, size, growth.root), &shelf).unwrap();
        }
        let whole = signed_log(total);
        prop_assert_eq!(builder.root(), {
            let mut frontier = Frontier::new();
            leaves(total).into_iter().for_each(|leaf| frontier.append(leaf));
            frontier.root()
        });
        for (path, bytes) in whole.0.iter().filter(|(path, _)| *path != "checkpoint") {
            prop_assert_eq!(shelf.0.get(path), Some(bytes), "{}", path);
        }
        for tile in Tile::all_of(total) {
            prop_assert!(whole.0.contains_key(&tile.path()));
        }
        for bundle in BundleName::all_of(total) {
            prop_assert!(whole.0.contains_key(&bundle.path()));
        }
    }

    #[test]
    fn a_key_value_store_holds_the_same_tree(batches in proptest::collection::vec(0u64..700, 1..6)) {
        let total: u64 = batches.iter().sum();
        let all = leaves(total);
        let mut held = HeldTiles::default();
        let mut size = 0;
        for batch in batches {
            let mut edge = Edge::open(size, &held).unwrap();
            let grown = edge.grow(all[size as usize..(size + batch) as usize].iter().copied());
            for StoredTile { tile, bytes } in grown {
                prop_assert_eq!(bytes.len(), usize::from(tile.width()) * 32);
                held.hold(tile, bytes);
            }
            size += batch;
        }
        for StoredTile { tile, bytes } in Edge::empty().grow(all) {
            prop_assert_eq!(held.tile(tile).unwrap(), bytes);
        }
    }
}

#[test]
fn an_empty_growth_writes_nothing() {
    let mut builder = Builder::new();
    builder.extend(&entries(300)).unwrap();
    assert_eq!(builder.extend::<Vec<u8>>(&[]).unwrap().files, []);
}

#[test]
fn an_entry_too_long_for_the_format_appends_nothing() {
    let mut builder = Builder::new();
    let longest = vec![vec![1; ENTRY_BYTES_MAX]];
    assert_eq!(builder.extend(&longest).unwrap().size, 1);
    let before = builder.root();
    let refused = builder.extend(&[vec![1], vec![1; ENTRY_BYTES_MAX + 1]]).unwrap_err();
    assert_eq!(refused.bytes, ENTRY_BYTES_MAX + 1);
    assert_eq!((builder.size(), builder.root()), (1, before));
}

#[test]
fn a_bundle_reads_back_and_a_cut_one_says_so() {
    let mut bytes = Vec::new();
    for entry in [&b"one"[..], b"", b"three"] {
        bundle::push(&mut bytes, entry).unwrap();
    }
    let read: Result<Vec<&[u8]>, _> = bundle::entries(&bytes).collect();
    assert_eq!(read.unwrap(), [&b"one"[..], b"", b"three"]);
    for cut in [1, 4, bytes.len() - 1] {
        assert!(bundle::entries(&bytes[..cut]).any(|entry| entry.is_err()), "cut at {cut}");
    }
}

#[test]
fn a_damaged_state_does_not_grow() {
    let shelf = signed_log(600);
    let keys = [crate::key().verifying_key().clone()];
    let signed = String::from_utf8(shelf.0["checkpoint"].clone()).unwrap();
    let checkpoint = Checkpoint::opened(&signed, ORIGIN, &keys).unwrap();
    Builder::resume(&checkpoint, &shelf).unwrap();
    for path in ["tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/002.p/88"] {
        let mut damaged = shelf.clone();
        damaged.0.get_mut(path).unwrap()[5] ^= 1;
        let refused = Builder::resume(&checkpoint, &damaged).unwrap_err();
        let entries = matches!(refused, CannotResume::Entries(_));
        assert!(entries == path.contains("entries"), "{path}: {refused}");
        damaged.0.remove(path);
        assert!(Builder::resume(&checkpoint, &damaged).is_err(), "{path}");
    }
}

#[test]
fn a_directory_is_read_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let shelf = signed_log(600);
    for (path, bytes) in &shelf.0 {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let log = Directory::new(directory.path());
    let keys = [crate::key().verifying_key().clone()];
    assert_eq!(audit::files(&log, ORIGIN, &keys, &[]), audit::files(&shelf, ORIGIN, &keys, &[]));
    assert_eq!(audit::files(&log, ORIGIN, &keys, &[]).unwrap().checkpoint.size, 600);
    assert_eq!(log.read(Resource::parse("tile/7/000").unwrap()).unwrap(), None);
    let missing = Tile::full(7, 0).unwrap();
    assert_eq!(FileTiles(&log).tile(missing), Err(TileFault::Missing(missing)));
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one_that_was_deleted() {
    let shelf = signed_log(512);
    let partial = Tile::new(0, 1, 40).unwrap();
    let bytes = FileTiles(&shelf).tile(partial).unwrap();
    assert_eq!(partial.cut(&bytes).unwrap(), &leaves(296)[256..]);
}
