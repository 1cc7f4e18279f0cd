use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::house::{House, Package};
use crate::rust::{self, Keep};

/// Files that a page or a source names in its text.
const NAMED_ENDINGS: &[&str] = &[".html", ".css", ".js", ".svg", ".woff2"];

/// Every Rust file is compiled, every template and asset is named somewhere, every file is in git.
pub fn check(house: &House) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        house.files.iter().filter(|file| !file.tracked).map(|file| untracked(&file.path)).collect();
    findings.extend(unreached(house));
    findings.extend(unnamed(house));
    findings
}

fn untracked(path: &str) -> Finding {
    Finding::error("untracked", path, 0, "not in git", "git add it, delete it, or ignore it in .gitignore")
}

fn unreached(house: &House) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for package in house.ours() {
        reached.extend(reach(house, package));
    }
    let fuzz = house.file("fuzz/Cargo.toml").map_or("", |file| file.text.as_str());
    let fuzz_roots = fuzz.lines().filter_map(|line| line.trim().strip_prefix("path = \"")?.strip_suffix('"'));
    let fuzz_roots = fuzz_roots.filter(|path| path.ends_with(".rs")).map(|path| format!("fuzz/{path}"));
    reached.extend(modules(house, fuzz_roots.chain(["fuzz/src/lib.rs".to_owned()]).collect()));
    house
        .rust()
        .filter(|file| !reached.contains(&file.path))
        .map(|file| {
            let remedy = "name it with mod in its parent, or delete it";
            Finding::error("unreached", &file.path, 0, "no target compiles it and no test names it", remedy)
        })
        .collect()
}

/// The Rust files that a package compiles or that its sources name in a string.
fn reach(house: &House, package: &Package) -> BTreeSet<String> {
    let mut reached = modules(house, package.roots.clone());
    let strings: String = reached
        .iter()
        .filter_map(|path| house.file(path))
        .map(|file| rust::mask(&file.text, Keep::CodeAndStrings))
        .collect();
    // Samples that must not compile are named by path or as `folder/*.rs`; see trybuild.
    let folder = format!("{}/", package.folder());
    for file in house.rust().filter(|file| file.path.starts_with(&folder)) {
        let inner = file.path.strip_prefix(&folder).unwrap_or(&file.path);
        let all = inner.rsplit_once('/').map(|(parent, _)| format!("\"{parent}/*.rs\""));
        if strings.contains(&format!("\"{inner}\"")) || all.is_some_and(|all| strings.contains(&all)) {
            reached.insert(file.path.clone());
        }
    }
    reached
}

/// The files reached from the roots by `mod name;`.
fn modules(house: &House, roots: Vec<String>) -> BTreeSet<String> {
    let files: BTreeMap<&str, &str> = house.rust().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let mut reached = BTreeSet::new();
    let mut queue: Vec<(String, bool)> = roots.into_iter().map(|root| (root, true)).collect();
    while let Some((path, is_root)) = queue.pop() {
        let Some(text) = files.get(path.as_str()) else { continue };
        if !reached.insert(path.clone()) {
            continue;
        }
        for candidate in children(text, &path, is_root) {
            if files.contains_key(candidate.as_str()) {
                queue.push((candidate, false));
            }
        }
    }
    reached
}

/// Where the modules that a file names may lie.
fn children(text: &str, path: &str, is_root: bool) -> Vec<String> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = match name {
        _ if is_root => parent.to_owned(),
        "mod.rs" => parent.to_owned(),
        name => format!("{parent}/{}", name.strip_suffix(".rs").unwrap_or(name)),
    };
    let code = rust::mask(text, Keep::CodeAndStrings);
    let mut found = Vec::new();
    let mut moved: Option<String> = None;
    for line in code.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("#[path = \"").and_then(|rest| rest.split('"').next()) {
            moved = Some(format!("{parent}/{place}"));
        }
        let Some(module) = module_name(line) else { continue };
        match moved.take() {
            Some(place) => found.push(place),
            None => found.extend([format!("{folder}/{module}.rs"), format!("{folder}/{module}/mod.rs")]),
        }
    }
    found
}

/// The name in `mod name;`, with any visibility or attribute before it.
fn module_name(line: &str) -> Option<&str> {
    let at = rust::whole(line, "mod ")?;
    line.get(at + 4..)?.split_once(';').map(|(name, _)| name.trim()).filter(|name| !name.contains(' '))
}

fn unnamed(house: &House) -> Vec<Finding> {
    let sources = |ending: &str| [".rs", ".html", ".css", ".toml", ".md"].iter().any(|one| ending.ends_with(one));
    house
        .files
        .iter()
        .filter(|file| {
            file.path.starts_with("crates/") && NAMED_ENDINGS.iter().any(|ending| file.path.ends_with(ending))
        })
        .filter(|file| {
            let others = house.files.iter().filter(|other| other.path != file.path && sources(&other.path));
            !others.into_iter().any(|other| rust::whole(&other.text, file.name()).is_some())
        })
        .map(|file| Finding::error("unnamed", &file.path, 0, "no source names it", "use it in a page or delete it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(house: &House) -> Vec<(&'static str, String)> {
        check(house).into_iter().map(|finding| (finding.rule, finding.file)).collect()
    }

    #[test]
    fn modules_are_followed_into_folders() {
        let house = House::default()
            .with_crate("web", &[])
            .with("crates/web/src/lib.rs", "mod door;\npub mod pages;\n#[cfg(test)] mod proofs;")
            .with("crates/web/src/door.rs", "pub(crate) mod lock;")
            .with("crates/web/src/door/lock.rs", "")
            .with("crates/web/src/pages/mod.rs", "#[path = \"odd_place.rs\"]\nmod odd;\nmod day;")
            .with("crates/web/src/pages/odd_place.rs", "")
            .with("crates/web/src/pages/day.rs", "")
            .with("crates/web/src/proofs.rs", "");
        assert_eq!(found(&house), []);
    }

    #[test]
    fn a_file_that_no_module_names_is_found() {
        let house = House::default()
            .with_crate("web", &[])
            .with("crates/web/src/lib.rs", "// mod left;\nfn f() {}")
            .with("crates/web/src/left.rs", "");
        assert_eq!(found(&house), [("unreached", "crates/web/src/left.rs".to_owned())]);
    }

    #[test]
    fn samples_that_must_not_compile_are_reached_by_the_test_that_names_them() {
        let house = House::default()
            .with_crate("model", &[])
            .with("crates/model/src/lib.rs", "fn f() { fail(\"tests/fail/*.rs\") }")
            .with("crates/model/tests/fail/a.rs", "");
        assert_eq!(found(&house), []);
        let house = house.with("crates/model/src/lib.rs", "// \"tests/fail/*.rs\"");
        assert_eq!(found(&house), [("unreached", "crates/model/tests/fail/a.rs".to_owned())]);
    }

    #[test]
    fn a_fuzz_target_must_stand_in_its_manifest() {
        let house = House::default()
            .with("fuzz/Cargo.toml", "[[bin]]\npath = \"targets/a.rs\"\n")
            .with("fuzz/targets/a.rs", "")
            .with("fuzz/targets/b.rs", "");
        assert_eq!(found(&house), [("unreached", "fuzz/targets/b.rs".to_owned())]);
    }

    #[test]
    fn a_template_that_no_page_names_is_found() {
        let house = House::default()
            .with_crate("web", &[])
            .with("crates/web/src/lib.rs", "#[template(path = \"day.html\")] struct Day;")
            .with("crates/web/src/day.html", "")
            .with("crates/web/src/yesterday.html", "");
        assert_eq!(found(&house), [("unnamed", "crates/web/src/yesterday.html".to_owned())]);
    }

    #[test]
    fn a_file_outside_git_is_found() {
        let mut house = House::default().with("notes.txt", "");
        house.files.iter_mut().for_each(|file| file.tracked = false);
        assert_eq!(found(&house), [("untracked", "notes.txt".to_owned())]);
    }
}
