use model::{RefusalKind, Time};
use practice::fhir::ids::{EntityTag, Tags, Target, instant};
use practice::fhir::{About, FhirId, R4_TYPES, Resource, Type, VersionId};
use proptest::prelude::*;

use crate::{BINARY, DOCUMENT, PATIENT, PRACTITIONER, now, read, refused, refused_at};

const ALL: [&str; 4] = [PATIENT, PRACTITIONER, DOCUMENT, BINARY];

#[test]
fn a_resource_reads_back_byte_for_byte_but_for_what_the_house_owns() {
    for text in ALL {
        let resource = read(text);
        assert_eq!(resource.text(), text);
        let stamped = resource.stamped(&FhirId::parse("new").unwrap(), VersionId::new(3), now());
        let again = Resource::kept(&stamped).unwrap();
        assert!(again.says_the_same_as(&resource));
        assert_eq!(again.id().unwrap().as_str(), "new");
        assert_eq!(again.version(), Some(VersionId::new(3)));
        assert_eq!(
            again.root().member("meta").unwrap().member_text("lastUpdated").unwrap(),
            "2026-11-21T12:00:00.000Z"
        );
        // Taking the owned elements out again gives the text that came.
        let undone = stamped.replacen("\"new\"", &format!("\"{}\"", resource.id().unwrap()), 1).replacen(
            ",\"meta\":{\"versionId\":\"3\",\"lastUpdated\":\"2026-11-21T12:00:00.000Z\"}",
            "",
            1,
        );
        assert_eq!(undone, text);
        assert!(read(&resource.compacted()).says_the_same_as(&resource));
    }
}

#[test]
fn the_spelling_of_decimals_and_unknown_extensions_stay() {
    let stamped = read(PATIENT).stamped(&FhirId::parse("x").unwrap(), VersionId::FIRST, now());
    for kept in ["1.50", "12345678901234567890.0100", "https://example.org/unknown/nested", "Si\\u00f4n"] {
        assert!(stamped.contains(kept), "{kept}");
    }
}

#[test]
fn a_difference_is_a_difference() {
    let other = read(&PATIENT.replace("1.50", "1.5"));
    assert!(!read(PATIENT).says_the_same_as(&other));
}

#[test]
fn every_shape_of_meta_is_stamped() {
    for meta in [
        "",
        r#","meta":{"versionId":"9"}"#,
        r#","meta":{"lastUpdated":"2020-01-01T00:00:00Z"}"#,
        r#","meta":{"lastUpdated":"2020-01-01T00:00:00Z","tag":[{"code":"x"}],"versionId":"9"}"#,
        r#","meta":{"profile":["http://example.org/p"]}"#,
    ] {
        let resource = read(&format!(r#"{{"resourceType":"Patient"{meta}}}"#));
        let again = read(&resource.stamped(&FhirId::parse("a").unwrap(), VersionId::new(7), now()));
        assert_eq!((again.id().unwrap().as_str(), again.version()), ("a", Some(VersionId::new(7))), "{meta}");
        assert!(again.says_the_same_as(&resource), "{meta}");
        assert_eq!(again.text().contains("\"x\""), meta.contains("\"x\""));
    }
}

#[test]
fn a_type_that_is_not_held_is_refused_by_name() {
    let no = refused(r#"{"resourceType":"Observation","status":"final"}"#);
    assert_eq!(no.kind, RefusalKind::NotSupported);
    assert_eq!(
        no.words,
        "Observation is not supported yet; supported: Patient, Practitioner, DocumentReference, Binary."
    );
    let no = refused(r#"{"resourceType":"Bogus"}"#);
    assert!(no.words.starts_with("This is not the name of a FHIR R4 resource type"));
    assert_eq!(refused("{}").problems[0].path, "Resource.resourceType");
    assert_eq!(refused("[]").kind, RefusalKind::Malformed);
    assert_eq!(R4_TYPES.len(), 146);
    assert!(R4_TYPES.is_sorted());
}

#[test]
fn what_r4_does_not_allow_is_refused_with_its_path() {
    refused_at(r#"{"resourceType":"Patient","nmae":[]}"#, "Patient.nmae", "no such element");
    refused_at(r#"{"resourceType":"Patient","name":{"family":"x"}}"#, "Patient.name", "array");
    refused_at(r#"{"resourceType":"Patient","active":"yes"}"#, "Patient.active", "true or false");
    refused_at(r#"{"resourceType":"Patient","gender":"sometimes"}"#, "Patient.gender", "male, female");
    refused_at(r#"{"resourceType":"Patient","name":[{"use":"stage"}]}"#, "Patient.name[0].use", "official");
    refused_at(r#"{"resourceType":"Patient","name":[{}]}"#, "Patient.name[0]", "empty object");
    refused_at(r#"{"resourceType":"Patient","id":"a b"}"#, "Patient.id", "id");
    refused_at(
        r#"{"resourceType":"Patient","deceasedBoolean":false,"deceasedDateTime":"2020"}"#,
        "Patient.deceased[x]",
        "one type",
    );
    refused_at(r#"{"resourceType":"DocumentReference","status":"current"}"#, "DocumentReference.content", "missing");
    refused_at(r#"{"resourceType":"Binary","data":"bm90ZQ=="}"#, "Binary.contentType", "missing");
    refused_at(r#"{"resourceType":"Binary","contentType":"text/plain","data":"bm=90ZQ="}"#, "Binary.data", "base64");
    refused_at(
        r#"{"resourceType":"Binary","contentType":"not a type","data":"bm90ZQ=="}"#,
        "Binary.contentType",
        "media type",
    );
    refused_at(r#"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#, "Patient.contact[0]", "pat-1");
    refused_at(r#"{"resourceType":"Patient","telecom":[{"value":"1"}]}"#, "Patient.telecom[0].system", "cpt-2");
    refused_at(r#"{"resourceType":"Patient","extension":[{"url":"u"}]}"#, "Patient.extension[0]", "ext-1");
    refused_at(
        r##"{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}"##,
        "Patient.managingOrganization.reference",
        "ref-1",
    );
    refused_at(
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Organization"}]}"#,
        "Patient.contained[0].id",
        "needs an id",
    );
    refused_at(
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","bogus":1}]}"#,
        "Patient.contained[0].bogus",
        "no such element",
    );
    refused_at(
        r#"{"resourceType":"Patient","name":[{"family":"a\u0000b"}]}"#,
        "Patient.name[0].family",
        "control characters",
    );
    for active in [
        "<div><script>x</script></div>",
        "<div onclick='x'>a</div>",
        "<div><a href='java\tscript:x'>a</a></div>",
        "<p>a</p>",
    ] {
        let div = serde_json::to_string(active).unwrap();
        refused_at(
            &format!(r#"{{"resourceType":"Patient","text":{{"status":"generated","div":{div}}}}}"#),
            "Patient.text.div",
            "txt-1",
        );
    }
}

#[test]
fn absurd_dates_are_refused_with_their_path() {
    let born = |date: &str| format!(r#"{{"resourceType":"Patient","birthDate":"{date}"}}"#);
    refused_at(&born("0000"), "Patient.birthDate", "no year 0000");
    refused_at(&born("2026-02-30"), "Patient.birthDate", "no such day");
    refused_at(&born("2025-02-29"), "Patient.birthDate", "no such day");
    refused_at(&born("2026-13-01"), "Patient.birthDate", "date");
    refused_at(&born("25/12/1974"), "Patient.birthDate", "date");
    refused_at(&born("2027"), "Patient.birthDate", "future");
    refused_at(&born("9999-12-31"), "Patient.birthDate", "future");
    refused_at(&born("1066-10-14"), "Patient.birthDate", "1850");
    for fine in ["1931", "1931-05", "2024-02-29", "2026", "2026-11-21", "2026-11-22"] {
        read(&born(fine));
    }
    refused_at(
        r#"{"resourceType":"Patient","birthDate":"2000-01-02","deceasedDateTime":"2000-01-01"}"#,
        "Patient.deceasedDateTime",
        "before birth",
    );
    refused_at(
        r#"{"resourceType":"Patient","name":[{"period":{"start":"2020-02-30"}}]}"#,
        "Patient.name[0].period.start",
        "no such day",
    );
    refused_at(
        r#"{"resourceType":"Patient","name":[{"period":{"start":"2020-02","end":"2020-01"}}]}"#,
        "Patient.name[0].period",
        "per-1",
    );
    refused_at(&DOCUMENT.replace("2024-05-01T", "2031-05-01T"), "DocumentReference.date", "future");
}

#[test]
fn a_refusal_never_repeats_what_was_sent() {
    let no = refused(
        r#"{"resourceType":"Patient","birthDate":"SECRET-1","gender":"SECRET-2","id":"SECRET 3","multipleBirthInteger":99999999999}"#,
    );
    assert!(no.problems.len() >= 4, "{:?}", no.problems);
    assert!(!format!("{no:?}").contains("SECRET"), "{no:?}");
    assert!(!format!("{no:?}").contains("99999999999"), "{no:?}");
}

#[test]
fn many_problems_are_told_at_once_but_not_without_end() {
    let names: Vec<&str> = std::iter::repeat_n(r#"{"use":"wrong"}"#, 80).collect();
    let no = refused(&format!(r#"{{"resourceType":"Patient","name":[{}]}}"#, names.join(",")));
    assert_eq!(no.problems.len(), 50);
    assert!(no.words.contains("80 elements"));
}

/// The model's decoder recurses with large frames, and a worker's stack has two mebibytes.
#[test]
fn the_deepest_nesting_that_is_taken_fits_half_a_workers_stack() {
    let nested = |levels: usize| {
        let mut extension = r#"{"url":"u","valueString":"x"}"#.to_owned();
        for _ in 1..levels {
            extension = format!(r#"{{"url":"u","extension":[{extension}]}}"#);
        }
        format!(r#"{{"resourceType":"Patient","contact":[{{"name":{{"extension":[{extension}]}}}}]}}"#)
    };
    // References in identifiers in references: two levels of JSON for each.
    let mut reference = r#"{"display":"x"}"#.to_owned();
    for _ in 0..30 {
        reference = format!(r#"{{"identifier":{{"value":"1","assigner":{reference}}}}}"#);
    }
    let references = format!(r#"{{"resourceType":"Patient","managingOrganization":{reference}}}"#);
    let read = move || {
        read(&nested(6));
        read(&references);
        assert!(refused(&nested(7)).problems[0].words.contains("6 deep"));
        assert!(refused(&nested(28)).problems[0].words.contains("6 deep"));
        assert!(refused(&nested(500)).problems[0].words.contains("64 deep"));
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap();
}

#[test]
fn whose_data_a_resource_is() {
    let id = FhirId::parse("brave.Patient-1").unwrap();
    assert_eq!(read(PATIENT).about(), About::Itself);
    assert_eq!(read(DOCUMENT).about(), About::Patient(id.clone()));
    assert_eq!(read(BINARY).about(), About::Patient(id));
    let through = read(&BINARY.replace("Patient/brave.Patient-1", "DocumentReference/d"));
    assert_eq!(through.about(), About::Through(Type::DocumentReference, FhirId::parse("d").unwrap()));
    assert_eq!(read(r#"{"resourceType":"Binary","contentType":"a/b","data":"bm90ZQ=="}"#).about(), About::Nobody);
}

#[test]
fn ids_follow_the_grammar_and_different_ids_are_different_records() {
    for good in ["1", "a.B-9", &"x".repeat(64)] {
        assert!(FhirId::parse(good).is_some());
    }
    for bad in ["", "a b", "a/b", "ä", "a_b", &"x".repeat(65)] {
        assert!(FhirId::parse(bad).is_none(), "{bad}");
    }
    let record = |text: &str, of: Type| FhirId::parse(text).unwrap().record(of);
    let uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(record(uuid, Type::Patient).to_string(), uuid);
    assert_ne!(record(&uuid.to_uppercase(), Type::Patient), record(uuid, Type::Patient));
    assert_ne!(record("example", Type::Patient), record("example", Type::Practitioner));
    assert_ne!(record("example", Type::Patient), record("Example", Type::Patient));
    // Whoever sends the digest of another's id as their own id does not get the other's record.
    let digest = record("example", Type::Patient);
    assert_ne!(record(&digest.to_string(), Type::Patient), digest);
    // Frozen: stored records are found by this for ever.
    assert_eq!(digest.to_string(), "4faa7cc3-17be-8815-b21a-76cc82fd6e8e");
}

#[test]
fn versions_are_written_and_read_as_tags() {
    assert_eq!(EntityTag(VersionId::new(3)).to_string(), "W/\"3\"");
    for text in ["W/\"3\"", "\"3\"", " W/\"3\" "] {
        assert_eq!(EntityTag::parse(text), Some(EntityTag(VersionId::new(3))), "{text}");
    }
    for text in ["", "3", "W/3", "\"03\"", "\"-3\"", "\"x\"", "\"\"", "w/\"3\"", "\"99999999999999999999\""] {
        assert_eq!(EntityTag::parse(text), None, "{text}");
    }
    assert!(Tags::parse("*").unwrap().hold(VersionId::new(9)));
    let two = Tags::parse("W/\"1\", W/\"2\"").unwrap();
    assert!(two.hold(VersionId::new(2)) && !two.hold(VersionId::new(3)));
    assert_eq!(Tags::parse("W/\"1\";W/\"2\"").unwrap_err().kind, RefusalKind::Malformed);
    assert!(Tags::parse(&vec!["\"1\""; 17].join(",")).is_err());
    assert_eq!(instant(Time::from_micros(1_763_758_774_123_456)), "2025-11-21T20:59:34.123Z");
}

#[test]
fn a_relative_reference_names_a_type_and_an_id() {
    let target = Target::relative("Patient/1/_history/2").unwrap();
    assert_eq!((target.of.as_str(), target.id.as_str(), target.version), ("Patient", "1", Some(VersionId::new(2))));
    for other in ["#p", "urn:uuid:x", "http://a/Patient/1", "Patient", "Patient/", "patient/1", "Patient/1/2"] {
        assert_eq!(Target::relative(other), None, "{other}");
    }
}

fn mutated(text: &str, at: usize, with: u8, how: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    match how % 4 {
        0 => bytes[at] = with,
        1 => bytes.truncate(at),
        2 => bytes.insert(at, with),
        _ => {
            bytes.remove(at);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn a_damaged_resource_is_read_or_refused_with_a_path(which in 0usize..4, at in any::<usize>(), with in any::<u8>(), how in any::<u8>()) {
        let bytes = mutated(ALL[which], at, with, how);
        match Resource::read(&bytes, now()) {
            Ok(resource) => {
                prop_assert_eq!(resource.text().as_bytes(), &bytes[..]);
                let stamped = resource.stamped(&FhirId::parse("s").unwrap(), VersionId::FIRST, now());
                prop_assert!(Resource::read(stamped.as_bytes(), now()).unwrap().says_the_same_as(&resource));
            }
            Err(no) => {
                prop_assert!(!no.problems.is_empty());
                prop_assert!(no.problems.iter().all(|problem| !problem.path.is_empty() && !problem.words.is_empty()));
            }
        }
    }
}
