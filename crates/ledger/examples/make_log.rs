//! Writes a demonstration log as static files: `make_log DIRECTORY [ENTRIES]`.
//!
//! Beside the C2SP files (`checkpoint`, `tile/…`) it writes what a verifier needs to be given: `vkey` (the public key),
//! `checkpoint.earlier` (a checkpoint signed at half the size) and `proofs.json` (sample proofs, hashes in base64).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::build::Growth;
use ledger::files::{Directory, FileTiles};
use ledger::{Builder, Checkpoint, Hash, SigningKey, consistency_proof, inclusion_proof};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};

const ORIGIN: &str = "log.example/demonstration";

/// The key of a demonstration is no secret.
const DEMONSTRATION_SEED: [u8; 32] = *b"a demonstration key, no secret !";

/// Entries per growth, chosen so that most growths end within a tile.
const BATCH: u64 = 777;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("usage: make_log DIRECTORY [ENTRIES]")?);
    let entries = match arguments.next() {
        Some(text) => text.to_str().ok_or("ENTRIES is not a number")?.parse()?,
        None => 5_000,
    };
    let key = SigningKey::from_seed(ORIGIN, &DEMONSTRATION_SEED)?;
    let half = entries / 2;

    let mut builder = Builder::new();
    grow(&mut builder, half, &directory)?;
    let earlier = Checkpoint::new(ORIGIN, builder.size(), builder.root());
    write(&directory, "checkpoint.earlier", earlier.signed(&key)?.as_bytes())?;

    // A second process would continue from the files alone; so does this one.
    let mut builder = Builder::resume(&earlier, &Directory::new(&directory))?;
    grow(&mut builder, entries, &directory)?;
    let latest = Checkpoint::new(ORIGIN, builder.size(), builder.root());
    write(&directory, "checkpoint", latest.signed(&key)?.as_bytes())?;
    write(&directory, "vkey", format!("{}\n", key.verifying_key().to_text()).as_bytes())?;
    let proofs = sample_proofs(half, entries, &Directory::new(&directory))?;
    write(&directory, "proofs.json", serde_json::to_string_pretty(&proofs)?.as_bytes())?;
    Ok(())
}

fn grow(builder: &mut Builder, size: u64, directory: &Path) -> Result<(), Box<dyn Error>> {
    while builder.size() < size {
        let entries: Vec<String> = (builder.size()..size).take(BATCH as usize).map(entry).collect();
        let Growth { files, .. } = builder.extend(&entries)?;
        for file in files {
            write(directory, &file.path, &file.bytes)?;
        }
    }
    Ok(())
}

/// An entry of the shape and length of an audit entry.
fn entry(index: u64) -> String {
    format!(
        "{{\"index\":{index},\"at\":\"2026-01-01T00:00:00.000Z\",\"actor\":\"demonstration\",\"action\":\"read\",\
         \"kind\":\"patient\",\"id\":\"{:032x}\",\"purpose\":\"care\",\"decision\":\"granted\",\"digest\":\"{:064x}\",\
         \"request\":\"{:032x}\",\"outcome\":\"done\"}}",
        u128::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
        u128::from(index).wrapping_mul(0xd1b5_4a32_d192_ed03_aef1_7502_108e_f2d9),
        index.wrapping_mul(0x2545_f491_4f6c_dd1d),
    )
}

fn sample_proofs(old: u64, new: u64, log: &Directory) -> Result<Value, Box<dyn Error>> {
    let tiles = FileTiles(log);
    let mut inclusion = Vec::new();
    for index in [0, new / 3, new.saturating_sub(1)].into_iter().filter(|index| *index < new) {
        let hashes = inclusion_proof(index, new, &tiles)?;
        inclusion.push(json!({ "index": index, "size": new, "hashes": in_base64(&hashes) }));
    }
    let hashes = consistency_proof(old, new, &tiles)?;
    let consistency = json!([{ "old": old, "new": new, "hashes": in_base64(&hashes) }]);
    Ok(json!({ "inclusion": inclusion, "consistency": consistency }))
}

fn in_base64(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}

fn write(directory: &Path, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = directory.join(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, bytes)
}
