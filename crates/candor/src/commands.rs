//! The command line.

mod bench;
mod breached;
mod demo;
mod runner;
mod serve;
mod serve_edge;
mod shield;
mod study;
mod verify;

use std::process::ExitCode;

pub use runner::open_rows;

use clap::{Parser, Subcommand};
use model::Outside as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::Machine;

/// Health software whose security page is true, and provably so.
#[derive(Parser)]
#[command(name = "candor", version, about, max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open a demo house with synthetic practices.
    Demo(demo::Demo),
    /// Open a house for real records.
    Serve(serve::Serve),
    /// Check an evidence bundle offline.
    Verify(verify::Verify),
    /// Run the probes behind the trust page, as a process of its own.
    Runner(runner::Run),
    /// Measure the figures that the house promises on this machine.
    Bench(bench::Bench),
    /// Design a clinical trial: protocol in, artefacts out.
    Study(study::Study),
    /// Try the request firewall's rules on requests from a file.
    Shield(shield::Shield),
    /// Make a file of leaked passwords from a list of them.
    Breached(breached::Breached),
    /// Show the present one-time code of a secret.
    Totp {
        /// The secret in base32.
        secret: String,
    },
}

/// Why a command ended badly, in words for whoever typed it.
pub(crate) struct Failed(pub String);

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let done = match line.command {
        Command::Demo(demo) => in_runtime(std::io::stderr, demo.run()),
        Command::Serve(serve) => in_runtime(std::io::stderr, serve.run()),
        Command::Runner(run) => in_runtime(std::io::stderr, run.run()),
        Command::Bench(bench) => bench.log().and_then(|log| in_runtime(log, bench.run())),
        Command::Verify(verify) => verify.run(),
        Command::Shield(shield) => shield.run(),
        Command::Study(study) => study.run(),
        Command::Breached(breached) => breached.run(),
        Command::Totp { secret } => totp(&secret),
    };
    match done {
        Ok(code) => code,
        Err(Failed(words)) => {
            say(&mut std::io::stderr(), &format!("candor: {words}\n"));
            ExitCode::from(2)
        }
    }
}

/// Writes for people or programs. A reader who went away is no reason to fail.
pub(crate) fn say(to: &mut dyn std::io::Write, words: &str) {
    if to.write_all(words.as_bytes()).and_then(|()| to.flush()).is_err() {
        tracing::debug!("nobody reads what is said");
    }
}

fn in_runtime(
    log: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
    command: impl Future<Output = Result<ExitCode, Failed>>,
) -> Result<ExitCode, Failed> {
    tracing_subscriber::fmt().json().with_writer(log).with_max_level(tracing::Level::INFO).init();
    quiet_panics();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command)
}

/// A panic's words may hold anything, so they are not printed; where it happened is.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panic");
    }));
}

/// Listens from now on for being asked to stop; what it returns resolves when that happens.
///
/// ORDER: before the doors open. Until somebody listens, being asked to stop ends the process on the spot.
pub(crate) fn asked_to_stop() -> Result<impl Future<Output = ()>, Failed> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn totp(secret: &str) -> Result<ExitCode, Failed> {
    let now = Machine.now();
    let code = identity::rules::code::at(secret, now);
    let code = code.ok_or(Failed("this is not a secret in base32 of at least 128 bits".to_owned()))?;
    let left = 30 - now.seconds().rem_euclid(30);
    say(&mut std::io::stdout(), &format!("{code}\n"));
    say(&mut std::io::stderr(), &format!("good for {left} more seconds\n"));
    Ok(ExitCode::SUCCESS)
}
