//! The ledger's tests: published vectors, a foreign oracle, and every single byte of small logs.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect should stop; clippy.toml allows this only inside the tests themselves"
)]

mod audits;
mod builds;
mod notes;
mod proofs;
mod robust;
mod tiles;
mod trees;

use ledger::build::File;
use ledger::files::LogFiles;
use ledger::tile::Resource;
use ledger::{Builder, Checkpoint, Hash, SigningKey, leaf_hash};
use std::collections::BTreeMap;

const ORIGIN: &str = "log.example/tests";

/// A log kept in memory, file by file.
#[derive(Clone, Default)]
struct Shelf(BTreeMap<String, Vec<u8>>);

impl Shelf {
    fn put(&mut self, files: Vec<File>) {
        for file in files {
            let before = self.0.insert(file.path.clone(), file.bytes);
            assert_eq!(before, None, "{} was written twice", file.path);
        }
    }
}

impl LogFiles for Shelf {
    fn read(&self, what: Resource) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(&what.path()).cloned())
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[42; 32]).unwrap()
}

fn entries(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("{{\"index\":{index},\"what\":\"an entry\"}}").into_bytes()).collect()
}

fn leaves(count: u64) -> Vec<Hash> {
    entries(count).iter().map(|entry| leaf_hash(entry)).collect()
}

/// A signed log of `count` entries, grown in one go, with only the files that its checkpoint needs.
fn signed_log(count: u64) -> Shelf {
    let mut builder = Builder::new();
    let mut shelf = Shelf::default();
    shelf.put(builder.extend(&entries(count)).unwrap().files);
    let checkpoint = Checkpoint::new(ORIGIN, builder.size(), builder.root());
    shelf.0.insert("checkpoint".to_owned(), checkpoint.signed(&key()).unwrap().into_bytes());
    shelf
}
