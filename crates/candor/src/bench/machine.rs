//! What the figures were measured on, as far as the system says.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use model::Fault;

use super::failed;
use super::rounds::median;

/// A flush faster than this does not come from a device that keeps its promise and has no battery.
const HONEST_FLUSH_MICROS: f64 = 100.0;

/// The machine in a few lines, with the time that a flush takes below `dir`.
pub fn describe(dir: &Path) -> Result<String, Fault> {
    let cpu = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = line_of("/proc/meminfo", "MemTotal").unwrap_or_else(|| "?".to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let flush = flush_micros(dir)?;
    let honest = match flush < HONEST_FLUSH_MICROS {
        true => "too fast to be honest: it does not reach a disk, so absolute rates are upper bounds",
        false => "plausible for a disk",
    };
    let build = if cfg!(debug_assertions) { "DEBUG BUILD: these figures mean nothing" } else { "release build" };
    Ok(format!(
        "{cpu}, {cores} logical processors, memory {memory}, Linux {}, {build}\n\
         load before: {load}\n\
         one flush of 4 KiB: {flush:.0} µs; {honest}\n",
        kernel.trim()
    ))
}

/// The median time of overwriting and flushing 4 KiB.
fn flush_micros(dir: &Path) -> Result<f64, Fault> {
    std::fs::create_dir_all(dir).map_err(failed)?;
    let path = dir.join("flush-probe");
    let mut file = std::fs::File::create(&path).map_err(failed)?;
    file.write_all(&[0; 4096]).and_then(|()| file.sync_all()).map_err(failed)?;
    let mut taken = Vec::new();
    for round in 0..200u8 {
        let started = Instant::now();
        std::os::unix::fs::FileExt::write_all_at(&file, &[round; 4096], 0).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        taken.push(started.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(&path).map_err(failed)?;
    Ok(median(taken))
}

/// What stands behind `name:` in a file of the system.
pub(super) fn line_of(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}
