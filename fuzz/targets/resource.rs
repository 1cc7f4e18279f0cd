//! A FHIR resource from outside: accepted means it can be stamped, kept and read back saying the same.
#![no_main]

use candor_fuzz::NOW;
use libfuzzer_sys::fuzz_target;
use practice::fhir::{FhirId, Resource, VersionId};

fuzz_target!(|noise: &[u8]| {
    let Ok(resource) = Resource::read(noise, NOW) else { return };
    let id = FhirId::parse("fuzz").expect("a plain id");
    let stamped = resource.stamped(&id, VersionId::new(7), NOW);
    let kept = Resource::kept(&stamped).expect("what the house stamped it can read");
    assert_eq!(kept.id(), Some(id), "the stamped id is read back");
    assert_eq!(kept.version(), Some(VersionId::new(7)), "the stamped version is read back");
    assert!(kept.says_the_same_as(&resource), "stamping changes nothing else");
});
