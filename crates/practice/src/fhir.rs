//! HL7 FHIR R4 (4.0.1) for the practice: reading, checking, finding and answering, all pure.
//!
//! The way of a resource in: bytes → [`json::Document`] (strict, lossless) → [`resource::Resource`]
//! (its type, its shape, its dates and codes) → [`search::terms`] (what it is found by). A resource is
//! kept as the text it came in; only `id`, `meta.versionId` and `meta.lastUpdated` are written by the
//! house, and nothing else of the text is touched.
//!
//! The way of a Bundle in: [`bundle::Draft`] → the caller looks up what its conditions name →
//! [`bundle::Draft::settle`] → steps in the order of processing.

pub mod bundle;
pub mod capability;
mod codes;
mod dates;
pub mod ids;
pub mod json;
pub mod outcome;
pub mod resource;
mod rules;
pub mod search;
mod types;

pub use ids::{EntityTag, FhirId, VersionId};
pub use resource::{About, Resource};
pub use types::{R4_TYPES, Type};
