//! Tasks about the source itself. `cargo xtask tidy` checks what the compiler cannot.
//!
//! Each check is a pure function from a [`House`] (the files and the packages) to findings, so
//! each has a sabotage test: break a sample house, the check must say so.

mod docs;
mod exceptions;
mod finding;
mod floors;
mod forgotten;
mod house;
mod leftovers;
mod licences;
mod load;
mod rust;
mod sizes;
mod spdx;
mod walls;

use std::io::Write;
use std::process::ExitCode;

use finding::{Finding, Weight};
use house::House;

/// A check and its name.
type Check = (&'static str, fn(&House) -> Vec<Finding>);

/// Every check that `tidy` runs.
const CHECKS: &[Check] = &[
    ("floors", floors::check),
    ("walls", walls::check),
    ("sizes", sizes::check),
    ("forgotten files", forgotten::check),
    ("leftovers", leftovers::check),
    ("licences and sources", licences::check),
    ("links", docs::check),
];

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let done = match task.as_deref() {
        Some("tidy") => tidy(),
        _ => Err("usage: cargo xtask tidy".to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            // Nothing is left to tell anyone if standard error is closed; the exit code still says it.
            writeln!(std::io::stderr(), "xtask: {words}").map_or(ExitCode::FAILURE, |()| ExitCode::FAILURE)
        }
    }
}

/// Runs every check, prints what they found and says whether the house is tidy.
fn tidy() -> Result<bool, String> {
    let house = load::load()?;
    let findings = exceptions::apply(&house, CHECKS.iter().flat_map(|(_, check)| check(&house)).collect());
    let errors = findings.iter().filter(|finding| finding.weight == Weight::Error).count();
    let notes = findings.len() - errors;
    let names: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!(
        "tidy: {} of {} files and {} packages: {errors} errors, {notes} notes",
        names.join(", "),
        house.files.len(),
        house.packages.len()
    ));
    writeln!(std::io::stdout(), "{}", lines.join("\n")).map_err(|error| format!("cannot print: {error}"))?;
    Ok(errors == 0)
}
