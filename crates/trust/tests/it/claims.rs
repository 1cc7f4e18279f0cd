//! Promises as declarations.

use std::collections::BTreeSet;
use trust::claims::{ALL, declared};
use trust::{ClaimDecl, Counts, wording};

#[test]
fn every_claim_is_worded_so_that_it_can_be_tested() {
    let faults: Vec<String> = ALL.iter().flat_map(wording::faults).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_slogan_is_refused_and_a_universal_needs_a_count() {
    let with = |words: &'static str, counts| wording::faults(&ClaimDecl { words, counts, ..ALL[0] }).len();
    for slogan in [
        "Military-grade encryption.",
        "We are fully compliant.",
        "Works in any scenario.",
        "End-to-end encryption.",
        "Alerts in real time.",
        "We are certified.",
    ] {
        assert_ne!(with(slogan, Counts::Whole), 0, "{slogan}");
    }
    assert_eq!(with("Every route is closed.", Counts::Sample), 1);
    assert_eq!(with("Every route is closed.", Counts::Whole), 0);
    assert_eq!(with("Smaller calls are never billed.", Counts::Sample), 1, "all within calls is no universal");
    assert_eq!(with("Alerts in real time, within 5 s.", Counts::Sample), 0);
}

#[test]
fn every_claim_has_a_name_of_its_own_and_time_to_be_late_once() {
    let ids: BTreeSet<&str> = ALL.iter().map(|claim| claim.id).collect();
    assert_eq!(ids.len(), ALL.len());
    for claim in ALL {
        assert!(claim.valid_seconds >= 2 * claim.cadence_seconds, "{}", claim.id);
        assert!(!claim.rows.is_empty() && !claim.how.is_empty() && !claim.group.is_empty(), "{}", claim.id);
        assert!(claim.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", claim.id);
        let source = std::str::from_utf8(claim.probe.source).unwrap();
        assert!(source.contains(&format!("id: \"{}\"", claim.id)), "{} carries another probe's source", claim.id);
    }
}

#[test]
fn the_first_rows_of_the_inventory_are_answered() {
    let answered: BTreeSet<&str> = ALL.iter().flat_map(|claim| claim.rows).copied().collect();
    for row in [
        "L19", "L21", "L22", "L23", "L24", "L25", "L27", "L42", "L44", "L45", "L74", "L75", "L96", "M05", "M06", "M07",
        "M27", "M28", "M35", "M38", "M39", "M60", "M61", "M62",
    ] {
        assert!(answered.contains(row), "{row}");
    }
}

#[test]
fn the_declared_file_names_every_claim() {
    let text = declared();
    for claim in ALL {
        assert!(text.contains(claim.words) && text.contains(claim.how), "{}", claim.id);
    }
}

/// The house must not know a probe when it sees one.
#[test]
fn no_crate_of_the_house_knows_the_probes() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut looked_at = 0;
    for name in ["web", "identity", "vault", "practice", "access", "storage", "seal", "shield"] {
        walk(&crates.join(name).join("src"), &mut |path, text| {
            looked_at += 1;
            for telltale in ["probe-a", "probe-b", "probe_tenant", "is_probe", "candor-probe"] {
                assert!(!text.contains(telltale), "{} speaks of {telltale}", path.display());
            }
        });
    }
    assert!(looked_at > 50, "only {looked_at} files were looked at");
}

fn walk(dir: &std::path::Path, see: &mut impl FnMut(&std::path::Path, &str)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, see);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            see(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
