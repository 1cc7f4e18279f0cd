//! What is deleted or replaced among the keys leaves no bytes in any file.

use std::path::Path;
use std::sync::Arc;

use model::TenantId;
use storage::conformance::Chance;
use storage::{Batch, Engine, Put, Row, Space, Sqlite, SqliteOptions};

const TENANT: TenantId = TenantId::from_bytes([5; 16]);

fn put(n: u64, value: Vec<u8>) -> Put {
    Put { space: Space::Key, key: Chance::new(n).number().to_be_bytes().to_vec(), row: Row { version: 1, value } }
}

fn bytes_of_every_file(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir.join("tenants")).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

/// Which of the values occur in the bytes, looked up by their first 16 bytes, their middle and their end.
fn traces(bytes: &[u8], values: &[Vec<u8>]) -> usize {
    let mut pieces = std::collections::HashSet::new();
    let mut first_two = vec![false; 1 << 16];
    for value in values {
        for start in [0, value.len() / 2, value.len() - 16] {
            let piece = &value[start..start + 16];
            pieces.insert(piece);
            first_two[usize::from(u16::from_be_bytes([piece[0], piece[1]]))] = true;
        }
    }
    let likely = |window: &&[u8]| first_two[usize::from(u16::from_be_bytes([window[0], window[1]]))];
    bytes.windows(16).filter(likely).filter(|window| pieces.contains(window)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn destroyed_keys_leave_no_bytes_in_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Arc::new(Sqlite::open(dir.path(), SqliteOptions::default()).unwrap());
    engine.create(TENANT).await.unwrap();
    let mut chance = Chance::new(77);
    let random = |chance: &mut Chance, len: u64| -> Vec<u8> { (0..len).map(|_| chance.number() as u8).collect() };

    let mut live: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut gone: Vec<Vec<u8>> = Vec::new();
    for n in 0..2_000 {
        let long = if chance.once_in(40) { 5_000 } else { 60 + chance.below(300) };
        live.push((n, random(&mut chance, long)));
    }
    for many in live.chunks(50) {
        let puts = many.iter().map(|(n, value)| put(*n, value.clone())).collect();
        engine.commit(TENANT, Batch { puts, ..Batch::default() }).await.unwrap();
    }
    let values: Vec<_> = live.iter().map(|(_, value)| value.clone()).collect();
    assert!(traces(&bytes_of_every_file(dir.path()), &values) >= values.len() * 3, "this test would find live keys");

    for _ in 0..8 {
        for _ in 0..60 {
            let at = usize::try_from(chance.below(live.len() as u64)).unwrap();
            let (n, old) = live.swap_remove(at);
            let batch = match chance.below(3) {
                // Destroyed.
                0 | 1 => Batch { deletes: vec![(Space::Key, put(n, Vec::new()).key)], ..Batch::default() },
                // Wrapped anew, as long as before or not.
                _ => {
                    let longer = chance.below(2) * 30;
                    let new = random(&mut chance, old.len() as u64 + longer);
                    live.push((n, new.clone()));
                    Batch { puts: vec![put(n, new)], log: vec![b"rewrapped".to_vec()], ..Batch::default() }
                }
            };
            engine.commit(TENANT, batch).await.unwrap();
            gone.push(old);
            // Someone reads all the time.
            let (n, value) = &live[usize::try_from(chance.below(live.len() as u64)).unwrap()];
            let found = engine.read(TENANT, Space::Key, &put(*n, Vec::new()).key).await.unwrap();
            assert_eq!(found.map(|row| row.value).as_ref(), Some(value));
        }
        assert_eq!(traces(&bytes_of_every_file(dir.path()), &gone), 0, "bytes of destroyed keys are still there");
    }
    engine.shut().await.unwrap();
    assert_eq!(traces(&bytes_of_every_file(dir.path()), &gone), 0, "also after shutting");
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    engine.examine(TENANT).await.unwrap();
    for (n, value) in &live {
        let found = engine.read(TENANT, Space::Key, &put(*n, Vec::new()).key).await.unwrap();
        assert_eq!(found.map(|row| row.value).as_ref(), Some(value));
    }
}
