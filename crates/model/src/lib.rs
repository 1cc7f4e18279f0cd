//! The vocabulary of the house: ids, time, sensitivity, retention, purpose, and the declarations
//! of kinds. No input or output, no clock, no randomness: those are passed in through [`Outside`].
//! (Only [`golden`], which tests call, reads files.)
//!
//! Start with [`KindDecl`]: everything durable is a record of a declared kind.
//!
//! # A kind
//!
//! ```
//! use model::{RecordId, Time};
//!
//! #[derive(serde::Serialize, serde::Deserialize, model::Kind)]
//! #[kind(
//!     name = "practice.note",                // dotted, lower case, stable for ever
//!     version = 2,                           // the shape's number, from 1
//!     words = "What was found and done at a visit.",
//!     subject = field(patient),              // itself | nobody | field(…): a SubjectId or a RecordId
//!     purpose = DirectCare,                  // model::Purpose
//!     retention = Clinical,                  // model::Retention
//!     history = EveryVersion,                // model::History; Ephemeral needs a field with `ends`
//!     read = "note.read", create = "note.create", revise = "note.update", retire = "note.retire",
//!     upgrade(1 = urgent_is_new)             // one step from each past shape to the next
//! )]
//! pub struct Note {
//!     #[field(sensitivity = Identifying, search = Exact, refers = "practice.patient")]
//!     pub patient: RecordId,
//!     #[field(sensitivity = Health)]         // search is Never unless declared
//!     pub text: String,
//!     #[field(sensitivity = Health, search = Bucket(Day))]
//!     pub seen: Time,
//!     #[field(sensitivity = Internal, search = Ordered)]
//!     pub urgent: bool,
//! }
//!
//! fn urgent_is_new(mut note: serde_json::Value) -> Result<serde_json::Value, &'static str> {
//!     note.as_object_mut().ok_or("a note is an object")?.insert("urgent".into(), false.into());
//!     Ok(note)
//! }
//!
//! # use model::Kind;
//! # let old = br#"{"patient":"01890a5d-ac96-774b-bcce-b302099a8057","text":"Sound.","seen":0}"#;
//! # let note = Note::decode(1, old)?;
//! # assert!(!note.urgent);
//! # assert_eq!(note.terms().len(), 3);
//! # Ok::<(), model::DecodeError>(())
//! ```
//!
//! Each field says its sensitivity, else it does not compile; so does an ordered index above `Internal`. A field is
//! stored under its own name: serde's `rename`, `flatten`, `skip`, `alias` and their like are refused.

mod answer;
pub mod declared;
mod fold;
pub mod golden;
mod ids;
mod kind;
mod outside;
mod shape;
mod terms;
mod time;

pub use answer::{Answer, Fault, No, Problem, Refusal, RefusalKind};
pub use fold::{fold, words};
pub use ids::{ActorId, IdParseError, RecordId, RequestId, SessionId, SubjectId, TenantId};
pub use kind::{
    Acts, Article9, Bucket, DecodeError, FieldDecl, Form, History, Kind, KindDecl, LawfulBasis, Purpose, Retention,
    Search, Sensitivity, SubjectRule, Term,
};
pub use model_derive::Kind;
pub use outside::Outside;
pub use shape::UpgradeStep;
pub use terms::{SearchValue, SubjectValue};
pub use time::{Time, TimeParseError};

/// What generated code calls; not for anyone else.
#[doc(hidden)]
pub mod __private {
    pub use crate::shape::{decode, encode};
    pub use crate::terms::push as terms;
    pub use serde_json;
}
