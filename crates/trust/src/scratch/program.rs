use super::{Doing, Launched, Scratch};
use crate::house::{Credentials, FhirAccess, Https, Tenant};
use crate::probe::Trouble;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use storage::Engine;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// The longest a scratch house may take to come up.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// Opens the rows that a stopped house left in its data directory, or says why it cannot.
pub type OpenRows = fn(&Path) -> Result<Arc<dyn Engine>, String>;

/// Scratch houses made by running a program of the house's own:
/// `PROGRAM demo --listen 127.0.0.1:0 --data DIR --patients 3 --no-runner`.
///
/// Once it is ready it prints one line of JSON with `fhir` (`tenant`, `base`, `token`) and `certificate` (a path).
pub struct Program {
    program: PathBuf,
    open_rows: OpenRows,
}

impl Program {
    /// Houses of this program.
    pub fn new(program: PathBuf, open_rows: OpenRows) -> Self {
        Self { program, open_rows }
    }
}

#[derive(Deserialize)]
struct Ready {
    fhir: Vec<ReadyFhir>,
    certificate: PathBuf,
}

#[derive(Deserialize)]
struct ReadyFhir {
    tenant: String,
    base: String,
    token: String,
}

impl Scratch for Program {
    fn launch<'a>(&'a self, data: &'a Path) -> Doing<'a, Launched> {
        Box::pin(launch(&self.program, data))
    }

    fn rows<'a>(&'a self, data: &'a Path) -> Doing<'a, Arc<dyn Engine>> {
        Box::pin(async move {
            (self.open_rows)(data)
                .map_err(|error| Trouble::new(format!("opening the rows of a scratch house: {error}")))
        })
    }
}

async fn launch(program: &Path, data: &Path) -> Result<Launched, Trouble> {
    let mut child = Command::new(program)
        .args(["demo", "--listen", "127.0.0.1:0", "--patients", "3", "--no-runner", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Trouble::new(format!("starting a scratch house: {error}")))?;
    let ready = tokio::time::timeout(START_TIME_MAX, ready_line(&mut child)).await;
    let ready = ready.map_err(|_| Trouble::new("a scratch house did not come up in time"))??;
    let known = credentials(ready, data)?;
    let certificate = std::fs::read(&known.certificate)?;
    let wire = Https::new(&known.base, &certificate)?;
    let stop = Box::new(move || -> Doing<'static, ()> {
        Box::pin(async move {
            // Killed, not asked: what was acknowledged must be on the disk, and nothing of it is needed afterwards.
            child.kill().await.map_err(|error| Trouble::new(format!("stopping a scratch house: {error}")))
        })
    });
    Ok(Launched { wire: Box::new(wire), known, stop })
}

/// The line that says that the house is up; what it prints afterwards is read and dropped, so that it never waits.
async fn ready_line(child: &mut Child) -> Result<Ready, Trouble> {
    let stdout = child.stdout.take().ok_or_else(|| Trouble::new("a scratch house has no output"))?;
    let mut reader = BufReader::new(stdout);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Err(Trouble::new("a scratch house ended before it was up"));
        }
        if line.trim_start().starts_with('{') {
            break;
        }
    }
    let ready: Ready = serde_json::from_str(&line)?;
    tokio::spawn(async move {
        let mut chunk = [0u8; 1024];
        while matches!(reader.read(&mut chunk).await, Ok(read) if read > 0) {}
    });
    Ok(ready)
}

fn credentials(ready: Ready, data: &Path) -> Result<Credentials, Trouble> {
    let base = ready.fhir.first().map(|fhir| fhir.base.clone()).unwrap_or_default();
    let (scheme, rest) = base.split_once("://").ok_or_else(|| Trouble::new("a scratch house has no FHIR interface"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let tenant = |fhir: ReadyFhir| Tenant {
        sign_up: None,
        name: fhir.tenant,
        id: None,
        people: Vec::new(),
        fhir: FhirAccess { base: fhir.base, token: fhir.token },
        session_idle_seconds: None,
    };
    Ok(Credentials {
        base: format!("{scheme}://{host}"),
        certificate: ready.certificate,
        data: data.to_owned(),
        deployment: "scratch".to_owned(),
        figures_token: String::new(),
        tenants: ready.fhir.into_iter().map(tenant).collect(),
    })
}
