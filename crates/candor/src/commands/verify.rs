use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use model::{Outside as _, Time};

use super::Failed;
use crate::Machine;

#[derive(Args)]
pub(super) struct Verify {
    /// The bundle, as downloaded from a trust page.
    bundle: PathBuf,
    /// The public key that the house is known by, in the form name+id+key. Without it the bundle's own key is believed,
    /// and shown to be compared.
    #[arg(long)]
    key: Option<String>,
    /// Judge freshness at this moment (RFC 3339) instead of now.
    #[arg(long)]
    now: Option<String>,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        let bytes =
            std::fs::read(&self.bundle).map_err(|error| Failed(format!("{}: {error}", self.bundle.display())))?;
        let now: Time = match &self.now {
            Some(text) => text.parse().map_err(|error| Failed(format!("--now {text}: {error}")))?,
            None => Machine.now(),
        };
        let code = trust::bundle::command(&bytes, now, self.key.as_deref(), &mut std::io::stdout())?;
        Ok(ExitCode::from(code))
    }
}
