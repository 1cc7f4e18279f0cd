//! The vocabulary of the house: ids, time, sensitivity, retention, purpose, and the declarations
//! of kinds. No input or output, no clock, no randomness: those are passed in through [`Outside`].
//!
//! Start with [`KindDecl`]: everything durable is a record of a declared kind.

mod answer;
mod ids;
mod kind;
mod outside;
mod time;

pub use answer::{Answer, Fault, No, Problem, Refusal, RefusalKind};
pub use ids::{ActorId, IdParseError, RecordId, RequestId, SessionId, SubjectId, TenantId};
pub use kind::{
    Acts, Article9, Bucket, DecodeError, FieldDecl, Form, History, Kind, KindDecl, LawfulBasis, Purpose, Retention,
    Search, Sensitivity, SubjectRule, Term,
};
pub use outside::Outside;
pub use time::{Time, TimeParseError};
