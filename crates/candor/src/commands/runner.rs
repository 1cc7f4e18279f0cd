use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use model::Fault;
use storage::Engine;
use storage::engines::{Sqlite, SqliteOptions};
use tokio::process::{Child, Command};
use trust::runner::{Config, Mode};
use trust::scratch::Program;

use super::Failed;
use crate::Machine;

#[derive(Args)]
pub(super) struct Run {
    /// The data directory of the house.
    #[arg(long)]
    data: PathBuf,
    /// Run each probe once, and say by the exit code whether all promises hold.
    #[arg(long)]
    once: bool,
}

impl Run {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        let program = std::env::current_exe()?;
        let build = std::fs::read(&program)?;
        let config = Config {
            data: self.data.canonicalize().map_err(|error| Failed(format!("{}: {error}", self.data.display())))?,
            temp: std::env::temp_dir(),
            also: Vec::new(),
            build_sha256: seal::sha256(&build).iter().map(|byte| format!("{byte:02x}")).collect(),
            outside: Arc::new(Machine),
            scratch: Arc::new(Program::new(program, open_rows)),
            mode: if self.once { Mode::Once } else { Mode::Forever },
        };
        drop(build);
        let outcome = trust::runner::run(config).await?;
        Ok(ExitCode::from(outcome.exit_code()))
    }
}

/// The raw rows of a scratch house that has been stopped.
pub fn open_rows(data: &Path) -> Result<Arc<dyn Engine>, String> {
    let engine = Sqlite::open(data, SqliteOptions::default());
    engine.map(|engine| Arc::new(engine) as Arc<dyn Engine>).map_err(|error| error.to_string())
}

/// Starts the runner of a house as a process of its own. It ends with the house.
pub(super) fn start(data: &Path) -> Result<Child, Fault> {
    let failed = |error: std::io::Error| Fault::new("starting the probe runner", error);
    let program = std::env::current_exe().map_err(failed)?;
    Command::new(program)
        .arg("runner")
        .arg("--data")
        .arg(data)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)
}
