//! What the practice records: whole FHIR resources, kept as the text they came in.
//!
//! INVARIANT: each held FHIR type has exactly one kind, and the other way round.

mod binary;
mod document;
mod patient;
mod practitioner;

use model::{Acts, KindDecl};

use crate::fhir::Type;

pub use binary::BINARY;
pub use document::DOCUMENT;
pub use patient::PATIENT;
pub use practitioner::PRACTITIONER;

/// The media type of every body.
pub const MEDIA_TYPE: &str = "application/fhir+json";

/// Every kind of the practice.
pub const ALL: &[&KindDecl] = &[PATIENT, PRACTITIONER, DOCUMENT, BINARY];

/// The kind that holds a FHIR type.
pub const fn of(of: Type) -> &'static KindDecl {
    match of {
        Type::Patient => PATIENT,
        Type::Practitioner => PRACTITIONER,
        Type::DocumentReference => DOCUMENT,
        Type::Binary => BINARY,
    }
}

/// The bytes of a document are as guarded as the document.
const DOCUMENT_ACTS: Acts =
    Acts { read: "document.read", create: "document.create", revise: "document.update", retire: "document.retire" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_held_by_the_kind_of_its_name() {
        assert_eq!(ALL.len(), Type::ALL.len());
        for one in Type::ALL {
            assert_eq!(of(one).name, one.kind_name());
        }
    }
}
