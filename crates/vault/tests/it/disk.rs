//! What a thief finds who takes the disk.

use std::path::Path;

use storage::Space;
use vault::{Change, Changes, Draft, Query};

use crate::house::{House, id, person};
use crate::kinds::{LETTER, Note, Pass, Patient, Ward, title};

fn files(dir: &Path, bytes: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, bytes) } else { bytes.push((path.clone(), std::fs::read(&path).unwrap())) }
    }
}

fn places(dir: &Path, needle: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    files(dir, &mut all);
    assert!(all.iter().any(|(path, _)| path.to_string_lossy().ends_with("-wal")), "the write-ahead log is looked at");
    let found = |bytes: &[u8]| {
        let lower = bytes.to_ascii_lowercase();
        lower.windows(needle.len()).any(|window| window == needle)
    };
    all.iter().filter(|(_, bytes)| found(bytes)).map(|(path, _)| path.display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plain_text_of_a_sealed_field_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::sqlite(dir.path()).await;
    let ctx = house.ctx("all");
    let canary = |field: &str| format!("Canary{field}Zebra");
    let patient = Patient { number: canary("number"), name: canary("name"), born: "1907-07-07".into() };
    let note = Note { patient: person(1), text: canary("text") };
    let pass = Pass { holder: person(1), secret: canary("secret"), ends: ctx.now };
    let letter = Draft::document(LETTER, id(11), Some(person(1)), canary("body").into_bytes(), title(&canary("title")));
    let ward = Ward { code: canary("code"), beds: 7_777_777, label: "canary-in-the-clear".into() };
    let changes = Changes::new()
        .create(id(1), &patient)
        .unwrap()
        .create(id(9), &note)
        .unwrap()
        .create(id(8), &pass)
        .unwrap()
        .create(id(7), &ward)
        .unwrap()
        .and(Change::Create(letter))
        .once(canary("once"));
    house.vault.commit(&ctx, changes).await.unwrap();
    house.revise(id(1), &Patient { name: canary("revised"), ..patient }).await.unwrap();
    house.vault.search(&ctx, &Query::all(<Patient as model::Kind>::DECL)).await.unwrap();
    // First, that this way of looking finds what is there in the clear by declaration: an ordered, internal field.
    assert!(!places(dir.path(), b"canary-in-the-clear").is_empty());
    for field in ["number", "name", "text", "secret", "body", "title", "code", "revised", "once"] {
        let needle = canary(field).to_ascii_lowercase();
        assert_eq!(places(dir.path(), needle.as_bytes()), Vec::<String>::new(), "{field}");
    }
    assert_eq!(places(dir.path(), b"1907-07-07"), Vec::<String>::new());
    house.engine.shut().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_erasure_the_key_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::sqlite(dir.path()).await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.patient(2).await;
    let key_of = |rows: Vec<(Vec<u8>, storage::Row)>, n: u8| {
        let own = [b"s".as_slice(), person(n).as_bytes()].concat();
        rows.into_iter().find(|(key, _)| *key == own).map(|(_, row)| row.value.to_ascii_lowercase())
    };
    let (one, two) =
        (key_of(house.rows(Space::Key).await, 1).unwrap(), key_of(house.rows(Space::Key).await, 2).unwrap());
    let pieces = |key: &[u8]| [key[..24].to_vec(), key[60..84].to_vec(), key[key.len() - 24..].to_vec()];
    for piece in pieces(&one).iter().chain(&pieces(&two)) {
        assert!(!places(dir.path(), piece).is_empty(), "a live key is found by this way of looking");
    }
    house.vault.commit(&ctx, Changes::new().and(Change::Erase(person(1)))).await.unwrap();
    for piece in pieces(&one).iter().skip(1) {
        assert_eq!(places(dir.path(), piece), Vec::<String>::new());
    }
    for piece in &pieces(&two) {
        assert!(!places(dir.path(), piece).is_empty());
    }
    house.engine.shut().await.unwrap();
}
