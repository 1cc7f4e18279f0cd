//! Checking a log that is kept as files.

use super::{Auditor, Breakage, Broken, Claimed, Report};
use crate::bundle;
use crate::files::{self, FileTiles, LogFiles};
use crate::note::VerifyingKey;
use crate::tile::{BundleName, Resource};

/// Checks every file of a log: its checkpoint, every bundle of entries, every tile.
pub fn files(log: &dyn LogFiles, origin: &str, keys: &[VerifyingKey], earlier: &[String]) -> Result<Report, Broken> {
    let unread = |why: String| Broken::one(Breakage::NoCheckpoint(why));
    let latest = log.read(Resource::Checkpoint).map_err(|error| unread(error.to_string()))?;
    let latest = latest.ok_or_else(|| unread("there is none".to_owned()))?;
    let latest = String::from_utf8(latest).map_err(|_| unread("it is not text".to_owned()))?;
    let tiles = FileTiles(log);
    let mut auditor = Auditor::begin(&Claimed { origin, keys, latest: &latest, earlier }, Some(&tiles))?;
    for name in BundleName::all_of(auditor.size()) {
        if let Err((entry, why)) = take_bundle(log, name, &mut auditor) {
            auditor.halt(Breakage::Bundle { bundle: name, entry, why });
            break;
        }
    }
    auditor.finish()
}

/// Feeds the entries of one bundle to the auditor; on failure says at which entry and why.
fn take_bundle(log: &dyn LogFiles, name: BundleName, auditor: &mut Auditor<'_>) -> Result<(), (u64, String)> {
    let first = name.first_entry();
    let read = files::bundle(log, name).map_err(|error| (first, error.to_string()))?;
    let (held, bytes) = read.ok_or_else(|| (first, "there is no such file".to_owned()))?;
    let mut entries = bundle::entries(&bytes);
    for index in (first..).take(usize::from(name.width())) {
        match entries.next() {
            Some(Ok(entry)) => auditor.entry(entry),
            Some(Err(short)) => return Err((index, short.to_string())),
            None => return Err((index, "it has too few entries".to_owned())),
        }
    }
    if held == name && entries.next().is_some() {
        return Err((first + u64::from(name.width()), "it has more entries than its name says".to_owned()));
    }
    Ok(())
}
