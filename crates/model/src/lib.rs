//! The vocabulary of the house: ids, time, sensitivity, retention, purpose, and the declarations
//! of kinds. No input or output, no clock, no randomness: those are passed in through [`Outside`].
//!
//! Start with [`KindDecl`]: everything durable is a record of a declared kind.

mod answer;
mod ids;
mod kind;
mod outside;
mod shape;
mod terms;
mod time;

pub use answer::{Answer, Fault, No, Problem, Refusal, RefusalKind};
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
