//! Checks a log kept as static files: `check_log DIRECTORY`; the counterpart of the foreign verifiers in `verify/`.

use ledger::audit;
use ledger::files::Directory;
use ledger::note::VerifyingKey;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "a program that speaks to a person")]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: check_log DIRECTORY")?;
    let directory = PathBuf::from(directory);
    let key = VerifyingKey::from_text(std::fs::read_to_string(directory.join("vkey"))?.trim_end())?;
    let earlier = std::fs::read_to_string(directory.join("checkpoint.earlier"))?;
    let origin = key.name().to_owned();
    match audit::files(&Directory::new(&directory), &origin, &[key], &[earlier]) {
        Ok(report) => {
            println!("ledger: {report}");
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("ledger: BROKEN: {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}
