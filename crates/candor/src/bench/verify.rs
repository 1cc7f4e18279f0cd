use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use ledger::files::{Directory, LogFiles as _};
use ledger::tile::{BundleName, Resource};
use ledger::{Builder, Checkpoint, SigningKey, VerifyingKey, audit};
use model::{Fault, Outside as _};
use storage::Engine;

use super::office::{Office, Papers};
use super::recorder::Recorder;
use super::rounds::alternate;
use super::scratch::Scratch;
use super::{Figure, Pace, failed};
use crate::Machine;

const ORIGIN: &str = "bench/evidence";
/// Whole bundles, so that no partial file is written on the way.
const CHUNK: u64 = 256 * 100;

/// The check of a whole log of real entries (every entry, every tile, the checkpoint's signature and root), beside one
/// SHA-256 over the same files of entries.
pub(super) async fn measure(pace: Pace, scratch: &Scratch) -> Result<Figure, Fault> {
    let entries = pace.pick(1_000_000, 100_000);
    let log = scratch.at("log");
    let (key, bytes) = build(&log, &evidence(scratch).await?, entries)?;
    let log = Directory::new(&log);
    let pairs = alternate(
        pace.pick(5, 3),
        async || {
            let started = Instant::now();
            let report = audit::files(&log, ORIGIN, std::slice::from_ref(&key), &[]).map_err(failed)?;
            let taken = started.elapsed().as_secs_f64();
            if report.checkpoint.size != entries || report.tiles_compared == 0 {
                return Err(failed("not everything was checked"));
            }
            Ok(taken)
        },
        async || hash_all(&log, entries),
    )
    .await?;
    let detail = format!(
        "{entries} entries of {:.0} bytes on average: checked in {:.2} s, hashed in {:.2} s",
        bytes as f64 / entries as f64,
        pairs.ours(),
        pairs.theirs()
    );
    Ok(Figure::at_most("verify", pairs.ratio(), "times SHA-256", 3.0, detail))
}

/// Entries as commits and reads leave them, without their index.
async fn evidence(scratch: &Scratch) -> Result<Vec<Vec<u8>>, Fault> {
    let recorder = Arc::new(Recorder::default());
    let office = Office::open(Arc::clone(&recorder) as Arc<dyn Engine>, scratch.root(), &Papers::invent()?).await?;
    let office = Arc::new(office);
    office.write(64 * 8).await?;
    office.read_often(1_500).await?;
    let entries: Vec<_> = recorder.take().into_iter().flat_map(|batch| batch.log).collect();
    if entries.is_empty() { Err(failed("nothing left evidence")) } else { Ok(entries) }
}

/// Writes a log of so many entries; its key, and the bytes of all entries.
fn build(log: &Path, evidence: &[Vec<u8>], entries: u64) -> Result<(VerifyingKey, usize), Fault> {
    let mut seed = [0; 32];
    Machine.fill(&mut seed);
    let key = SigningKey::from_seed(ORIGIN, &seed).map_err(failed)?;
    let mut builder = Builder::new();
    let mut bytes = 0;
    let mut sources = evidence.iter().cycle();
    while builder.size() < entries {
        let from = builder.size();
        let leaves: Vec<Vec<u8>> = (from..entries.min(from + CHUNK))
            .zip(&mut sources)
            .map(|(index, stored)| vault::leaf_bytes(index, stored))
            .collect();
        bytes += leaves.iter().map(Vec::len).sum::<usize>();
        for file in builder.extend(&leaves).map_err(failed)?.files {
            write(&log.join(file.path), &file.bytes)?;
        }
    }
    let checkpoint = Checkpoint::new(ORIGIN, builder.size(), builder.root());
    let note = checkpoint.signed(&key).map_err(failed)?;
    write(&log.join(Resource::Checkpoint.path()), note.as_bytes())?;
    Ok((key.verifying_key().clone(), bytes))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

/// Seconds for one SHA-256 over all files of entries.
fn hash_all(log: &Directory, entries: u64) -> Result<f64, Fault> {
    let started = Instant::now();
    let mut hash = digest::Context::new(&digest::SHA256);
    for name in BundleName::all_of(entries) {
        let bytes = log.read(Resource::Bundle(name)).map_err(failed)?;
        hash.update(&bytes.ok_or_else(|| failed("a file of entries is missing"))?);
    }
    std::hint::black_box(hash.finish());
    Ok(started.elapsed().as_secs_f64())
}
