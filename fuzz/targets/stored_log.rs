//! The stored form of a log: paths, entry bundles and the right edge, as read from a disk or from a stranger.
#![no_main]

use ledger::tile::Resource;
use ledger::{Frontier, bundle, leaf_hash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|noise: &[u8]| {
    if let Some(resource) = std::str::from_utf8(noise).ok().and_then(Resource::parse) {
        assert_eq!(resource.path().as_bytes(), noise, "a resource has one path");
    }
    let mut again = Vec::new();
    let entries: Result<Vec<_>, _> = bundle::entries(noise).collect();
    for entry in entries.iter().flatten() {
        bundle::push(&mut again, entry).expect("an entry that was read can be written");
    }
    assert!(entries.is_err() || again == noise, "a bundle that is read whole is written back the same");
    if let Ok(mut edge) = Frontier::from_bytes(noise) {
        assert_eq!(edge.to_bytes(), noise, "an edge has one spelling");
        let size = edge.size();
        if size < u64::MAX {
            edge.append(leaf_hash(noise));
            assert_eq!(edge.size(), size + 1, "appending adds one");
        }
    }
});
