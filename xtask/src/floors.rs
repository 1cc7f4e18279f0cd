use crate::finding::Finding;
use crate::house::{House, Need, Package};
use crate::rust::{self, Keep};

const RULE: &str = "floors";
const HERE: &str = "xtask/src/floors.rs";

/// The floor of every crate, as in ARCHITECTURE.md. A crate names only crates on lower floors.
const FLOORS: &[(&str, u8)] = &[
    ("model-derive", 0),
    ("model", 0),
    ("seal", 1),
    ("ledger", 1),
    ("access", 1),
    ("shield", 1),
    ("outbound", 1),
    ("storage", 2),
    ("vault", 3),
    ("web", 4),
    ("trust", 5),
    ("identity", 6),
    ("privacy", 6),
    ("recovery", 6),
    ("watch", 6),
    ("assurance", 6),
    ("practice", 6),
    ("trials", 6),
    ("candor", 7),
];

/// Crates that hold the controls. Only `vault` and `candor` name them, so that no application can
/// go round a control.
const GUARDED: &[&str] = &["storage", "seal", "ledger"];
const GUARDS: &[&str] = &["vault", "candor"];

/// Crates that stand alone: they name nothing of ours, so that a stranger can take them out and use them.
const ALONE: &[&str] = &["ledger", "xtask"];

/// An edge that the rules forbid and that we want all the same.
struct Exception {
    from: &'static str,
    to: &'static str,
    /// The names of `to` that may be used; empty means all.
    only: &'static [&'static str],
    /// Why.
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception { from: "model", to: "model-derive", only: &[], reason: "the derive macro is part of the vocabulary" },
    Exception { from: "recovery", to: "storage", only: &[], reason: "moves sealed rows that it cannot open" },
    Exception { from: "trust", to: "storage", only: &[], reason: "byte probes look at raw storage, read-only" },
    Exception { from: "trust", to: "ledger", only: &[], reason: "keeps the public log and checks proofs" },
    Exception {
        from: "identity",
        to: "seal",
        only: &["password", "breached", "PublicKey", "Secret", "token", "token_digest", "same", "sha256"],
        reason: "verifiers of passwords, digests of tokens, public halves of passkeys; never a key of the house",
    },
];

/// Edges that only tests need: from, to, why. Empty is best.
const TEST_EDGES: &[(&str, &str, &str)] = &[];

/// Every edge between our crates goes downward, every exception is named and still needed.
pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in house.ours() {
        findings.extend(placed(package));
        for dependency in &package.dependencies {
            if house.ours().any(|ours| ours.name == dependency.name) {
                findings.extend(edge(house, package, &dependency.name, dependency.need));
            }
        }
    }
    findings.extend(stale(house));
    findings.extend(names(house));
    findings
}

fn placed(package: &Package) -> Option<Finding> {
    (floor(&package.name).is_none() && package.name != "xtask").then(|| {
        Finding::error(
            RULE,
            &package.manifest,
            0,
            format!("crate {} has no floor", package.name),
            format!("give it one in {HERE} and in the table of ARCHITECTURE.md"),
        )
    })
}

fn edge(house: &House, from: &Package, to: &str, need: Need) -> Option<Finding> {
    let named = exception(&from.name, to).is_some()
        || need == Need::Test && TEST_EDGES.iter().any(|(a, b, _)| *a == from.name && *b == to);
    if need == Need::Test && from.name == to {
        return None; // its own tests turn on its own features
    }
    let why = forbidden(&from.name, to)?;
    (!named).then(|| {
        Finding::error(
            RULE,
            &from.manifest,
            from.line_of(house, to),
            format!("{} depends on {to}, but {why}", from.name),
            format!("go through a lower crate's interface, or name the exception and its reason in {HERE}"),
        )
    })
}

/// Why the rules forbid the edge, if they do.
fn forbidden(from: &str, to: &str) -> Option<String> {
    if ALONE.contains(&from) {
        return Some(format!("{from} stands alone and names nothing of ours"));
    }
    if GUARDED.contains(&to) && !GUARDS.contains(&from) {
        return Some(format!("only {} may name {to}", GUARDS.join(" and ")));
    }
    match (floor(from), floor(to)) {
        (Some(above), Some(below)) if above > below => None,
        (Some(above), Some(below)) => Some(format!("floor {above} may not name floor {below}: edges go downward only")),
        (None, _) | (_, None) => Some("one of the two has no floor".to_owned()),
    }
}

/// An exception that nobody uses any more is a door left open.
fn stale(house: &House) -> Vec<Finding> {
    let named = EXCEPTIONS.iter().map(|one| (one.from, one.to, one.reason));
    let named = named.chain(TEST_EDGES.iter().copied());
    named
        .filter(|(from, to, _)| {
            house
                .ours()
                .find(|package| package.name == *from)
                .is_some_and(|package| !package.dependencies.iter().any(|one| one.name == *to))
        })
        .map(|(from, to, reason)| {
            Finding::error(
                RULE,
                HERE,
                0,
                format!("the exception {from} → {to} ({reason}) is not used"),
                "remove it from the table",
            )
        })
        .collect()
}

/// An exception for some names of a crate is not one for all of it.
fn names(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for exception in EXCEPTIONS.iter().filter(|exception| !exception.only.is_empty()) {
        let folder = format!("crates/{}/", exception.from);
        for file in house.rust().filter(|file| file.path.starts_with(&folder)) {
            let code = rust::mask(&file.text, Keep::Code);
            for (line, name) in used(&code, &format!("{}::", exception.to)) {
                if !exception.only.contains(&name.as_str()) {
                    let what = format!("{} uses {}::{name}, but {}", exception.from, exception.to, exception.reason);
                    let remedy = format!("use {} only, or change the exception in {HERE}", exception.only.join(", "));
                    findings.push(Finding::error(RULE, &file.path, line, what, remedy));
                }
            }
        }
    }
    findings
}

/// The names that follow `path`, one by one or in braces, with their lines.
fn used(code: &str, path: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code.get(from..).and_then(|rest| rust::whole(rest, path)) {
        from += at + path.len();
        let rest = code.get(from..).unwrap_or("");
        let group = rest.get(..rust::item_length(rest)).filter(|_| rest.starts_with('{'));
        let names = group.map_or_else(|| vec![first_name(rest)], firsts);
        found.extend(names.into_iter().map(|name| (rust::line_at(code, from), name)));
    }
    found
}

/// The first name of each part of `{a, b::{c, d}, e}`: a, b, e.
fn firsts(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => parts.push(String::new()),
            _ if depth == 1 => parts.iter_mut().last().into_iter().for_each(|part| part.push(character)),
            _ => {}
        }
    }
    parts.iter().map(|part| first_name(part.trim_start())).filter(|name| !name.is_empty()).collect()
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || "_*".contains(*character)).collect()
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(one, _)| *one == name).map(|(_, floor)| *floor)
}

fn exception(from: &str, to: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|one| one.from == from && one.to == to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(house: &House) -> String {
        check(house).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    fn lower() -> House {
        House::default()
            .with_crate("storage", &[])
            .with_crate("seal", &[])
            .with_crate("access", &[])
            .with_crate("vault", &[("storage", Need::Run), ("seal", Need::Run), ("access", Need::Run)])
    }

    #[test]
    fn downward_edges_pass() {
        assert_eq!(said(&lower()), "");
    }

    #[test]
    fn an_upward_edge_is_found() {
        let house = lower().with_crate("model", &[("vault", Need::Run), ("model-derive", Need::Run)]);
        assert!(said(&house).contains("floor 0 may not name floor 3"), "{}", said(&house));
    }

    #[test]
    fn neighbours_on_a_floor_do_not_know_each_other() {
        let house = lower().with_crate("privacy", &[]).with_crate("watch", &[("privacy", Need::Run)]);
        assert!(said(&house).contains("floor 6 may not name floor 6"));
    }

    #[test]
    fn an_application_cannot_name_storage_not_even_in_its_tests() {
        for need in [Need::Run, Need::Build, Need::Test] {
            let house = lower().with_crate("practice", &[("storage", need)]);
            assert!(said(&house).contains("only vault and candor may name storage"), "{}", said(&house));
        }
    }

    #[test]
    fn the_tests_of_a_crate_may_turn_on_its_own_features() {
        assert_eq!(said(&lower().with_crate("storage", &[("storage", Need::Test)])), "");
    }

    #[test]
    fn the_ledger_names_nothing_of_ours() {
        let house = House::default().with_crate("access", &[]).with_crate("ledger", &[("access", Need::Run)]);
        assert!(said(&house).contains("ledger stands alone"));
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert!(said(&lower().with_crate("cellar", &[])).contains("crate cellar has no floor"));
    }

    #[test]
    fn an_exception_that_is_not_used_is_found() {
        assert!(said(&lower().with_crate("identity", &[])).contains("identity → seal"));
    }

    #[test]
    fn identity_uses_no_more_of_seal_than_its_exception_says() {
        let house = lower().with_crate("identity", &[("seal", Need::Run)]);
        let right = "use seal::password::{Hasher, Policy};\nuse seal::{\n  Secret, token,\n};\n// seal::TenantKeys\nfn f(_: seal::Secret) {}";
        assert_eq!(said(&house.clone().with("crates/identity/src/a.rs", right)), "");
        let wrong = [
            "use seal::TenantKeys;",
            "use seal::{Secret, password::{Hasher}, Environment};",
            "use seal::*;",
            "fn f(_: seal::tokens::X) {}",
        ];
        for wrong in wrong {
            let found = said(&house.clone().with("crates/identity/src/a.rs", &format!("\n{wrong}")));
            assert!(found.contains("crates/identity/src/a.rs:2"), "{wrong}: {found}");
        }
    }

    #[test]
    fn a_finding_points_at_the_line_of_the_manifest() {
        let manifest = "[package]\nname = \"practice\"\n[dependencies]\nstorage.workspace = true\n";
        let house =
            lower().with_crate("practice", &[("storage", Need::Run)]).with("crates/practice/Cargo.toml", manifest);
        assert!(said(&house).contains("crates/practice/Cargo.toml:4"));
    }
}
