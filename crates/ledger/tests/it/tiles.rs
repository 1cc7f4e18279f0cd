//! Names of tiles: the examples of the specification, and one spelling only.

use ledger::Tile;
use ledger::tile::{BundleName, Resource};
use proptest::prelude::*;

#[test]
fn paths_are_those_of_the_specification() {
    let path = |level, index, width| Tile::new(level, index, width).unwrap().path();
    assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(0, 0, 256), "tile/0/000");
    assert_eq!(path(1, 999, 17), "tile/1/999.p/17");
    assert_eq!(path(2, 1_000, 1), "tile/2/x001/000.p/1");
    assert_eq!(path(7, u64::MAX, 256), "tile/7/x018/x446/x744/x073/x709/x551/615");
    assert_eq!(BundleName::in_log(1_234_067, u64::MAX).unwrap().path(), "tile/entries/x001/x234/067");
    assert_eq!(BundleName::in_log(0, 255).unwrap().path(), "tile/entries/000.p/255");
}

#[test]
fn a_log_of_70000_has_the_tiles_that_the_specification_counts() {
    let tiles: Vec<Tile> = Tile::all_of(70_000).collect();
    let full = |level| tiles.iter().filter(|tile| tile.level() == level && tile.is_full()).count();
    let partial: Vec<_> =
        tiles.iter().filter(|tile| !tile.is_full()).map(|tile| (tile.level(), tile.width())).collect();
    assert_eq!((full(0), full(1), full(2)), (273, 1, 0));
    assert_eq!(partial, [(0, 112), (1, 17), (2, 1)]);
    let of_256: Vec<String> = Tile::all_of(256).map(Tile::path).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(Tile::all_of(0).count(), 0);
}

#[test]
fn other_spellings_name_nothing() {
    for path in [
        "",
        "/",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x000/001",
        "tile/00/001",
        "tile/8/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/x001x234/067",
        "tile/0/001/x234",
        "tile/data/000",
        "tile/0/../../etc/passwd",
        "/tile/0/000",
        "tile/0/000/",
        "tile/entries",
        "tile/entries/x/000",
        "checkpoint/",
        "Checkpoint",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/００１",
    ] {
        assert_eq!(Resource::parse(path), None, "{path}");
    }
    assert_eq!(Resource::parse("checkpoint"), Some(Resource::Checkpoint));
}

#[test]
fn keys_sort_as_tiles_do_and_stay_while_a_tile_grows() {
    let key = |level, index, width| Tile::new(level, index, width).unwrap().key();
    assert!(key(0, 255, 1) < key(0, 256, 1) && key(0, u64::MAX, 1) < key(1, 0, 1));
    assert_eq!(key(3, 7, 1), key(3, 7, 256));
    assert_eq!(key(3, 7, 1), [3, 0, 0, 0, 0, 0, 0, 0, 7]);
}

proptest! {
    #[test]
    fn every_path_reads_back(level in 0u8..=7, index: u64, width in 1u16..=256) {
        let tile = Tile::new(level, index, width).unwrap();
        prop_assert_eq!(Resource::parse(&tile.path()), Some(Resource::Tile(tile)));
        let bundle = BundleName::beside(tile);
        prop_assert_eq!(Resource::parse(&bundle.path()), Some(Resource::Bundle(bundle)));
    }

    #[test]
    fn what_reads_is_written_the_same(path in "(tile/(entries|[0-9])/)?(x[0-9]{3}/){0,2}[0-9]{1,4}(\\.p/[0-9]{1,3})?") {
        if let Some(resource) = Resource::parse(&path) {
            prop_assert_eq!(resource.path(), path);
        }
    }
}
