use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Args;

use super::{Failed, say};
use crate::bench::{Pace, Part, describe, measure, table};

#[derive(Args)]
pub(super) struct Bench {
    /// Where the figures are written as JSON.
    #[arg(long, default_value = "target/bench.json")]
    out: PathBuf,
    /// Measure only this; may be given several times.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Measure briefly: enough to see that something is badly off, not to be quoted.
    #[arg(long)]
    quick: bool,
}

impl Bench {
    /// A house writes one line per request; they go to a file beside the figures.
    pub(super) fn log(&self) -> Result<Mutex<File>, Failed> {
        let path = self.out.with_extension("log");
        let made = self.out.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(&path));
        made.map(Mutex::new).map_err(|error| Failed(format!("{}: {error}", path.display())))
    }

    /// Measures one part after another, so that none disturbs the next. A missed target is shown, not an error.
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        let dir = self.out.parent().map(PathBuf::from).unwrap_or_default();
        let pace = if self.quick { Pace::Quick } else { Pace::Full };
        say(&mut std::io::stdout(), &describe(&dir)?);
        let mut figures = Vec::new();
        for part in Part::ALL.into_iter().filter(|part| self.only.is_empty() || self.only.contains(part)) {
            say(&mut std::io::stderr(), &format!("measuring {part:?} …\n"));
            figures.extend(measure(part, pace, dir.join("bench-scratch")).await?);
        }
        std::fs::write(&self.out, serde_json::to_vec_pretty(&figures)?)
            .map_err(|error| Failed(format!("{}: {error}", self.out.display())))?;
        say(&mut std::io::stdout(), &format!("\n{}", table(&figures)));
        Ok(ExitCode::SUCCESS)
    }
}
