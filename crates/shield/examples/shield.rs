//! Runs rules over case files from a shell.
//!
//! `shield test --rules DIR --cases FILE [--json]`, `shield decide [--rules DIR] --cases FILE [--json]`,
//! `shield explain [--rules DIR] --cases FILE --test NAME`,
//! `shield gates [--rules DIR] --cases FILE`, `shield time [--rules DIR] --cases FILE [--rounds N]`.
#![expect(clippy::print_stdout, reason = "a command line speaks through its output")]

use shield::{Gates, Inspector, Outcome, Settings, cases};
use std::path::PathBuf;
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

struct Options {
    rules: Vec<PathBuf>,
    cases: PathBuf,
    json: bool,
    test: Option<String>,
    rounds: u32,
    paranoia: u8,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let mut options =
        Options { rules: Vec::new(), cases: PathBuf::new(), json: false, test: None, rounds: 200, paranoia: 1 };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--rules" => options.rules.push(value()?.into()),
            "--cases" => options.cases = value()?.into(),
            "--test" => options.test = Some(value()?),
            "--rounds" => options.rounds = value()?.parse()?,
            "--paranoia" => options.paranoia = value()?.parse()?,
            "--json" => options.json = true,
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let verb = words.next().ok_or("test, decide, explain, gates or time?")?;
    let options = options(words)?;
    let cases = cases::parse(&std::fs::read(&options.cases)?)?;
    let blocking = Settings { paranoia: options.paranoia, ..Settings::default() };
    match verb.as_str() {
        "test" => test(&Inspector::load(&options.rules, cases::regression_settings())?, &options, &cases),
        "decide" => decide(&inspector(&options, blocking)?, &options, &cases),
        "explain" => explain(&inspector(&options, blocking)?, &options, &cases),
        "gates" => gates(&options, &cases),
        "time" => time(&inspector(&options, blocking)?, &options, &cases),
        _ => Err("test, decide, explain, gates or time?".into()),
    }
}

fn inspector(options: &Options, settings: Settings) -> Result<Inspector, Failure> {
    // Without rules of their own, people get the rules of the house.
    if options.rules.is_empty() {
        return Ok(Inspector::built_in(settings)?);
    }
    Ok(Inspector::load(&options.rules, settings)?)
}

fn test(inspector: &Inspector, options: &Options, cases: &[cases::Case]) -> Result<(), Failure> {
    let report = cases::test(inspector, cases)?;
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    for (file, (passed, total)) in &report.files {
        println!("{passed:>6} of {total:>5}  {file}");
    }
    println!("{:>6} of {:>5}  all", report.passed, report.total);
    for failure in &report.failed {
        println!(
            "{} expected {:?} forbidden {:?} got {:?}",
            failure.test, failure.expected, failure.forbidden, failure.got
        );
    }
    Ok(())
}

fn decide(inspector: &Inspector, options: &Options, cases: &[cases::Case]) -> Result<(), Failure> {
    for decided in cases::decide(inspector, cases)? {
        if options.json {
            println!("{}", serde_json::to_string(&decided)?);
        } else {
            println!(
                "{} {} score {} {:?}",
                if decided.block { "block" } else { "pass " },
                decided.test,
                decided.score,
                decided.ids
            );
        }
    }
    Ok(())
}

fn explain(inspector: &Inspector, options: &Options, cases: &[cases::Case]) -> Result<(), Failure> {
    for case in cases.iter().filter(|case| options.test.as_ref().is_none_or(|test| *test == case.test)) {
        let (verdict, steps) = case.request(|request| inspector.explain(request))?;
        println!("{}: {:?}, score {}, {} bytes examined", case.test, verdict.decision, verdict.score, verdict.work);
        for step in steps.iter().filter(|step| options.json || matches!(step.outcome, Outcome::Matched { .. })) {
            println!("  {} {} {:?}", step.rule, step.at, step.outcome);
        }
    }
    Ok(())
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
