//! Golden records: one stored body for every shape a kind ever had, which must decode for ever.
//!
//! They stand in `crates/<crate>/golden/<kind>.v<N>.json`. Only tests call this; it is the one place in
//! `model` that reads files.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{DecodeError, Kind};

/// A promise to old records that does not hold, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A shape has no golden record.
    #[error("there is no golden record {file}: {}", advice(.add))]
    Missing {
        /// Where it should stand.
        file: PathBuf,
        /// What to write there; nothing for a past shape, whose records only the past can write.
        add: Option<String>,
    },
    /// The file is there but cannot be read.
    #[error("the golden record {file} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A record of a past or present shape no longer decodes.
    #[error("the golden record {file} no longer decodes, and neither do its like in every house: {cause}")]
    Undecodable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: DecodeError,
    },
    /// The present record is written differently from how it is read.
    #[error(
        "{what} is read, written again and then differs: raise the version and add an upgrade step\n  stood: {stood}\n  now:   {now}"
    )]
    Changed {
        /// The file, or the sample.
        what: String,
        /// As it stood.
        stood: Value,
        /// As it is written now.
        now: Value,
    },
    /// The body has a member that the declaration does not name, or lacks one that it does.
    #[error("{kind} is stored with the members [{stored}] but declares [{declared}]")]
    Undeclared {
        /// The kind's name.
        kind: &'static str,
        /// The body's members.
        stored: String,
        /// The declared fields.
        declared: String,
    },
    /// There is a golden record of a shape that the kind has not reached.
    #[error("the golden record {0} is of a shape to come: raise the kind's version, or remove the file")]
    FromTheFuture(PathBuf),
}

/// Checks every golden record of `K` in `dir` against the present release.
///
/// Each shape from 1 to the present has one; each decodes; the present one is written again equal, as a
/// JSON value. `sample` is any record of the present shape with no optional field empty: it must survive its own
/// round trip, and is the content proposed when the present golden record is missing.
pub fn check<K: Kind>(dir: &Path, sample: &K) -> Result<(), Broken> {
    let present = K::DECL.version;
    let sample = rewritten(sample, "the sample")?;
    check_members::<K>(&sample)?;
    for version in 1..=present {
        let file = path::<K>(dir, version);
        let Some(body) = read(&file)? else {
            let add = (version == present).then(|| format!("{sample:#}\n"));
            return Err(Broken::Missing { file, add });
        };
        let record = K::decode(version, &body).map_err(|cause| Broken::Undecodable { file: file.clone(), cause })?;
        let now = rewritten(&record, &file.display().to_string())?;
        if version == present {
            let stood = value::<K>(&body, &file)?;
            equal(&file.display().to_string(), stood, now)?;
        }
    }
    let next = path::<K>(dir, present.saturating_add(1));
    if present < u16::MAX && next.exists() { Err(Broken::FromTheFuture(next)) } else { Ok(()) }
}

/// Where the golden record of one shape stands.
pub fn path<K: Kind>(dir: &Path, version: u16) -> PathBuf {
    dir.join(format!("{}.v{version}.json", K::DECL.name))
}

/// The record as it is written, after it has been read back and written once more without a change.
fn rewritten<K: Kind>(record: &K, what: &str) -> Result<Value, Broken> {
    let undecodable = |cause| Broken::Undecodable { file: PathBuf::from(what), cause };
    let first = record.encode().map_err(undecodable)?;
    let again = K::decode(K::DECL.version, &first).and_then(|record| record.encode()).map_err(undecodable)?;
    let (first, again) = (value::<K>(&first, Path::new(what))?, value::<K>(&again, Path::new(what))?);
    equal(what, first, again.clone())?;
    Ok(again)
}

fn check_members<K: Kind>(body: &Value) -> Result<(), Broken> {
    let mut stored: Vec<&str> = body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let mut declared: Vec<&str> = K::DECL.fields.iter().map(|field| field.name).collect();
    stored.sort_unstable();
    declared.sort_unstable();
    if stored == declared {
        return Ok(());
    }
    Err(Broken::Undeclared { kind: K::DECL.name, stored: stored.join(", "), declared: declared.join(", ") })
}

fn equal(what: &str, stood: Value, now: Value) -> Result<(), Broken> {
    if stood == now { Ok(()) } else { Err(Broken::Changed { what: what.to_owned(), stood, now }) }
}

fn value<K: Kind>(body: &[u8], file: &Path) -> Result<Value, Broken> {
    serde_json::from_slice(body).map_err(|cause| Broken::Undecodable {
        file: file.to_owned(),
        cause: DecodeError { kind: K::DECL.name, version: K::DECL.version, words: cause.to_string() },
    })
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, Broken> {
    match std::fs::read(file) {
        Ok(body) => Ok(Some(body)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Broken::Unreadable { file: file.to_owned(), cause }),
    }
}

fn advice(add: &Option<String>) -> impl fmt::Display {
    match add {
        Some(content) => format!("add it with this content, and never change it again\n{content}"),
        None => "it is of a past shape, so restore it from the release that wrote that shape".to_owned(),
    }
}
