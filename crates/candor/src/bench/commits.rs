use std::sync::Arc;
use std::time::Duration;

use model::Fault;
use storage::{Batch, Engine, Sqlite, SqliteOptions};

use super::office::{Office, Papers, WRITERS};
use super::plain::{Flush, Plain};
use super::recorder::Recorder;
use super::rounds::{Pairs, alternate};
use super::scratch::Scratch;
use super::{Figure, Pace, failed};

/// Added to each flush where the machine's own are not honest: a slow but usual disk.
const DELAY: Duration = Duration::from_millis(1);

/// Durable, sealed, audited commits beside group commits of the same rows in bare SQLite.
pub(super) async fn beside_groups(pace: Pace, scratch: &Scratch) -> Result<Figure, Fault> {
    let commits = pace.pick(24_000, 4_000);
    let sides = Sides::open(scratch, Flush::Groups, Duration::ZERO).await?;
    let (pairs, written) = sides.measure(pace.rounds(), commits, commits).await?;
    let detail = format!("{}; {written}", told(&pairs, "bare group commits"));
    Ok(Figure::at_least("commits", pairs.ratio(), "of bare", 0.70, detail))
}

/// The same with a millisecond added to each flush, beside bare SQLite that flushes every commit by itself.
pub(super) async fn beside_single(pace: Pace, scratch: &Scratch) -> Result<Figure, Fault> {
    let sides = Sides::open(scratch, Flush::Each, DELAY).await?;
    let (pairs, _) = sides.measure(pace.rounds(), pace.pick(24_000, 4_000), pace.pick(1_920, 512)).await?;
    let detail = format!("{}; +1 ms at each flush on both sides", told(&pairs, "one flush per commit"));
    Ok(Figure::at_least("group-commit", pairs.ratio(), "times", 20.0, detail))
}

fn told(pairs: &Pairs, theirs: &str) -> String {
    let (least, most) = pairs.spread();
    format!(
        "{:.0} sealed commits/s beside {:.0}/s with {theirs}, {WRITERS} writers; pairs {least:.2} to {most:.2}",
        pairs.ours(),
        pairs.theirs()
    )
}

/// Both ways of writing, each to a file of its own.
struct Sides {
    office: Arc<Office>,
    plain: Arc<Plain>,
    papers: Arc<Papers>,
    /// Somewhere for the keys of offices that only record.
    keys: tokio::sync::Mutex<Scratch>,
}

impl Sides {
    async fn open(scratch: &Scratch, flush: Flush, delay: Duration) -> Result<Self, Fault> {
        let papers = Papers::invent()?;
        let options = SqliteOptions { danger_extra_sync_delay: delay, ..SqliteOptions::default() };
        let engine = Sqlite::open(&scratch.at("vault"), options).map_err(failed)?;
        let office = Office::open(Arc::new(engine), scratch.root(), &papers).await?;
        let plain = Plain::open(&scratch.at("plain.sqlite"), flush, delay)?;
        let keys = tokio::sync::Mutex::new(Scratch::take(scratch.at("recorded"))?);
        Ok(Self { office: Arc::new(office), plain: Arc::new(plain), papers, keys })
    }

    async fn measure(self, rounds: usize, ours: usize, theirs: usize) -> Result<(Pairs, String), Fault> {
        let written = std::sync::Mutex::new(String::new());
        let pairs = alternate(
            rounds,
            async || self.office.write(ours).await,
            async || {
                let batches = self.record(theirs).await?;
                if let Ok(mut written) = written.lock() {
                    *written = sizes(&batches);
                }
                self.plain.write(batches).await
            },
        )
        .await?;
        self.office.engine.shut().await.map_err(failed)?;
        self.plain.close()?;
        Ok((pairs, written.into_inner().map_err(|_| failed("a writer panicked"))?))
    }

    /// The rows that as many commits through a vault write, to be written again in plain. Not part of what is timed.
    async fn record(&self, commits: usize) -> Result<Vec<Batch>, Fault> {
        let keys = self.keys.lock().await;
        let recorder = Arc::new(Recorder::default());
        let office = Office::open(Arc::clone(&recorder) as Arc<dyn Engine>, keys.root(), &self.papers).await?;
        std::fs::remove_file(keys.at("root.key")).map_err(failed)?;
        drop(recorder.take());
        Arc::new(office).write(commits).await?;
        let mut batches = recorder.take();
        // Of the house's own commits, those that gather evidence into its tree are not the writers' work.
        batches.retain(|batch| !batch.changes.is_empty());
        Ok(batches)
    }
}

fn sizes(batches: &[Batch]) -> String {
    let count = batches.len().max(1) as f64;
    let rows: usize = batches
        .iter()
        .map(|batch| batch.puts.len() + batch.deletes.len() + batch.log.len() + batch.changes.len())
        .sum();
    let puts = batches.iter().flat_map(|batch| &batch.puts).map(|put| put.key.len() + put.row.value.len());
    let entries = batches.iter().flat_map(|batch| batch.log.iter().chain(&batch.changes)).map(Vec::len);
    let bytes: usize = puts.chain(entries).sum();
    format!("{:.1} rows and {:.0} bytes per commit", rows as f64 / count, bytes as f64 / count)
}
