use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use seal::breached::{Filling, Leaked, leaked};

use super::{Failed, say};

#[derive(Args)]
pub(super) struct Breached {
    /// A list of leaked passwords: one a line, or `SHA-1:count` as public lists have it.
    list: PathBuf,
    /// The file to make, for `breached_passwords` of the configuration.
    out: PathBuf,
}

impl Breached {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        let told = |path: &Path, error: std::io::Error| Failed(format!("{}: {error}", path.display()));
        let open = || File::open(&self.list).map(BufReader::new).map_err(|error| told(&self.list, error));
        // Read twice: how large the filter must be is known only at the end of the list.
        let mut count = 0u64;
        for line in open()?.split(b'\n') {
            count += u64::from(read(&line.map_err(|error| told(&self.list, error))?).is_some());
        }
        let mut filling = Filling::new(count);
        for line in open()?.split(b'\n') {
            if let Some(leaked) = read(&line.map_err(|error| told(&self.list, error))?) {
                filling.add(&leaked);
            }
        }
        let mut out = BufWriter::new(File::create(&self.out).map_err(|error| told(&self.out, error))?);
        filling.write(&mut out).and_then(|()| out.flush()).map_err(|error| told(&self.out, error))?;
        say(&mut std::io::stderr(), &format!("{count} leaked passwords are in {}.\n", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// A line's password as its digest; none for an empty line.
fn read(line: &[u8]) -> Option<Leaked> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.split_first_chunk::<40>() {
        Some((hex, rest)) if rest.is_empty() || rest.starts_with(b":") => digest(hex).or_else(|| Some(leaked(line))),
        _ => (!line.is_empty()).then(|| leaked(line)),
    }
}

fn digest(hex: &[u8; 40]) -> Option<Leaked> {
    let mut out = [0u8; 20];
    for (byte, pair) in out.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_digests_and_a_list_of_words_say_the_same() {
        let word = leaked(b"password");
        for line in [
            &b"password"[..],
            b"password\r",
            b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004",
            b"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
        ] {
            assert_eq!(read(line), Some(word));
        }
        assert_eq!(read(b""), None);
        assert_ne!(read(b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FDX:1"), None, "a password that looks like one");
    }
}
