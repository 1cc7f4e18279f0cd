//! The public studies, where they lie beside the repository.

use std::path::PathBuf;

use trials::design::{Built, Order, Severity, build};

pub(crate) fn given() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usdm");
    let folder = if folder.is_dir() {
        folder
    } else {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/usdm")
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut studies: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json") && !path.ends_with("USDM_API.json"))
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    studies.sort();
    studies
}

/// The published rules of the definition standard find what the authors of a protocol left open; we cannot mend that.
fn of_the_protocol(rule: &str) -> bool {
    rule.starts_with("DDF")
}

fn small(bytes: &[u8]) -> Built {
    build(&Order { subjects: 4, ..Order::new(bytes) })
}

#[test]
fn every_activity_of_the_given_studies_is_known() {
    for (name, bytes) in given() {
        let built = small(&bytes);
        assert_eq!(built.coverage.unresolved, 0, "{name}");
        assert_eq!(built.blockers, 0, "{name}");
    }
}

#[test]
fn the_given_studies_break_no_rule_of_ours() {
    for (name, bytes) in given() {
        let built = small(&bytes);
        let broken: Vec<_> = built
            .outcomes
            .iter()
            .filter(|outcome| outcome.broken > 0 && outcome.rule != "U3.11" && !of_the_protocol(&outcome.rule))
            .collect();
        assert!(broken.is_empty(), "{name}: {broken:?}");
        let errors: Vec<_> = built
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Error && !of_the_protocol(&finding.rule))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn damaged_public_studies_never_panic() {
    for (_, bytes) in given() {
        // Bytes are overwritten at places that a fixed rule chooses; most stay JSON because letters replace letters.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for round in 0..4 {
            let mut broken = bytes.clone();
            for _ in 0..200 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = usize::try_from(state >> 33).unwrap() % broken.len();
                if broken[at].is_ascii_alphanumeric() {
                    broken[at] = if round % 2 == 0 { b'7' } else { b'z' };
                }
            }
            small(&broken);
        }
    }
}
