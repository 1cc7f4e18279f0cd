use crate::finding::Finding;
use crate::house::{File, House};
use crate::rust::{self, Keep};

/// Something that only some places may name.
struct Wall {
    rule: &'static str,
    /// Names in code, outside comments and strings.
    names: &'static [&'static str],
    /// Paths that may name it, by their beginning.
    inside: &'static [&'static str],
    /// Whether tests may.
    tests: Tests,
    what: &'static str,
    remedy: &'static str,
}

#[derive(PartialEq, Eq)]
enum Tests {
    May,
    MayNot,
}

const WALLS: &[Wall] = &[
    Wall {
        rule: "sql",
        names: &["rusqlite", "libsqlite3_sys"],
        inside: &["crates/storage/src/engines", "crates/storage/tests/"],
        tests: Tests::MayNot,
        what: "SQL outside storage/engines",
        remedy: "go through storage::Engine; only the engines know a database",
    },
    Wall {
        rule: "clock",
        names: &["SystemTime::now", "Timestamp::now", "Zoned::now", "Uuid::now_v7", "Uuid::new_v4"],
        inside: &["crates/candor/", "xtask/"],
        tests: Tests::May,
        what: "reads the machine's clock or generator",
        remedy: "take the time and ids from model::Outside, so that the rule can be tested at any date",
    },
    Wall {
        rule: "environment",
        names: &["env::var", "env::var_os", "env::vars", "env::vars_os", "env::args", "env::args_os", "env::set_var"],
        inside: &["crates/candor/", "xtask/"],
        tests: Tests::May,
        what: "reads the environment",
        remedy: "let candor read it and pass the value in",
    },
];

/// Crates from elsewhere that only some of ours may depend on: theirs, ours, why.
const DEPENDENCIES: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["storage", "candor"], "only storage/engines contains SQL, and candor's bench its yardstick"),
    ("argon2", &["seal"], "only seal makes password verifiers"),
];

/// What belongs behind a wall is named only there; every crate of ours keeps the workspace's lints.
pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.rust() {
        for wall in WALLS {
            if !wall.inside.iter().any(|inside| file.path.starts_with(inside)) {
                findings.extend(breaches(file, wall));
            }
        }
    }
    findings.extend(dependencies(house));
    findings.extend(lints(house));
    findings
}

fn breaches(file: &File, wall: &Wall) -> Vec<Finding> {
    if wall.tests == Tests::May && file.is_test() {
        return Vec::new();
    }
    let mut code = rust::mask(&file.text, Keep::Code);
    if wall.tests == Tests::May {
        code = rust::without_tests(&code);
    }
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if let Some(name) = wall.names.iter().find(|name| rust::whole(line, name).is_some()) {
            findings.push(Finding::error(
                wall.rule,
                &file.path,
                index + 1,
                format!("{name}: {}", wall.what),
                wall.remedy,
            ));
        }
    }
    findings
}

fn dependencies(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in house.ours() {
        for dependency in &package.dependencies {
            let wall = DEPENDENCIES.iter().find(|(theirs, ..)| *theirs == dependency.name);
            if let Some((theirs, users, why)) = wall
                && !users.contains(&package.name.as_str())
            {
                findings.push(Finding::error(
                    "dependency",
                    &package.manifest,
                    package.line_of(house, theirs),
                    format!("{} depends on {theirs}, but {why}", package.name),
                    format!("use what {} offers, or name the user in xtask/src/walls.rs", users.join(", ")),
                ));
            }
        }
    }
    findings
}

fn lints(house: &House) -> Vec<Finding> {
    house
        .ours()
        .filter(|package| {
            let manifest = house.file(&package.manifest).map_or("", |file| file.text.as_str());
            let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
            lines.next() != Some("workspace = true")
        })
        .map(|package| {
            Finding::error(
                "lints",
                &package.manifest,
                0,
                format!("{} does not keep the workspace's lints", package.name),
                "add a section [lints] with workspace = true",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Need;

    fn rules(house: &House) -> Vec<(&'static str, usize)> {
        check(house).iter().map(|finding| (finding.rule, finding.line)).collect()
    }

    #[test]
    fn sql_outside_the_engines_is_found_even_in_tests() {
        let house = House::default().with("crates/vault/tests/it/main.rs", "\nuse rusqlite::Connection;");
        assert_eq!(rules(&house), [("sql", 2)]);
    }

    #[test]
    fn the_engines_may_use_sql() {
        let house = House::default()
            .with("crates/storage/src/engines/sqlite.rs", "use rusqlite::Connection;")
            .with("crates/storage/src/lib.rs", "//! rusqlite is behind the trait\nfn f() { g(\"rusqlite::x\") }");
        assert_eq!(rules(&house), []);
    }

    #[test]
    fn the_clock_is_read_in_candor_and_in_tests_only() {
        let reads = "fn f() { std::time::SystemTime::now(); }";
        let tests = format!("#[cfg(test)]\nmod tests {{ {reads} }}\n");
        let right = House::default()
            .with("crates/candor/src/outside.rs", reads)
            .with("crates/vault/tests/it/a.rs", reads)
            .with("crates/vault/examples/a.rs", reads)
            .with("crates/vault/src/commit.rs", &tests);
        assert_eq!(rules(&right), []);
        let wrong = House::default().with("crates/vault/src/commit.rs", &format!("{tests}{reads}"));
        assert_eq!(rules(&wrong), [("clock", 3)]);
    }

    #[test]
    fn the_environment_is_read_in_candor_only() {
        let house = House::default().with("crates/web/src/lib.rs", "fn f() { std::env::var(\"PORT\"); env!(\"X\"); }");
        assert_eq!(rules(&house), [("environment", 1)]);
    }

    #[test]
    fn a_second_user_of_a_walled_library_is_found() {
        let house = House::default().with_crate("identity", &[("argon2", Need::Run)]);
        assert_eq!(rules(&house), [("dependency", 0)]);
        assert_eq!(rules(&House::default().with_crate("seal", &[("argon2", Need::Run)])), []);
    }

    #[test]
    fn a_crate_without_lints_is_found() {
        let house =
            House::default().with_crate("web", &[]).with("crates/web/Cargo.toml", "[package]\nname = \"web\"\n");
        assert_eq!(rules(&house), [("lints", 0)]);
    }
}
