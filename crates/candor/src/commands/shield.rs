use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shield::{Inspector, Outcome, Settings, cases};

use super::{Failed, say};

#[derive(Args)]
pub(super) struct Shield {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run regression cases against rules, in observe mode at paranoia level 4. Cases that fail are in what is printed.
    Test(Run),
    /// Say for each request whether it would be blocked.
    Decide(Run),
    /// Say for each request which rules matched, and on what.
    Explain(Run),
}

#[derive(Args)]
struct Run {
    /// A directory of SecLang rules, such as the OWASP Core Rule Set; may be given several times. Without it, the rules
    /// of the house.
    #[arg(long)]
    rules: Vec<PathBuf>,
    /// The requests, as JSON.
    #[arg(long)]
    cases: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Only the case of this name.
    #[arg(long)]
    test: Option<String>,
    /// The paranoia level, 1 to 4, where a request is decided.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    paranoia: u8,
}

impl Shield {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        match self.verb {
            Verb::Test(run) => run.test(),
            Verb::Decide(run) => run.decide(),
            Verb::Explain(run) => run.explain(),
        }
    }
}

impl Run {
    fn test(&self) -> Result<ExitCode, Failed> {
        let report = cases::test(&self.inspector(cases::regression_settings())?, &self.chosen()?)?;
        let mut text = String::new();
        if self.json {
            _ = writeln!(text, "{}", serde_json::to_string(&report)?);
        } else {
            for (file, (passed, total)) in &report.files {
                _ = writeln!(text, "{passed:>6} of {total:>5}  {file}");
            }
            _ = writeln!(text, "{:>6} of {:>5}  all", report.passed, report.total);
            for one in &report.failed {
                _ = writeln!(
                    text,
                    "{}: expected {:?}, forbidden {:?}, got {:?}",
                    one.test, one.expected, one.forbidden, one.got
                );
            }
        }
        say(&mut std::io::stdout(), &text);
        Ok(ExitCode::SUCCESS)
    }

    fn decide(&self) -> Result<ExitCode, Failed> {
        let mut text = String::new();
        for decided in cases::decide(&self.inspector(self.blocking())?, &self.chosen()?)? {
            if self.json {
                _ = writeln!(text, "{}", serde_json::to_string(&decided)?);
            } else {
                let word = if decided.block { "block" } else { "pass " };
                _ = writeln!(text, "{word} {} score {} {:?}", decided.test, decided.score, decided.ids);
            }
        }
        say(&mut std::io::stdout(), &text);
        Ok(ExitCode::SUCCESS)
    }

    fn explain(&self) -> Result<ExitCode, Failed> {
        let inspector = self.inspector(self.blocking())?;
        let mut text = String::new();
        for case in self.chosen()? {
            let (verdict, steps) = case.request(|request| inspector.explain(request))?;
            let (decision, score, work) = (&verdict.decision, verdict.score, verdict.work);
            _ = writeln!(text, "{}: {decision:?}, score {score}, {work} bytes examined", case.test);
            for step in steps.iter().filter(|step| self.json || matches!(step.outcome, Outcome::Matched { .. })) {
                _ = writeln!(text, "  {} {} {:?}", step.rule, step.at, step.outcome);
            }
        }
        say(&mut std::io::stdout(), &text);
        Ok(ExitCode::SUCCESS)
    }

    fn blocking(&self) -> Settings {
        Settings { paranoia: self.paranoia, ..Settings::default() }
    }

    fn inspector(&self, settings: Settings) -> Result<Inspector, Failed> {
        Ok(if self.rules.is_empty() { Inspector::built_in(settings) } else { Inspector::load(&self.rules, settings) }?)
    }

    fn chosen(&self) -> Result<Vec<cases::Case>, Failed> {
        let bytes = std::fs::read(&self.cases).map_err(|error| Failed(format!("{}: {error}", self.cases.display())))?;
        let mut all = cases::parse(&bytes)?;
        all.retain(|case| self.test.as_ref().is_none_or(|test| *test == case.test));
        Ok(all)
    }
}
