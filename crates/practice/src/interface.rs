//! The FHIR R4 interface under `/fhir/r4`, for programs with a key.
//!
//! | file | what |
//! |---|---|
//! | `interface/routes.rs` | every address, per type, from the list of interactions that `metadata` states |
//! | `interface/asked.rs` | what a request's headers ask for |
//! | `interface/media.rs` | media types: what is accepted, what was sent |
//! | `interface/answer.rs` | answers with their headers; every no as an `OperationOutcome` |
//! | `interface/one.rs` | read, vread, history, create, update, delete |
//! | `interface/write.rs` | one write turned into changes of the vault, and carried out |
//! | `interface/find.rs` | searches |
//! | `interface/bundle.rs` | transactions and batches |
//! | `interface/binary.rs` | the bytes of a Binary as they are |
//! | `interface/other.rs` | the capability statement, and whatever is not offered |

mod answer;
mod asked;
mod binary;
mod bundle;
mod find;
mod media;
mod one;
mod other;
mod routes;
mod write;

pub(crate) use binary::content;
pub(crate) use routes::site;
