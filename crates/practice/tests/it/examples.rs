//! Everything that others say is valid R4 is taken and read back equal. The published examples are looked for
//! beside the repository; our own fixtures are tested either way.

use std::path::{Path, PathBuf};

use practice::fhir::bundle::{Act, Draft, Naming, pick};
use practice::fhir::json::{Document, Limits};
use practice::fhir::{FhirId, Resource, Type, VersionId};

use crate::{BINARY, DOCUMENT, PATIENT, PRACTITIONER, now};

fn shared() -> PathBuf {
    // The repository may lie one folder deeper than usual.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let near = [root.join("../shared/data/fhir"), root.join("../../shared/data/fhir")];
    let [first, _] = &near;
    near.iter().find(|dir| dir.exists()).unwrap_or(first).clone()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

/// Reads, stamps and reads back: equal but for what the house owns, and equal to another reader's eyes.
fn round_trip(name: &str, text: &str) -> Type {
    let resource = Resource::read(text.as_bytes(), now()).unwrap_or_else(|no| panic!("{name}: {:?}", no.problems));
    assert_eq!(resource.text(), text);
    let stamped = resource.stamped(&FhirId::parse("stamped").unwrap(), VersionId::new(2), now());
    let again = Resource::read(stamped.as_bytes(), now()).unwrap_or_else(|no| panic!("{name}: {:?}", no.problems));
    assert!(again.says_the_same_as(&resource), "{name}");
    let strip = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        let members = value.as_object_mut().unwrap();
        members.remove("id");
        if let Some(meta) = members.get_mut("meta").and_then(|meta| meta.as_object_mut()) {
            meta.remove("versionId");
            meta.remove("lastUpdated");
        }
        if members.get("meta").is_some_and(|meta| meta.as_object().unwrap().is_empty()) {
            members.remove("meta");
        }
        value
    };
    assert_eq!(strip(text), strip(&stamped), "{name}");
    resource.of()
}

#[test]
fn our_own_fixtures_read_back_equal() {
    for text in [PATIENT, PRACTITIONER, DOCUMENT, BINARY] {
        round_trip("fixture", text);
    }
}

#[test]
fn published_examples_read_back_equal_and_other_types_are_refused_by_name() {
    let (mut taken, mut refused) = (0, 0);
    for path in files(&shared().join("examples")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let document =
            Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap_or_else(|no| panic!("{}: {no}", path.display()));
        let name = document.root().member_text("resourceType").unwrap().into_owned();
        if Type::named(&name).is_some() {
            round_trip(&path.display().to_string(), &text);
            taken += 1;
        } else {
            let no = Resource::read(text.as_bytes(), now()).unwrap_err();
            assert!(no.words.starts_with(&format!("{name} is not supported yet")), "{}", no.words);
            refused += 1;
        }
    }
    assert!(!shared().exists() || (taken >= 4 && refused >= 60), "{taken} taken, {refused} refused");
}

#[test]
fn synthea_bundles_are_refused_whole_and_imported_in_part() {
    let (mut bundles, mut stored) = (0, 0);
    for path in files(&shared().join("synthea")) {
        let bytes = std::fs::read(&path).unwrap();
        bundles += 1;
        let picked = pick(&bytes, &Type::ALL, Naming::Own).unwrap();
        match Draft::read(&bytes, now()) {
            Ok(_) => assert!(picked.left_out.is_empty()),
            Err(no) => {
                assert!(
                    picked.left_out.iter().all(|(name, count)| no.words.contains(&format!("{name} ({count})"))),
                    "{}",
                    no.words
                );
            }
        }
        let draft = Draft::read(picked.text.as_bytes(), now())
            .unwrap_or_else(|no| panic!("{}: {:?}", path.display(), no.problems));
        let settled = draft.settle(&[], &mut || FhirId::parse("new").unwrap()).unwrap();
        let source = Document::read(&bytes, &Limits::BUNDLE).unwrap();
        for step in settled.steps {
            let Ok(Act::Update { id, resource, .. }) = step.act else { panic!("{step:?}") };
            round_trip(&path.display().to_string(), resource.text());
            let there = source
                .root()
                .follow(&["entry", "resource"])
                .into_iter()
                .find(|node| node.member_text("id").as_deref() == Some(id.as_str()));
            assert!(there.unwrap().says_the_same_as(resource.root()));
            stored += 1;
        }
    }
    assert!(!shared().exists() || (bundles >= 9 && stored > 100), "{bundles} bundles, {stored} stored");
}
