//! People at a real browser. Needs Chromium and Node (Debian: `chromium nodejs`); without them the test says loudly that
//! nothing was tried.

use std::path::Path;
use std::process::Command;

use crate::demo::{start, stop};

/// A program that answers to `--version`, by the first of its names.
fn program(names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .copied()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()))
}

#[test]
fn somebody_joins_in_a_browser_with_code_and_second_factor_and_replaces_a_lost_password() {
    let browser = program(&["chromium", "chromium-browser", "google-chrome"]);
    let (Some(browser), Some(node)) = (browser, program(&["node", "nodejs"])) else {
        eprintln!(
            "NOT TRIED: there is no Chromium, or no Node, on this machine. Install both: apt install chromium nodejs"
        );
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (child, ready) = start(dir.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/joining.mjs");
    let address = ready["address"].as_str().unwrap();
    let admin = ready["sign_ins"][0].to_string();
    let run = Command::new(node).arg(script).args([browser, address, &admin]).output().unwrap();
    stop(child);
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.trim() == "done", "{said}{}", String::from_utf8_lossy(&run.stderr));
}
