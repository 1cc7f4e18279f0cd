use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use trials::design::{Order, Severity, build};

use super::{Failed, say};

#[derive(Args)]
pub(super) struct Study {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build every artefact of a study from its protocol (USDM JSON). What is wrong with it stands in the report.
    Build(Build),
}

#[derive(Args)]
struct Build {
    /// The protocol, as USDM JSON.
    protocol: PathBuf,
    /// Where the artefacts go; made if it is not there.
    #[arg(long, default_value = "build")]
    out: PathBuf,
    /// The seed of the synthetic subjects; the same seed gives the same bytes.
    #[arg(long)]
    seed: Option<u64>,
    /// How many synthetic subjects.
    #[arg(long)]
    subjects: Option<u16>,
    /// What people decided for activities before, as JSON.
    #[arg(long)]
    choices: Option<PathBuf>,
}

impl Study {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        let Verb::Build(build) = self.verb;
        build.run()
    }
}

impl Build {
    fn run(self) -> Result<ExitCode, Failed> {
        let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failed(format!("{}: {error}", path.display())));
        let protocol = read(&self.protocol)?;
        let mut order = Order::new(&protocol);
        order.seed = self.seed.unwrap_or(order.seed);
        order.subjects = self.subjects.unwrap_or(order.subjects);
        if let Some(path) = &self.choices {
            let choices = serde_json::from_slice(&read(path)?);
            order.remembered = choices.map_err(|error| Failed(format!("{}: {error}", path.display())))?;
        }
        let built = build(&order);
        for file in &built.files {
            let path = self.out.join(&file.name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| Failed(format!("{}: {error}", folder.display())))?;
            }
            std::fs::write(&path, &file.bytes).map_err(|error| Failed(format!("{}: {error}", path.display())))?;
        }
        let count = |severity: Severity| built.findings.iter().filter(|finding| finding.severity == severity).count();
        let words = format!(
            "{}: {} files in {}, {} visits, {} forms, {} edit checks\n{} blockers, {} errors, {} warnings, {} proposals; see the report\n",
            if built.readable { built.study.as_str() } else { "this is not a study" },
            built.files.len(),
            self.out.display(),
            built.schedule.visits.len(),
            built.forms.len(),
            built.checks.len(),
            built.blockers,
            count(Severity::Error),
            count(Severity::Warning),
            built.proposals.len(),
        );
        say(&mut std::io::stdout(), &words);
        Ok(ExitCode::from(u8::from(!built.readable)))
    }
}
