//! `study build protocol.json [--out build] [--seed N] [--subjects N] [--choices choices.json]`
//!
//! Builds a study and writes its artefacts. The exit code is 0 when the study was built; findings stand in the report.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks to the terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use trials::design::{Order, Severity, build};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| arguments.iter().position(|one| one == name).and_then(|at| arguments.get(at + 1));
    let Some(protocol) = arguments.get(1).filter(|_| arguments.first().is_some_and(|verb| verb == "build")) else {
        eprintln!("study build protocol.json [--out build] [--seed N] [--subjects N] [--choices choices.json]");
        return ExitCode::from(2);
    };
    let out = PathBuf::from(after("--out").map_or("build", String::as_str));
    match run(protocol, &out, after) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run<'a>(protocol: &str, out: &Path, after: impl Fn(&str) -> Option<&'a String>) -> std::io::Result<bool> {
    let bytes = std::fs::read(protocol)?;
    let mut order = Order::new(&bytes);
    if let Some(path) = after("--choices") {
        order.remembered = serde_json::from_slice(&std::fs::read(path)?)?;
    }
    order.seed = after("--seed").and_then(|text| text.parse().ok()).unwrap_or(order.seed);
    order.subjects = after("--subjects").and_then(|text| text.parse().ok()).unwrap_or(order.subjects);
    let built = build(&order);
    for file in &built.files {
        let path = out.join(&file.name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    let count = |severity: Severity| built.findings.iter().filter(|finding| finding.severity == severity).count();
    println!(
        "{}: {} files, {} visits, {} forms, {} checks; {} blockers, {} errors, {} warnings, {} proposals",
        if built.readable { built.study.as_str() } else { "not a study" },
        built.files.len(),
        built.schedule.visits.len(),
        built.forms.len(),
        built.checks.len(),
        built.blockers,
        count(Severity::Error),
        count(Severity::Warning),
        built.proposals.len()
    );
    println!("activities: {:?}", built.coverage);
    Ok(built.readable)
}
