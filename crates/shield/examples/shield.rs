//! What the makers of rules ask beside `candor shield`: whether the gates change a verdict, and what a request costs.
//!
//! `shield gates [--rules DIR] --cases FILE`, `shield time [--rules DIR] --cases FILE [--rounds N]`.
#![expect(clippy::print_stdout, reason = "a command line speaks through its output")]

use shield::{Gates, Inspector, Settings, cases};
use std::path::PathBuf;
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

struct Options {
    rules: Vec<PathBuf>,
    cases: PathBuf,
    test: Option<String>,
    rounds: u32,
    paranoia: u8,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let mut options = Options { rules: Vec::new(), cases: PathBuf::new(), test: None, rounds: 200, paranoia: 1 };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--rules" => options.rules.push(value()?.into()),
            "--cases" => options.cases = value()?.into(),
            "--test" => options.test = Some(value()?),
            "--rounds" => options.rounds = value()?.parse()?,
            "--paranoia" => options.paranoia = value()?.parse()?,
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let verb = words.next().ok_or("gates or time?")?;
    let options = options(words)?;
    let cases = cases::parse(&std::fs::read(&options.cases)?)?;
    let blocking = Settings { paranoia: options.paranoia, ..Settings::default() };
    match verb.as_str() {
        "gates" => gates(&options, &cases),
        "time" => time(&inspector(&options, blocking)?, &options, &cases),
        _ => Err("gates or time?".into()),
    }
}

fn inspector(options: &Options, settings: Settings) -> Result<Inspector, Failure> {
    // Without rules of their own, people get the rules of the house.
    if options.rules.is_empty() {
        return Ok(Inspector::built_in(settings)?);
    }
    Ok(Inspector::load(&options.rules, settings)?)
}

/// Says for which cases the gates change the verdict: for none, ever.
fn gates(options: &Options, cases: &[cases::Case]) -> Result<(), Failure> {
    let with = |gates| inspector(options, Settings { gates, ..cases::regression_settings() });
    let different = cases::differences(&with(Gates::On)?, &with(Gates::Off)?, cases)?;
    println!("{} of {} cases differ without gates {different:?}", different.len(), cases.len());
    Ok(())
}

fn time(inspector: &Inspector, options: &Options, cases: &[cases::Case]) -> Result<(), Failure> {
    for case in cases.iter().filter(|case| options.test.as_ref().is_none_or(|test| *test == case.test)) {
        let begin = Instant::now();
        let mut blocks = 0u32;
        for _ in 0..options.rounds {
            blocks += u32::from(case.request(|request| inspector.inspect(request))?.blocks());
        }
        println!(
            "{} {:.1} microseconds ({blocks} of {} blocked)",
            case.test,
            begin.elapsed().as_secs_f64() * 1e6 / f64::from(options.rounds),
            options.rounds
        );
    }
    Ok(())
}
