//! The dental practice, on HL7 FHIR R4.

pub mod fhir;
pub mod synthetic;
