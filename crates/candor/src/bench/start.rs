use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use model::Fault;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::client::Client;
use super::machine::line_of;
use super::rounds::median;
use super::scratch::Scratch;
use super::{Figure, Pace, failed};

/// How long the house is left alone before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(4);

/// From process start to the first answer of the demo house over TLS, on a new directory and on an old one; then its
/// memory when nobody asks, and the size of the program.
pub(super) async fn measure(pace: Pace, scratch: &Scratch) -> Result<Vec<Figure>, Fault> {
    let program = std::env::current_exe().map_err(failed)?;
    let (mut fresh, mut again, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..pace.pick(5, 2) {
        let data = scratch.at(&format!("house-{round}"));
        let first = Started::now(&program, &data).await?;
        fresh.push(first.seconds);
        first.stop().await?;
        let second = Started::now(&program, &data).await?;
        again.push(second.seconds);
        if round < 2 {
            tokio::time::sleep(IDLE).await;
            idle.push(second.resident_mib()?);
        }
        second.stop().await?;
    }
    let size = std::fs::metadata(&program).map_err(failed)?.len() as f64 / 1e6;
    let slowest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    let of = |times: &[f64]| format!("median of {} starts, the slowest {:.2} s", times.len(), slowest(times));
    let memory = format!("VmRSS of the house {} s after its first answer, without the probe runner", IDLE.as_secs());
    Ok(vec![
        Figure::at_most("start-fresh", median(fresh.clone()), "s", 2.0, of(&fresh)),
        Figure::at_most("start-again", median(again.clone()), "s", 2.0, of(&again)),
        Figure::at_most("idle-memory", median(idle), "MiB", 100.0, memory),
        Figure::at_most("binary-size", size, "MB", 60.0, "the program that measures is the program measured".into()),
    ])
}

/// A demo house that has answered.
struct Started {
    child: Child,
    seconds: f64,
}

#[derive(Deserialize)]
struct Ready {
    address: String,
    certificate: std::path::PathBuf,
}

impl Started {
    async fn now(program: &Path, data: &Path) -> Result<Self, Fault> {
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(["demo", "--no-runner", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let said = child.stdout.take().ok_or_else(|| failed("the demo says nothing"))?;
        let line = BufReader::new(said).lines().next_line().await.map_err(failed)?;
        let line = line.ok_or_else(|| failed("the demo ended before it was ready"))?;
        let ready: Ready = serde_json::from_str(&line).map_err(failed)?;
        let address = ready.address.strip_prefix("https://").unwrap_or(&ready.address).parse().map_err(failed)?;
        let client = Client::new(address, &std::fs::read(&ready.certificate).map_err(failed)?)?;
        let mut line = client.connect().await?;
        let answered = line.ask(format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
        if answered.status != 200 {
            return Err(failed(format!("the front page was answered with {}", answered.status)));
        }
        Ok(Self { child, seconds: started.elapsed().as_secs_f64() })
    }

    fn resident_mib(&self) -> Result<f64, Fault> {
        let id = self.child.id().ok_or_else(|| failed("the demo ended by itself"))?;
        let resident = line_of(&format!("/proc/{id}/status"), "VmRSS");
        let kib = resident.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
        Ok(kib.ok_or_else(|| failed("the system does not say how much memory the demo has"))? / 1024.0)
    }

    /// Asks it to stop, as an operator would, and waits until it has.
    async fn stop(mut self) -> Result<(), Fault> {
        let id = self.child.id().ok_or_else(|| failed("the demo ended by itself"))?;
        let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await.map_err(failed)?;
        if !asked.success() {
            return Err(failed("the demo could not be asked to stop"));
        }
        let ended = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await;
        let ended = ended.map_err(failed)?.map_err(failed)?;
        if ended.success() { Ok(()) } else { Err(failed(format!("the demo ended with {ended}"))) }
    }
}
