use crate::finding::Finding;
use crate::house::{House, Package};
use crate::spdx;

const LOCK: &str = "Cargo.lock";
const DENY: &str = "deny.toml";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that anyone may use with Apache-2.0 OR MIT. `deny.toml` holds the same list.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// A licence that only one crate may have: crate, licence, why.
const NAMED: &[(&str, &str, &str)] = &[(
    "webpki-roots",
    "CDLA-Permissive-2.0",
    "a list of root certificates: data, not code, free to use and to pass on",
)];

/// Crates that are never built, and why. `deny.toml` holds the same list.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "one cryptographic library: aws-lc-rs"),
    ("openssl-sys", "one cryptographic library: aws-lc-rs"),
    ("native-tls", "one TLS: rustls"),
    ("ring", "one cryptographic library: aws-lc-rs"),
    ("chrono", "one calendar: jiff"),
];

/// Where a banned crate comes in all the same: banned crate, the crate that brings it, why.
const TOLERATED: &[(&str, &str, &str)] = &[];

/// Every package has a licence we may use, comes from crates.io and is not banned; `deny.toml` says the same.
pub fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &house.packages {
        findings.extend(licence(package));
        findings.extend(source(package));
    }
    for (name, why) in BANNED {
        let tolerated = TOLERATED.iter().any(|(banned, ..)| banned == name);
        if house.built.contains(*name) && !tolerated {
            let what = format!("{name} is built, but it is banned: {why}");
            let remedy = format!("find who brings it: cargo tree --invert {name} --target all --edges all");
            findings.push(Finding::error("banned", LOCK, 0, what, remedy));
        }
    }
    findings.extend(mirror(house));
    findings
}

fn licence(package: &Package) -> Option<Finding> {
    let finding = |what: String| {
        let remedy = "use another crate, or name this one with its licence and reason in xtask/src/licences.rs";
        Finding::error("licence", LOCK, 0, format!("{} {}: {what}", package.name, package.version), remedy)
    };
    let Some(expression) = &package.licence else {
        return Some(finding("no licence is declared".to_owned()));
    };
    let named = |licence: &str| NAMED.iter().any(|(name, one, _)| *name == package.name && *one == licence);
    match spdx::satisfied(expression, &|licence| ALLOWED.contains(&licence) || named(licence)) {
        Ok(true) => None,
        Ok(false) => Some(finding(format!("{expression} is not allowed"))),
        Err(words) => Some(finding(words)),
    }
}

fn source(package: &Package) -> Option<Finding> {
    let source = package.source.as_deref()?;
    (source != CRATES_IO).then(|| {
        let what = format!("{} {} comes from {source}", package.name, package.version);
        Finding::error("source", LOCK, 0, what, "take it from crates.io, the only source we lock")
    })
}

/// `deny.toml` is for those who have cargo-deny; it must not say something else.
fn mirror(house: &House) -> Vec<Finding> {
    let Some(deny) = house.file(DENY) else {
        return vec![Finding::error(
            "deny",
            DENY,
            0,
            "deny.toml is missing",
            "write it with the lists of xtask/src/licences.rs",
        )];
    };
    let mut findings = Vec::new();
    let ours: Vec<&str> = ALLOWED.to_vec();
    let theirs = list(&deny.text, "allow = [");
    findings.extend(difference("allow", &ours, &theirs));
    let ours: Vec<&str> = BANNED.iter().map(|(name, _)| *name).collect();
    let theirs = list(&deny.text, "deny = [");
    findings.extend(difference("deny", &ours, &theirs));
    findings
}

fn difference(key: &str, ours: &[&str], theirs: &[String]) -> Vec<Finding> {
    let missing = ours.iter().filter(|one| !theirs.iter().any(|other| other == *one)).map(|one| (*one, "lacks"));
    let more = theirs.iter().filter(|one| !ours.contains(&one.as_str())).map(|one| (one.as_str(), "has one too many:"));
    let say = |(one, verb): (&str, &str)| {
        let what = format!("{key} {verb} {one}");
        Finding::error("deny", DENY, 0, what, "deny.toml and xtask/src/licences.rs hold the same lists")
    };
    missing.map(say).chain(more.map(say)).collect()
}

/// The first quoted word of each line of a list.
fn list(text: &str, start: &str) -> Vec<String> {
    let lines =
        text.lines().skip_while(|line| !line.starts_with(start)).skip(1).take_while(|line| !line.starts_with(']'));
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A house whose `deny.toml` agrees with the tables.
    fn house() -> House {
        let allow: String = ALLOWED.iter().map(|one| format!("  \"{one}\",\n")).collect();
        let deny: String = BANNED.iter().map(|(one, _)| format!("  {{ name = \"{one}\" }},\n")).collect();
        let deny = deny.replace("{ name = ", "").replace(" }", "");
        House::default().with(DENY, &format!("[licenses]\nallow = [\n{allow}]\n[bans]\ndeny = [\n{deny}]\n"))
    }

    fn rules(house: &House) -> Vec<&'static str> {
        check(house).iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn an_allowed_package_from_crates_io_passes() {
        assert_eq!(rules(&house().with_foreign("serde", Some("MIT OR Apache-2.0"), CRATES_IO)), [""; 0]);
    }

    #[test]
    fn a_forbidden_or_missing_licence_is_found() {
        assert_eq!(rules(&house().with_foreign("a", Some("GPL-3.0-only"), CRATES_IO)), ["licence"]);
        assert_eq!(rules(&house().with_foreign("a", Some("MIT AND MPL-2.0"), CRATES_IO)), ["licence"]);
        assert_eq!(rules(&house().with_foreign("a", None, CRATES_IO)), ["licence"]);
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        assert_eq!(rules(&house().with_foreign("a", Some("MIT"), "git+https://example.org/a")), ["source"]);
    }

    #[test]
    fn a_banned_package_is_found_once_it_is_built() {
        let mut house = house().with_foreign("openssl-sys", Some("MIT"), CRATES_IO);
        assert_eq!(rules(&house), ["banned"]);
        house.built.clear();
        assert_eq!(rules(&house), [""; 0]);
    }

    #[test]
    fn a_deny_file_that_says_something_else_is_found() {
        let text = house().file(DENY).unwrap().text.clone();
        for wrong in [
            text.replace("  \"ISC\",\n", ""),
            text.replace("\"ISC\"", "\"ISC\",\n  \"GPL-3.0-only\""),
            text.replace("\"openssl\"", "\"open\""),
        ] {
            assert!(rules(&house().with(DENY, &wrong)).contains(&"deny"), "{wrong}");
        }
        assert_eq!(rules(&House::default()), ["deny"]);
    }
}
