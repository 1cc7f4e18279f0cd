use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use seal::Protection;

use super::{Failed, asked_to_stop, say};
use crate::house::{House, MailPlan, Plan};
use crate::{Machine, demo};

#[derive(Args)]
pub(super) struct Demo {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The data directory; made if it is not there.
    #[arg(long)]
    data: PathBuf,
    /// Patients in each practice.
    #[arg(long, default_value_t = 240)]
    patients: usize,
    /// Do not run the probes.
    #[arg(long)]
    no_runner: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        if !self.listen.ip().is_loopback() {
            return Err(Failed(
                "a demo house shows its own passwords, so it listens on this machine only: use 127.0.0.1 or [::1]"
                    .to_owned(),
            ));
        }
        let plan = Plan {
            data: self.data,
            environment: "demo".to_owned(),
            protection: Protection::Owner,
            synthetic: true,
            outside: Arc::new(Machine),
            mail: MailPlan::Outbox,
            hash_threads: 2,
        };
        let mut house = House::open(plan).await?;
        house.edge.security_contact = Some("mailto:security@candor.example".to_owned());
        let furnished = demo::furnish(&house, self.patients).await?;
        let asked_to_stop = asked_to_stop()?;
        let open = house.serve(self.listen, None).await?;
        demo::tell_runner(&open.house, &furnished, open.address)?;
        let line = serde_json::to_string(&demo::ready(&open.house, &furnished, open.address))?;
        say(&mut std::io::stdout(), &format!("{line}\n"));
        say(&mut std::io::stderr(), &demo::welcome(&furnished, open.address));
        let runner = if self.no_runner { None } else { Some(super::runner::start(open.house.ground.root())?) };
        asked_to_stop.await;
        if let Some(mut runner) = runner {
            runner.kill().await?;
        }
        open.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}
