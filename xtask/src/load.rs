use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::house::{Dependency, File, House, Need, Package};

/// Reads the repository that this program was built from.
pub fn load() -> Result<House, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    let metadata = run(root, "cargo", &["metadata", "--locked", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let tree = ["tree", "--locked", "--workspace", "--target", "all", "--edges", "all", "--prefix", "none"];
    let built = run(root, "cargo", &tree)?;
    Ok(House {
        files: files(root)?,
        packages: packages(root, &metadata)?,
        built: built.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect(),
    })
}

fn run(root: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let said = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if said.status.success() {
        String::from_utf8(said.stdout).map_err(|error| format!("{program} said something that is not text: {error}"))
    } else {
        Err(format!("{program} {} failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&said.stderr)))
    }
}

/// Every file that git tracks, and every other that it does not ignore.
fn files(root: &Path) -> Result<Vec<File>, String> {
    let list = |extra: &[&str]| -> Result<BTreeSet<String>, String> {
        let mut arguments = vec!["ls-files", "-z"];
        arguments.extend(extra);
        let names = run(root, "git", &arguments)?;
        Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    };
    let tracked = list(&[])?;
    let others = list(&["--others", "--exclude-standard"])?;
    let mut files = Vec::new();
    for path in tracked.union(&others) {
        let place: PathBuf = root.join(path);
        // A tracked file that was deleted but not yet committed is not part of the house any more.
        if !place.is_file() {
            continue;
        }
        let bytes = std::fs::read(&place).map_err(|error| format!("cannot read {path}: {error}"))?;
        files.push(File {
            path: path.clone(),
            bytes: bytes.len(),
            text: String::from_utf8(bytes).unwrap_or_default(),
            tracked: tracked.contains(path),
        });
    }
    Ok(files)
}

fn packages(root: &Path, metadata: &Value) -> Result<Vec<Package>, String> {
    let list = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages")?;
    list.iter().map(|value| package(root, value)).collect()
}

fn package(root: &Path, value: &Value) -> Result<Package, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let array = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    let name = text("name").ok_or("a package without a name")?;
    let manifest = text("manifest_path").ok_or_else(|| format!("{name} has no manifest"))?;
    let roots = array("targets").filter_map(|target| target.get("src_path")?.as_str()).map(|path| within(root, path));
    Ok(Package {
        version: text("version").ok_or_else(|| format!("{name} has no version"))?,
        licence: text("license"),
        source: text("source"),
        manifest: within(root, &manifest),
        roots: roots.collect(),
        dependencies: array("dependencies").filter_map(dependency).collect(),
        name,
    })
}

fn dependency(value: &Value) -> Option<Dependency> {
    let need = match value.get("kind").and_then(Value::as_str) {
        Some("dev") => Need::Test,
        Some("build") => Need::Build,
        _ => Need::Run,
    };
    Some(Dependency { name: value.get("name")?.as_str()?.to_owned(), need })
}

/// The path from the root, with `/`, where it lies under the root.
fn within(root: &Path, path: &str) -> String {
    Path::new(path)
        .strip_prefix(root)
        .map_or_else(|_| path.to_owned(), |inner| inner.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_can_be_read() {
        let house = load().unwrap();
        assert!(house.file("Cargo.toml").is_some());
        let model = house.ours().find(|package| package.name == "model").unwrap();
        assert_eq!(model.manifest, "crates/model/Cargo.toml");
        assert!(model.roots.contains(&"crates/model/src/lib.rs".to_owned()));
        assert!(model.dependencies.iter().any(|one| one.name == "model-derive" && one.need == Need::Run));
        assert!(house.built.contains("serde_json"));
    }
}
