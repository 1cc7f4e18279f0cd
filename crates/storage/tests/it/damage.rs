//! A file that is not as it was written is reported; nothing wrong is ever served.

use std::path::{Path, PathBuf};

use model::TenantId;
use storage::conformance::Chance;
use storage::{Batch, CommitError, Engine, Put, Row, Space, Span, Sqlite, SqliteOptions, StorageError, key_of_index};

const TENANT: TenantId = TenantId::from_bytes([4; 16]);

/// Everything a house should answer.
struct Truth {
    rows: Vec<Put>,
    entries: Vec<Vec<u8>>,
}

/// A key that is between others and not there.
fn absent(put: &Put) -> Vec<u8> {
    [put.key.as_slice(), b"!"].concat()
}

/// A small house in which every shape of table has several pages and values with overflow pages.
async fn build(engine: &Sqlite) -> Truth {
    engine.create(TENANT).await.unwrap();
    let mut chance = Chance::new(11);
    let (mut rows, mut entries) = (Vec::new(), Vec::new());
    for n in 0..60u64 {
        let spaces = [Space::Head, Space::Key, Space::Term, Space::Meta];
        let puts: Vec<_> = spaces
            .into_iter()
            .map(|space| {
                let key = (n * 7_919 % 60).to_be_bytes().repeat(6);
                let len = if n == 17 { 6_000 } else { 90 + n };
                let value = (0..len).map(|_| chance.number() as u8).collect();
                Put { space, key, row: Row { version: n, value } }
            })
            .collect();
        let log: Vec<_> = (0..2).map(|_| (0..130).map(|_| chance.number() as u8).collect::<Vec<u8>>()).collect();
        rows.extend(puts.clone());
        entries.extend(log.clone());
        engine.commit(TENANT, Batch { puts, log, ..Batch::default() }).await.unwrap();
    }
    Truth { rows, entries }
}

/// Asks for everything in every way. `Ok(true)`: every answer is right; `Ok(false)`: some are reports of damage;
/// `Err`: something wrong was served.
async fn ask(engine: &Sqlite, truth: &Truth) -> Result<bool, String> {
    let mut whole = true;
    for put in &truth.rows {
        let got = engine.read(TENANT, put.space, &put.key).await;
        whole &= right(&format!("{} {:?}", put.space, put.key), got, &Some(put.row.clone()))?;
        let got = engine.read(TENANT, put.space, &absent(put)).await;
        whole &= right("what is not there", got, &None)?;
    }
    for (entry, n) in truth.entries.iter().zip(0..) {
        let got = engine.read(TENANT, Space::Log, &key_of_index(n)).await;
        whole &= right(&format!("entry {n}"), got, &Some(Row { version: 0, value: entry.clone() }))?;
    }
    whole &= right("the length of the log", engine.log_len(TENANT).await, &(truth.entries.len() as u64))?;
    for space in [Space::Head, Space::Key, Space::Term, Space::Meta] {
        let mut wanted: Vec<_> =
            truth.rows.iter().filter(|put| put.space == space).map(|put| (put.key.clone(), put.row.clone())).collect();
        wanted.sort_by(|one, other| one.0.cmp(&other.0));
        let all = Span::prefix(&[], usize::MAX);
        whole &= right("a scan", engine.scan(TENANT, space, all.clone()).await, &wanted)?;
        let middle = Span { from: wanted[20].0.clone(), to: wanted[30].0.clone(), ..all.clone() };
        whole &= right("a part", engine.scan(TENANT, space, middle).await, &wanted[20..30].to_vec())?;
        wanted.reverse();
        whole &= right("a scan down", engine.scan(TENANT, space, all.descending()).await, &wanted)?;
    }
    let log = engine.scan(TENANT, Space::Log, Span::indexes(0, u64::MAX)).await;
    let log = log.map(|rows| rows.into_iter().map(|(_, row)| row.value).collect::<Vec<_>>());
    whole &= right("the log", log, &truth.entries)?;
    Ok(whole)
}

fn right<T: PartialEq>(what: &str, got: Result<T, StorageError>, wanted: &T) -> Result<bool, String> {
    match got {
        Ok(got) if got == *wanted => Ok(true),
        Ok(_) => Err(format!("{what}: something wrong was served")),
        Err(StorageError::Damaged { .. }) => Ok(false),
        Err(error) => Err(format!("{what}: not reported as damage but as {error:?}")),
    }
}

/// As if the process had died: the files of a house that is open, without what SQLite keeps in shared memory.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("tenants")).unwrap();
    for entry in std::fs::read_dir(from.join("tenants")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension != "sqlite-shm") {
            std::fs::copy(&path, to.join("tenants").join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn file(dir: &Path, ending: &str) -> PathBuf {
    dir.join("tenants").join(format!("{TENANT}.{ending}"))
}

/// Looks at files only where a row is read, so that the checks on rows are tested and not the one at the door.
fn without_first_look() -> SqliteOptions {
    SqliteOptions { examine_on_open_bytes_max: 0, row_readers: 1, ..SqliteOptions::default() }
}

/// Asks a house whose file was changed, and says whether the damage was noticed.
async fn noticed(original: &Path, ending: &str, options: SqliteOptions, truth: &Truth, bytes: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    copy(original, dir.path());
    std::fs::write(file(dir.path(), ending), bytes).unwrap();
    let engine = Sqlite::open(dir.path(), options).unwrap();
    // A file that is refused at the door is refused for every question; one is enough.
    let door = engine.log_len(TENANT).await;
    matches!(door, Err(StorageError::Damaged { .. })) || !ask(&engine, truth).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_file_is_never_served() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    engine.shut().await.unwrap();
    let bytes = std::fs::read(file(dir.path(), "sqlite")).unwrap();
    let mut chance = Chance::new(3);
    let (mut on_reading, mut at_the_door, times) = (0, 0, 120);
    for _ in 0..times {
        let bit = usize::try_from(chance.below(bytes.len() as u64 * 8)).unwrap();
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if noticed(dir.path(), "sqlite", without_first_look(), &truth, &flipped).await {
            on_reading += 1;
        } else if noticed(dir.path(), "sqlite", SqliteOptions::default(), &truth, &flipped).await {
            at_the_door += 1;
        }
    }
    // The rest fell into empty parts of pages.
    assert!(on_reading > times / 3, "{on_reading} on reading, {at_the_door} more at the door, of {times}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_frame_of_a_page_is_never_served() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    engine.shut().await.unwrap();
    let bytes = std::fs::read(file(dir.path(), "sqlite")).unwrap();
    let mut chance = Chance::new(4);
    let mut noticed_count = 0;
    // Headers and cell pointers are few among many bytes; aim at them.
    for page in 0..bytes.len() / 4096 {
        for _ in 0..3 {
            let bit = (page * 4096 + usize::try_from(chance.below(48)).unwrap()) * 8 + chance.below(8) as usize;
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            noticed_count += u32::from(noticed(dir.path(), "sqlite", SqliteOptions::default(), &truth, &flipped).await);
        }
    }
    assert!(noticed_count > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_file_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    engine.shut().await.unwrap();
    let bytes = std::fs::read(file(dir.path(), "sqlite")).unwrap();
    for part in 0..20 {
        let cut = &bytes[..bytes.len() * part / 20];
        let options = if part % 2 == 0 { without_first_look() } else { SqliteOptions::default() };
        assert!(noticed(dir.path(), "sqlite", options, &truth, cut).await, "{part} of 20 parts");
    }
    let cut = &bytes[..bytes.len() - 1];
    assert!(noticed(dir.path(), "sqlite", without_first_look(), &truth, cut).await, "without the last byte");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_the_write_ahead_log_is_reported_where_sqlite_would_drop_commits() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    let wal = std::fs::read(file(dir.path(), "sqlite-wal")).unwrap();
    assert!(wal.len() > 100_000, "the commits are still in the log");
    assert!(!noticed(dir.path(), "sqlite-wal", SqliteOptions::default(), &truth, &wal).await, "unchanged, it is whole");
    let mut chance = Chance::new(5);
    for _ in 0..60 {
        let cut = usize::try_from(chance.below(wal.len() as u64)).unwrap();
        assert!(noticed(dir.path(), "sqlite-wal", without_first_look(), &truth, &wal[..cut]).await, "cut at {cut}");
        let mut flipped = wal.clone();
        flipped[cut] ^= 1;
        // A flip in the log's own counters (bytes 12..16) changes nothing that counts.
        let report = noticed(dir.path(), "sqlite-wal", without_first_look(), &truth, &flipped).await;
        assert!(report, "flipped at {cut}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_the_tenants_own_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    let other = TenantId::from_bytes([8; 16]);
    engine.create(other).await.unwrap();
    engine.shut().await.unwrap();
    let of_other = std::fs::read(dir.path().join("tenants").join(format!("{other}.sqlite"))).unwrap();
    let foreign = dir.path().join("foreign");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE head (key, value)").unwrap();
    let foreign = std::fs::read(foreign).unwrap();
    let garbage: Vec<u8> = (0..20_000u32).map(|n| (n % 251) as u8).collect();
    for (what, bytes) in [("another's", &of_other), ("foreign", &foreign), ("garbage", &garbage), ("empty", &vec![])] {
        assert!(noticed(dir.path(), "sqlite", SqliteOptions::default(), &truth, bytes).await, "{what}");
    }
    assert!(noticed(dir.path(), "mark", SqliteOptions::default(), &truth, b"garbage").await, "the mark");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_and_a_missing_file_are_reported() {
    let (dir, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    engine.shut().await.unwrap();
    copy(dir.path(), old.path());
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let key = b"later".to_vec();
    let puts = vec![Put { space: Space::Once, key: key.clone(), row: Row { version: 1, value: Vec::new() } }];
    engine.commit(TENANT, Batch { puts, ..Batch::default() }).await.unwrap();
    engine.shut().await.unwrap();

    let bytes = std::fs::read(file(old.path(), "sqlite")).unwrap();
    assert!(noticed(dir.path(), "sqlite", SqliteOptions::default(), &truth, &bytes).await, "an old copy");
    std::fs::copy(file(old.path(), "sqlite"), file(dir.path(), "sqlite")).unwrap();
    std::fs::remove_file(file(dir.path(), "mark")).unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    assert!(ask(&engine, &truth).await.unwrap(), "an old copy is accepted once its mark was removed on purpose");
    engine.shut().await.unwrap();

    std::fs::remove_file(file(dir.path(), "sqlite")).unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    assert!(!ask(&engine, &truth).await.unwrap(), "a missing file");
    assert!(matches!(engine.create(TENANT).await, Err(StorageError::Damaged { .. })), "is not made anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_more_is_written_to_a_file_whose_structure_proves_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(dir.path(), SqliteOptions::default()).unwrap();
    let truth = build(&engine).await;
    engine.shut().await.unwrap();
    let path = file(dir.path(), "sqlite");
    let root: usize = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'term'", (), |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(root - 1) * 4096] = 0;
    std::fs::write(&path, bytes).unwrap();

    let engine = Sqlite::open(dir.path(), without_first_look()).unwrap();
    let entry = Batch { log: vec![vec![1]], ..Batch::default() };
    engine.commit(TENANT, entry.clone()).await.unwrap();
    let term = truth.rows.iter().find(|put| put.space == Space::Term).unwrap().clone();
    let both = Batch { puts: vec![term], ..entry.clone() };
    let damaged = |got| matches!(got, Err(CommitError::Storage(StorageError::Damaged { .. })));
    assert!(damaged(engine.commit(TENANT, both).await), "the commit that finds it");
    assert!(damaged(engine.commit(TENANT, entry).await), "every commit after it");
    assert_eq!(engine.log_len(TENANT).await.unwrap(), truth.entries.len() as u64 + 1, "nothing by half");
    let head = &truth.rows[0];
    let read = engine.read(TENANT, head.space, &head.key).await;
    assert_eq!(read, Ok(Some(head.row.clone())), "what is whole can still be read");
}
