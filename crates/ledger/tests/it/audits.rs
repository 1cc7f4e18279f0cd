//! Audits: a whole log is reported, and every single changed byte is found and named.

use crate::{ORIGIN, Shelf, entries, key, signed_log};
use ledger::audit::{self, Breakage, Claimed};
use ledger::checkpoint::CheckpointError;
use ledger::files::{FileTiles, LogFiles};
use ledger::tile::Resource;
use ledger::{Auditor, Broken, Builder, Checkpoint, Report, SigningKey};

/// A signed checkpoint of the first `count` test entries.
fn signed_at(count: u64) -> String {
    let mut builder = Builder::new();
    builder.extend(&entries(count)).unwrap();
    Checkpoint::new(ORIGIN, count, builder.root()).signed(&key()).unwrap()
}

fn check(log: &Shelf, earlier: &[String]) -> Result<Report, Broken> {
    audit::files(log, ORIGIN, &[key().verifying_key().clone()], earlier)
}

/// Audits entries without tiles.
fn stream(latest: &str, earlier: &[String], entries: &[Vec<u8>]) -> Result<Report, Broken> {
    let keys = [key().verifying_key().clone()];
    let mut auditor = Auditor::begin(&Claimed { origin: ORIGIN, keys: &keys, latest, earlier }, None)?;
    entries.iter().for_each(|entry| auditor.entry(entry));
    auditor.finish()
}

/// The index of the entry whose bytes, length included, hold byte `at` of a bundle that starts with entry `first`.
fn entry_at(bundle: &[u8], at: usize, first: u64) -> u64 {
    let mut end = 0;
    let passed = ledger::bundle::entries(bundle).take_while(|entry| {
        end += 2 + entry.unwrap().len();
        end <= at
    });
    first + passed.count() as u64
}

#[test]
fn a_whole_log_is_reported() {
    for size in [0, 1, 2, 255, 256, 257, 700] {
        let earlier = [signed_at(size), signed_at(size / 2), signed_at(0)];
        let report = check(&signed_log(size), &earlier).unwrap();
        assert_eq!((report.checkpoint.size, report.earlier_checkpoints, report.entries_beyond), (size, 3, 0));
        assert_eq!(report.tiles_compared, ledger::Tile::all_of(size).count() as u64, "size {size}");
    }
}

#[test]
fn every_changed_byte_of_every_file_is_found_and_named() {
    // Small logs byte by byte; in the larger one, which has full tiles, every hash and every entry several times.
    for (size, step) in [(1, 1), (5, 1), (40, 1), (259, 7)] {
        let log = signed_log(size);
        for path in log.0.keys() {
            let bytes = &log.0[path];
            for at in (0..bytes.len()).step_by(step) {
                let mut changed = log.clone();
                changed.0.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
                let broken = check(&changed, &[]).expect_err(&format!("byte {at} of {path} in a log of {size}"));
                named(&broken, path, bytes, at);
            }
        }
    }
}

/// Asserts that the breakage names what was changed at byte `at` of the file.
fn named(broken: &Broken, path: &str, bytes: &[u8], at: usize) {
    let found = &broken.found;
    match Resource::parse(path).unwrap() {
        Resource::Checkpoint => {
            assert!(matches!(found[..], [Breakage::Checkpoint(_) | Breakage::NoCheckpoint(_)]), "{broken}");
        }
        Resource::Tile(tile) => assert_eq!(*found, [Breakage::TileAltered(tile)], "{broken}"),
        Resource::Bundle(bundle) => {
            let entry = entry_at(bytes, at, bundle.first_entry());
            let first = broken.changed_entries().first().copied();
            let unread = found.iter().find_map(|found| match found {
                Breakage::Bundle { entry, .. } => Some(*entry),
                _ => None,
            });
            // A changed length may leave no entry to compare; the bundle is then named with that entry.
            assert_eq!(first.or(unread), Some(entry), "byte {at} of {path}: {broken}");
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let log = signed_log(300);
    for path in log.0.keys() {
        let mut without = log.clone();
        without.0.remove(path);
        let said = check(&without, &[]).unwrap_err().to_string();
        assert!(said.contains(path.as_str()), "{path}: {said}");
    }
}

#[test]
fn a_far_entry_is_named_in_words() {
    let mut log = signed_log(26_000);
    log.0.get_mut("tile/entries/100").unwrap()[10] ^= 1;
    let broken = check(&log, &[]).unwrap_err();
    assert_eq!(broken.to_string(), "entry 25600 is not what was logged");
    assert_eq!(broken.changed_entries(), [25_600]);
}

#[test]
fn a_changed_entry_and_a_changed_tile_are_both_named() {
    let mut log = signed_log(1_000);
    log.0.get_mut("tile/entries/001").unwrap()[10] ^= 1;
    log.0.get_mut("tile/0/002").unwrap()[10] ^= 1;
    let said = check(&log, &[]).unwrap_err().to_string();
    assert_eq!(said, "entry 256 is not what was logged; tile/0/002 is not what the entries give");
}

#[test]
fn an_entry_and_tiles_changed_together_still_contradict_the_signature() {
    // Someone who rebuilds the whole log around a changed entry cannot sign it.
    let mut all = entries(600);
    all[77] = b"another entry".to_vec();
    let mut builder = Builder::new();
    let mut forged = Shelf::default();
    forged.put(builder.extend(&all).unwrap().files);
    forged.0.insert("checkpoint".to_owned(), signed_log(600).0["checkpoint"].clone());
    let broken = check(&forged, &[]).unwrap_err();
    assert_eq!(broken.found, [Breakage::SomeEntry { from: 0, to: 600 }]);
    // With an earlier checkpoint the place is narrower.
    let broken = check(&forged, &[signed_at(50), signed_at(100)]).unwrap_err();
    assert_eq!(broken.found, [Breakage::SomeEntry { from: 50, to: 100 }]);
    // And re-signed with a key of one's own it is by a stranger.
    let forger = SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap();
    let signed = Checkpoint::new(ORIGIN, 600, builder.root()).signed(&forger).unwrap();
    forged.0.insert("checkpoint".to_owned(), signed.into_bytes());
    let broken = check(&forged, &[]).unwrap_err();
    assert!(broken.to_string().contains("no signature is by a known key"), "{broken}");
}

#[test]
fn a_log_that_the_true_key_rewrote_contradicts_what_it_signed_before() {
    let mut all = entries(600);
    all[77] = b"another entry".to_vec();
    let mut builder = Builder::new();
    let mut rewritten = Shelf::default();
    rewritten.put(builder.extend(&all).unwrap().files);
    let signed = Checkpoint::new(ORIGIN, 600, builder.root()).signed(&key()).unwrap();
    rewritten.0.insert("checkpoint".to_owned(), signed.into_bytes());
    check(&rewritten, &[signed_at(50)]).unwrap();
    let broken = check(&rewritten, &[signed_at(50), signed_at(600), signed_at(100)]).unwrap_err();
    assert_eq!(broken.found, [Breakage::Rewritten { size: 100 }]);
}

#[test]
fn a_shortened_log_is_refused() {
    let broken = check(&signed_log(500), &[signed_at(600)]).unwrap_err();
    assert_eq!(broken.found, [Breakage::Shortened { earlier: 600, latest: 500 }]);
    let said = "the log was shortened: an earlier checkpoint counts 600 entries, the latest 500";
    assert_eq!(broken.to_string(), said);
    let broken = stream(&signed_at(600), &[], &entries(599)).unwrap_err();
    assert_eq!(broken.found, [Breakage::Missing { signed: 600, present: 599 }]);
}

#[test]
fn a_removed_entry_is_found_where_it_was() {
    let log = signed_log(600);
    let latest = String::from_utf8(log.read(Resource::Checkpoint).unwrap().unwrap()).unwrap();
    let keys = [key().verifying_key().clone()];
    let claimed = Claimed { origin: ORIGIN, keys: &keys, latest: &latest, earlier: &[] };
    let tiles = FileTiles(&log);
    let mut auditor = Auditor::begin(&claimed, Some(&tiles)).unwrap();
    entries(600).iter().enumerate().filter(|(index, _)| *index != 300).for_each(|(_, entry)| auditor.entry(entry));
    let broken = auditor.finish().unwrap_err();
    assert_eq!(broken.changed_entries().first(), Some(&300));
    assert!(broken.found.contains(&Breakage::Missing { signed: 600, present: 599 }), "{broken}");
}

#[test]
fn swapped_entries_are_found() {
    let mut all = entries(600);
    all.swap(10, 11);
    assert!(stream(&signed_at(600), &[], &all).is_err());
}

#[test]
fn entries_after_the_checkpoint_are_counted_and_not_vouched_for() {
    let report = stream(&signed_at(500), &[], &entries(512)).unwrap();
    assert_eq!((report.checkpoint.size, report.entries_beyond), (500, 12));
    assert!(report.to_string().ends_with("12 entries are newer than the checkpoint"), "{report}");
}

#[test]
fn an_earlier_checkpoint_by_a_stranger_is_refused() {
    let stranger = SigningKey::from_seed("stranger", &[1; 32]).unwrap();
    let earlier = Checkpoint::new(ORIGIN, 1, [0; 32]).signed(&stranger).unwrap();
    let broken = check(&signed_log(2), &[signed_at(1), earlier]).unwrap_err();
    let [Breakage::EarlierCheckpoint { position: 1, why: CheckpointError::Note(_) }] = &broken.found[..] else {
        panic!("{broken}");
    };
}
