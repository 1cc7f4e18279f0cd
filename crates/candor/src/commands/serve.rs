use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use model::{Fault, Outside};
use seal::{Protection, Secret};
use serde::Deserialize;

use super::serve_edge::EdgePart;
use super::{Failed, asked_to_stop, say};
use crate::Machine;
use crate::edge::CertificateFiles;
use crate::house::{House, MailPlan, Plan};

#[derive(Args)]
pub(super) struct Serve {
    /// The configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
}

/// `candor.toml`. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    /// Where to listen.
    listen: SocketAddr,
    /// The data directory.
    data: PathBuf,
    /// The environment: `production`, `staging`, …; keys of one do not open another's records.
    environment: String,
    /// The certificate chain and its key, in PEM. Without them the house makes its own.
    tls: Option<Tls>,
    /// How the house meets whoever comes to it.
    #[serde(default)]
    edge: EdgePart,
    /// A file with the passphrase of the root key. Without it the root key is protected by its file mode.
    root_key_passphrase_file: Option<PathBuf>,
    /// How letters leave the house. Without it nobody can sign up or choose a new password by themselves.
    mail: Option<crate::mail::Mail>,
    /// Which rules stand at the door, and how strict they are.
    #[serde(default)]
    shield: crate::guard::Configuration,
    /// A file of leaked passwords, made by `candor breached`; new passwords that it holds are refused.
    breached_passwords: Option<PathBuf>,
    /// A bot challenge of a service elsewhere, in place of the house's own.
    challenge: Option<crate::challenge::Challenge>,
    /// Password hashes at a time, each with 19 MiB of memory.
    #[serde(default = "two")]
    password_hashes_at_a_time: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: PathBuf,
    key: PathBuf,
}

const fn two() -> usize {
    2
}

/// Where the link for first set-up is written. Never printed.
const SET_UP_FILE: &str = "set-up-link.txt";

impl Serve {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        let text = read(&self.config)?;
        let text = String::from_utf8(text).map_err(|_| Failed(format!("{} is not in UTF-8", self.config.display())))?;
        let config: Configuration =
            toml::from_str(&text).map_err(|error| Failed(format!("{}: {error}", self.config.display())))?;
        let protection = match &config.root_key_passphrase_file {
            Some(file) => Protection::Passphrase(Secret::new(read(file)?.trim_ascii_end())),
            None => Protection::Owner,
        };
        let certificate = config.tls.map(|tls| CertificateFiles { chain: tls.certificate, key: tls.key });
        let edge = config.edge.edge(certificate)?;
        let outside: Arc<dyn Outside> = Arc::new(Machine);
        let mail = config.mail.map(|mail| crate::mail::plan(mail, &outside)).transpose()?;
        let challenge = config.challenge.map(|table| crate::challenge::plan(table, &outside)).transpose()?;
        let plan = Plan {
            data: config.data,
            environment: config.environment,
            protection,
            synthetic: false,
            outside,
            mail: mail.unwrap_or(MailPlan::Nowhere),
            hash_threads: config.password_hashes_at_a_time,
        };
        let mut house = House::open(plan).await?;
        house.rules = Some(config.shield.load()?);
        house.edge = edge;
        if let Some(file) = config.breached_passwords {
            let breached = seal::breached::Breached::open(&file);
            let breached = breached.map_err(|error| Failed(format!("{}: {error}", file.display())))?;
            house.identity.refuse_breached(breached);
        }
        if let Some(challenge) = challenge {
            house.identity.ask_elsewhere(challenge);
        }
        offer_set_up(&mut house, config.listen).await?;
        let asked_to_stop = asked_to_stop()?;
        let open = house.serve(config.listen, None).await?;
        say(&mut std::io::stderr(), &format!("The house is open at https://{}\n", open.address));
        asked_to_stop.await;
        open.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Nobody can sign in yet: writes a link that can make the first administrator, for the owner of the files alone.
async fn offer_set_up(house: &mut House, listen: SocketAddr) -> Result<(), Failed> {
    let (request, now) = (house.outside().request_id(), house.outside().now());
    if house.identity.is_founded(request, now).await? {
        return Ok(());
    }
    let (token, _) = seal::token(house.outside().as_ref());
    let token =
        token.expose_text().ok_or_else(|| Fault::new("making a set-up link", "the token is not text"))?.to_owned();
    house.ground.write(SET_UP_FILE, format!("https://{listen}/set-up?token={token}\n").as_bytes())?;
    let place = house.ground.at(SET_UP_FILE);
    say(
        &mut std::io::stderr(),
        &format!("Nobody can sign in yet. Open the link in {} to make the first administrator.\n", place.display()),
    );
    house.set_up_token = Some(token.into());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| Failed(format!("{}: {error}", path.display())))
}
