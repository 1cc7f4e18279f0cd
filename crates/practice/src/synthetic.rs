//! People who do not exist: a seeded generator of a practice in a town that does not exist.
//!
//! Everything is made so that it can never be taken for real: NHS numbers from the 999 range that is never
//! issued, telephone numbers that Ofcom keeps for drama, e-mail at example.org, postcodes that begin with Q
//! (no real one does), and `meta.tag` HTEST on every resource. The same seed and day give the same bytes.

mod documents;
mod names;
mod people;
mod random;

use model::{RecordId, Time};

pub use random::Random;

use crate::fhir::json::Object;
use crate::fhir::{FhirId, Type};

/// How much to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Patients. The first ones have the names that trip software up.
    pub patients: usize,
    /// Practitioners, at least one.
    pub practitioners: usize,
    /// Most documents of one patient; each is a DocumentReference and a Binary.
    pub documents_max: usize,
}

/// A generated resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its type.
    pub of: Type,
    /// Its id, a UUID.
    pub id: FhirId,
    /// Its text, valid FHIR R4.
    pub text: String,
}

/// A practice: practitioners, then each patient followed by their documents, so that every reference points back.
pub fn practice(seed: u64, now: Time, sizes: Sizes) -> Vec<Generated> {
    let mut random = Random::of_seed(seed);
    let mut made = Vec::new();
    let mut dentists = Vec::new();
    for number in 0..sizes.practitioners.max(1) {
        let dentist = people::practitioner(&mut random, number);
        dentists.push(dentist.id.clone());
        made.push(dentist);
    }
    let mut numbers = people::NhsNumbers::default();
    for number in 0..sizes.patients {
        let dentist = random.choose(&dentists).cloned();
        let patient = people::patient(&mut random, number, now, dentist.as_ref(), &mut numbers);
        let about = patient.id.clone();
        made.push(patient);
        for _ in 0..random.below(sizes.documents_max as u64 + 1) {
            made.extend(documents::document(&mut random, now, &about, dentist.as_ref()));
        }
    }
    made
}

fn id(random: &mut Random) -> FhirId {
    let mut bytes = (u128::from(random.next()) << 64 | u128::from(random.next())).to_be_bytes();
    // The version and variant of a random UUID (RFC 9562 §5.4).
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    FhirId::of_record(RecordId::from_bytes(bytes))
}

/// `resourceType`, `id`, and the tags that say what this is.
fn begin(resource: &mut Object, of: Type, id: &FhirId) {
    resource.text("resourceType", of.name());
    resource.text("id", id.as_str());
    resource.object("meta", |meta| {
        meta.list("tag", |tags| {
            tags.object(|tag| {
                tag.text("system", "http://terminology.hl7.org/CodeSystem/v3-ActReason");
                tag.text("code", "HTEST");
                tag.text("display", "test health data");
            });
        });
    });
}

/// The calendar day so many days before now.
fn days_ago(now: Time, days: u64) -> String {
    let days = i64::try_from(days).unwrap_or(0);
    now.plus_seconds(-days * 86_400).date()
}
