use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use outbound::{Client, DataClass, Destination, Settings};
use trials::design::{CameOut, File, Order, Rulebook, Severity, Verdict, build};
use trials::push::{Credential, Place, push};

use super::{Failed, say};
use crate::Machine;

#[derive(Args)]
pub(super) struct Study {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build every artefact of a study from its protocol (USDM JSON). What is wrong with it stands in the report.
    Build(Build),
    /// Run rule files in the open conformance rule format over a study and what is built from it.
    Check(Check),
    /// Push a study build to a capture system over HTTPS; prints the receipt.
    Push(Push),
}

#[derive(Args)]
struct Check {
    /// The protocol, as USDM JSON.
    protocol: PathBuf,
    /// A folder of rule files (YAML), looked through with the folders in it.
    #[arg(long)]
    rules: PathBuf,
    /// Where every verdict goes, as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct Push {
    /// The study build, such as build/odm-2.0.xml.
    artefact: PathBuf,
    /// Where it goes.
    #[arg(long)]
    url: String,
    /// The study's identifier; with the file it makes the key by which the receiver knows a push that comes twice.
    #[arg(long)]
    study: String,
    /// A file with the receiver's token.
    #[arg(long)]
    token_file: PathBuf,
    /// The certificate of an authority to trust beside the public ones, as PEM.
    #[arg(long)]
    authority: Option<PathBuf>,
    /// Also push to this machine and to private networks.
    #[arg(long)]
    private_network: bool,
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
        match self.verb {
            Verb::Build(build) => build.run(),
            Verb::Check(check) => check.run(),
            Verb::Push(push) => super::in_runtime(std::io::stderr, push.run()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| Failed(format!("{}: {error}", path.display())))
}

const RULE_FILES_MAX: usize = 10_000;
const FOLDERS_DEEP_MAX: usize = 8;

/// Every rule file below a folder, in the order of their names.
fn rule_files(folder: &Path, depth: usize, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failed> {
    let listed = std::fs::read_dir(folder).map_err(|error| Failed(format!("{}: {error}", folder.display())))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() && depth < FOLDERS_DEEP_MAX {
            rule_files(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|kind| kind == "yml" || kind == "yaml") {
            if files.len() == RULE_FILES_MAX {
                return Err(Failed(format!("there are more than {RULE_FILES_MAX} rule files")));
            }
            files.push((path.display().to_string(), read(&path)?));
        }
    }
    Ok(())
}

impl Check {
    /// 0 when nothing that was run is broken, otherwise 1. Refused rules are counted and named, never passed over.
    fn run(self) -> Result<ExitCode, Failed> {
        let protocol = read(&self.protocol)?;
        let mut files = Vec::new();
        rule_files(&self.rules, 0, &mut files)?;
        let built = build(&Order::new(&protocol));
        let verdicts = Rulebook::read(&files).check(&built, &protocol);
        if let Some(path) = &self.out {
            let json = serde_json::to_vec_pretty(&verdicts)?;
            std::fs::write(path, json).map_err(|error| Failed(format!("{}: {error}", path.display())))?;
        }
        let broken: Vec<&Verdict> = verdicts.iter().filter(|one| one.outcome == CameOut::Broken).collect();
        let mut words = String::new();
        for verdict in &verdicts {
            match &verdict.outcome {
                CameOut::Broken => {
                    words.push_str(&format!(
                        "{} broken at {} places: {}\n",
                        verdict.rule,
                        verdict.findings.len(),
                        verdict.words
                    ));
                }
                CameOut::Refused(why) => words.push_str(&format!("{} not run: {why}\n", verdict.rule)),
                CameOut::Passed | CameOut::OutOfScope => {}
            }
        }
        let count = |wanted: &CameOut| verdicts.iter().filter(|one| one.outcome == *wanted).count();
        let (passed, outside) = (count(&CameOut::Passed), count(&CameOut::OutOfScope));
        let refused = verdicts.len() - passed - outside - broken.len();
        words.push_str(&format!(
            "{} rules: {passed} passed, {} broken, {outside} out of scope, {refused} not run\n",
            verdicts.len(),
            broken.len()
        ));
        say(&mut std::io::stdout(), &words);
        Ok(ExitCode::from(u8::from(!broken.is_empty())))
    }
}

impl Push {
    async fn run(self) -> Result<ExitCode, Failed> {
        let token =
            String::from_utf8(read(&self.token_file)?).map_err(|_| Failed("the token is not text".to_owned()))?;
        let host = self.url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
        let host = host.filter(|host| !host.is_empty()).ok_or(Failed("the address begins with https://".to_owned()))?;
        let destination =
            Destination { name: "capture".to_owned(), hosts: vec![host.to_lowercase()], data: DataClass::Internal };
        let settings = Settings {
            destinations: vec![destination],
            extra_roots_pem: self.authority.as_deref().map(read).transpose()?.into_iter().collect(),
            danger_private_addresses: self.private_network,
            ..Settings::default()
        };
        let client = Client::new(settings, Arc::new(Machine))?;
        let place = Place {
            destination: "capture".to_owned(),
            url: self.url.clone(),
            credential: Credential::Bearer(token.trim().to_owned()),
        };
        let name = self.artefact.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let artefact = File { name, media: "application/xml", bytes: read(&self.artefact)? };
        let receipt = push(&client, &Machine, &place, &self.study, &artefact, None).await?;
        say(&mut std::io::stdout(), &format!("{}\n", serde_json::to_string_pretty(&receipt)?));
        Ok(ExitCode::SUCCESS)
    }
}

impl Build {
    fn run(self) -> Result<ExitCode, Failed> {
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
