//! Measures commits and reads of the SQLite engine: `cargo run --release -p storage --example figures -- DIR [DELAY_MS]`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the terminal")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::TenantId;
use storage::{Batch, Engine, Put, Row, Space, Sqlite, SqliteOptions};

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const LASTS: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut words = std::env::args().skip(1);
    let dir = words.next().unwrap();
    let delay = Duration::from_millis(words.next().map_or(0, |millis| millis.parse().unwrap()));
    let options = SqliteOptions { danger_extra_sync_delay: delay, ..SqliteOptions::default() };
    let engine = Arc::new(Sqlite::open(Path::new(&dir), options).unwrap());
    engine.create(TENANT).await.unwrap();
    for writers in [1, 64, 256] {
        commits(&engine, writers, "300 B entry", |_| Batch { log: vec![vec![7; 300]], ..Batch::default() }).await;
    }
    commits(&engine, 64, "record: head, version, 3 terms, entry, change", record).await;
    reads(&engine).await;
    let started = Instant::now();
    let examined = engine.examine(TENANT).await.unwrap();
    println!("examine: {examined:?} in {:?}", started.elapsed());
    engine.shut().await.unwrap();
}

fn record(n: u64) -> Batch {
    let key = |tail: u8| [n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes().as_slice(), &[tail]].concat();
    let put = |space, tail, len| Put { space, key: key(tail), row: Row { version: 1, value: vec![n as u8; len] } };
    Batch {
        puts: vec![
            put(Space::Head, 0, 1_100),
            put(Space::Version, 0, 1_100),
            put(Space::Term, 0, 16),
            put(Space::Term, 1, 16),
            put(Space::Term, 2, 16),
        ],
        log: vec![vec![7; 300]],
        changes: vec![vec![7; 100]],
        ..Batch::default()
    }
}

async fn commits(engine: &Arc<Sqlite>, writers: u64, what: &str, batch: fn(u64) -> Batch) {
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let engine = Arc::clone(engine);
            tokio::spawn(async move {
                let mut done = 0;
                while started.elapsed() < LASTS {
                    engine.commit(TENANT, batch(writer << 32 | done)).await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    println!("{writers} writers, {what}: {:.0} commits/s", done as f64 / started.elapsed().as_secs_f64());
}

async fn reads(engine: &Sqlite) {
    for (what, tail) in [("there", 0), ("not there", 9)] {
        let (started, cpu) = (Instant::now(), cpu_nanos());
        let mut read = 0u32;
        while started.elapsed() < Duration::from_secs(1) {
            let mut key = record(u64::from(read % 64) << 32 | u64::from(read % 50)).puts.remove(0).key;
            *key.last_mut().unwrap() = tail;
            assert_eq!(engine.read(TENANT, Space::Head, &key).await.unwrap().is_some(), tail == 0);
            read += 1;
        }
        let cpu = (cpu_nanos() - cpu) / u64::from(read);
        println!("point read of a row that is {what}: {:?}, of which {cpu} ns on the CPU", started.elapsed() / read);
    }
}

/// How long this thread has run, without waiting for a busy machine; 0 where the system does not say.
fn cpu_nanos() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}
