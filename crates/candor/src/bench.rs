//! The figures that the house promises, each measured against a plain way of doing the same on the same machine.
//!
//! | file | what |
//! |---|---|
//! | `figure.rs`, `rounds.rs` | a figure and its target; rounds that alternate, and their medians |
//! | `machine.rs`, `scratch.rs` | what it is measured on, and where |
//! | `decision.rs` | one decision |
//! | `office.rs`, `recorder.rs` | the writers' work, and an engine that keeps what they write |
//! | `commits.rs`, `plain.rs` | sealed commits beside bare SQLite |
//! | `reads.rs`, `client.rs` | sealed reads over HTTPS beside a bare handler |
//! | `verify.rs` | checking a long log beside hashing it |
//! | `start.rs` | from process start to the first answer |

mod client;
mod commits;
mod decision;
mod figure;
mod machine;
mod office;
mod plain;
mod reads;
mod recorder;
mod rounds;
mod scratch;
mod start;
mod verify;

use std::path::PathBuf;

use model::{Fault, No};

pub use figure::{Figure, table};
pub use machine::describe;
pub use rounds::Pace;
use scratch::Scratch;

/// A part of the measurements that can be asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// One decision.
    Decision,
    /// Commits beside bare group commits.
    Commits,
    /// Commits beside one flush for each.
    GroupCommit,
    /// Reads over HTTPS beside a bare handler.
    Reads,
    /// Verification of a long log.
    Verify,
    /// Start, idle memory, size of the binary.
    Start,
}

impl Part {
    /// Every part, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::Decision, Self::Commits, Self::GroupCommit, Self::Reads, Self::Verify, Self::Start];
}

/// Measures one part. What it writes goes below `scratch` and is removed again.
pub async fn measure(part: Part, pace: Pace, scratch: PathBuf) -> Result<Vec<Figure>, Fault> {
    let scratch = Scratch::take(scratch)?;
    Ok(match part {
        Part::Decision => vec![decision::measure(pace)?],
        Part::Commits => vec![commits::beside_groups(pace, &scratch).await?],
        Part::GroupCommit => vec![commits::beside_single(pace, &scratch).await?],
        Part::Reads => vec![reads::measure(pace, &scratch).await?],
        Part::Verify => vec![verify::measure(pace, &scratch).await?],
        Part::Start => start::measure(pace, &scratch).await?,
    })
}

const DOING: &str = "measuring";

/// An error met while measuring.
fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::new(DOING, error)
}

/// Nothing is refused while measuring; if it is, the measurement is wrong.
fn unexpected(no: No) -> Fault {
    match no {
        No::Fault(fault) => fault,
        No::Refusal(refusal) => failed(refusal.words),
    }
}
