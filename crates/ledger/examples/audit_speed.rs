//! Measures an audit against plain SHA-256 of the same bytes: `audit_speed [ENTRIES]`; build it with `--release`.

use aws_lc_rs::digest::{Context, SHA256};
use ledger::audit::Claimed;
use ledger::{Auditor, Checkpoint, Frontier, SigningKey, leaf_hash};
use std::error::Error;
use std::time::{Duration, Instant};

const ENTRY_BYTES: usize = 300;
const ORIGIN: &str = "log.example/speed";

#[expect(clippy::print_stdout, reason = "a program that speaks to a person")]
fn main() -> Result<(), Box<dyn Error>> {
    let entries: usize = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 1_000_000,
    };
    let bytes: Vec<u8> =
        (0..entries as u32 * ENTRY_BYTES as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let key = SigningKey::from_seed(ORIGIN, &[7; 32])?;
    let mut frontier = Frontier::new();
    bytes.chunks(ENTRY_BYTES).for_each(|entry| frontier.append(leaf_hash(entry)));
    let latest = Checkpoint::new(ORIGIN, frontier.size(), frontier.root()).signed(&key)?;
    let keys = [key.verifying_key().clone()];
    let claimed = Claimed { origin: ORIGIN, keys: &keys, latest: &latest, earlier: &[] };

    let (mut plain, mut audit) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let start = Instant::now();
        let mut context = Context::new(&SHA256);
        bytes.chunks(1 << 16).for_each(|chunk| context.update(chunk));
        std::hint::black_box(context.finish());
        plain = plain.min(start.elapsed());

        let start = Instant::now();
        let mut auditor = Auditor::begin(&claimed, None)?;
        bytes.chunks(ENTRY_BYTES).for_each(|entry| auditor.entry(entry));
        auditor.finish()?;
        audit = audit.min(start.elapsed());
    }
    let ratio = audit.as_secs_f64() / plain.as_secs_f64();
    println!("{entries} entries of {ENTRY_BYTES} bytes: SHA-256 {plain:?}, audit {audit:?}, ratio {ratio:.2}");
    Ok(())
}
