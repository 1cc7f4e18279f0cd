//! A process that commits under load is killed without warning; what it acknowledged is there when the file is
//! opened again, and nothing is there by half.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use model::TenantId;
use storage::conformance::Chance;
use storage::{Batch, Engine, Put, Row, Space, Span, Sqlite, SqliteOptions};

const TENANT: TenantId = TenantId::from_bytes([9; 16]);
const WRITERS: u64 = 24;
const ROUNDS: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_and_nothing_is_there_by_half() {
    let dir = tempfile::tempdir().unwrap();
    let mut chance = Chance::new(2026);
    let mut acknowledged: HashMap<String, u64> = HashMap::new();
    for round in 0..ROUNDS {
        let life = Duration::from_millis(120 + chance.below(400));
        let acknowledged_before = acknowledged.len();
        acknowledged.extend(run_and_kill(dir.path(), round, life));
        assert!(acknowledged.len() > acknowledged_before, "round {round} acknowledged nothing, so it proves nothing");
        check(dir.path(), &acknowledged, round).await;
    }
}

/// Starts this test binary again as [`child_under_load`] and kills it; returns what it acknowledged, with the index
/// of the first log entry.
fn run_and_kill(dir: &Path, round: u64, life: Duration) -> Vec<(String, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_under_load", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{round} {}", dir.display()).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    while !line.starts_with("acknowledged ") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "the child ended before it acknowledged anything");
    }
    acknowledged.extend(parse(&line));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(life);
        child.kill().unwrap();
        child.wait().unwrap()
    });
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(!killer.join().unwrap().success(), "the child was to be killed");
    // The last line may be cut off.
    let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    acknowledged.extend(std::str::from_utf8(&rest[..whole]).unwrap().lines().filter_map(parse));
    acknowledged
}

fn parse(line: &str) -> Option<(String, u64)> {
    let mut words = line.trim_end().strip_prefix("acknowledged ")?.split(' ');
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

/// The batch of a name such as `3/17/204`: so many puts, so many entries, one change, all bearing the name.
fn batch(name: &str, pieces: u64) -> Batch {
    let piece = |n: u64| format!("{name}/{n}").into_bytes();
    let row = |n: u64| Row { version: pieces, value: piece(n).repeat(1 + usize::try_from(n).unwrap() * 40) };
    let put = |n| Put { space: if n % 2 == 0 { Space::Head } else { Space::Version }, key: piece(n), row: row(n) };
    Batch {
        puts: (0..pieces).map(put).collect(),
        log: (0..pieces).map(piece).collect(),
        changes: vec![name.as_bytes().to_vec()],
        ..Batch::default()
    }
}

fn pieces(name: &str) -> u64 {
    1 + name.bytes().map(u64::from).sum::<u64>() % 5
}

async fn check(dir: &Path, acknowledged: &HashMap<String, u64>, round: u64) {
    let sqlite = Sqlite::open(dir, SqliteOptions::default()).unwrap();
    sqlite.examine(TENANT).await.unwrap();
    let entries = sqlite.scan(TENANT, Space::Log, Span::indexes(0, u64::MAX)).await.unwrap();
    let entries: Vec<String> = entries.into_iter().map(|(_, row)| String::from_utf8(row.value).unwrap()).collect();
    let changes = sqlite.scan(TENANT, Space::Change, Span::indexes(0, u64::MAX)).await.unwrap();
    let changes: Vec<String> = changes.into_iter().map(|(_, row)| String::from_utf8(row.value).unwrap()).collect();

    for (name, log_from) in acknowledged {
        let from = usize::try_from(*log_from).unwrap();
        let first = entries.get(from).unwrap_or_else(|| panic!("round {round}: entry {log_from} of {name} is lost"));
        assert_eq!(*first, format!("{name}/0"), "round {round}");
    }

    // Every batch of which there is a change is there whole, and nothing is there of which there is no change.
    assert_eq!(changes.iter().collect::<HashSet<_>>().len(), changes.len(), "a batch is there twice");
    let mut expected_rows = 0;
    let mut expected_entries = Vec::new();
    for name in &changes {
        let batch = batch(name, pieces(name));
        expected_entries.extend(batch.log.into_iter().map(|entry| String::from_utf8(entry).unwrap()));
        expected_rows += batch.puts.len();
        for put in batch.puts {
            let found = sqlite.read(TENANT, put.space, &put.key).await.unwrap();
            assert_eq!(found, Some(put.row), "round {round}: a row of {name}");
        }
    }
    assert_eq!(entries, expected_entries, "round {round}: entries and changes tell the same story");
    let mut rows = 0;
    for space in [Space::Head, Space::Version] {
        rows += sqlite.scan(TENANT, space, Span::prefix(&[], usize::MAX)).await.unwrap().len();
    }
    assert_eq!(rows, expected_rows, "round {round}: rows of no batch");
    sqlite.shut().await.unwrap();
}

/// Not a test: the process that is killed. Reads a round and a directory from its standard input.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test above"]
async fn child_under_load() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let Some((round, dir)) = line.trim_end().split_once(' ') else { return };
    let engine = Arc::new(Sqlite::open(&PathBuf::from(dir), SqliteOptions::default()).unwrap());
    engine.create(TENANT).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (engine, round) = (Arc::clone(&engine), round.to_owned());
            tokio::spawn(async move {
                for n in 0u64.. {
                    let name = format!("{round}/{writer}/{n}");
                    let mut batch = batch(&name, pieces(&name));
                    // Now and then a key is made and destroyed, so that a kill may hit the wiping as well.
                    match n % 32 {
                        6 => batch.puts.push(key(&round, writer)),
                        7 => batch.deletes.push((Space::Key, key(&round, writer).key)),
                        _ => {}
                    }
                    let committed = engine.commit(TENANT, batch).await.unwrap();
                    let line = format!("acknowledged {name} {}\n", committed.log_from);
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

fn key(round: &str, writer: u64) -> Put {
    let key = format!("{round}/{writer}").into_bytes();
    Put { space: Space::Key, row: Row { version: 1, value: key.repeat(30) }, key }
}
