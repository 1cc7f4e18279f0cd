//! Request inspection: bytes in, verdict out.
//!
//! `shield` compiles rules in the language of the OWASP Core Rule Set (a subset of SecLang; anything else is an
//! error with file and line) and runs them over requests. It knows no other crate of the house, opens no connection,
//! asks no clock, and reads files only in [`Inspector::load`].
//!
//! A request passes four stations:
//! 1. readers turn target, headers, cookies and body into named values, limits first;
//! 2. `Texts` holds every value and what transformations make of it, each made once;
//! 3. gates, a set of byte values and one pass for required texts, spare most operators;
//! 4. links run rule by rule, and what they note adds up to a [`Verdict`].

mod body;
mod byteset;
pub mod cases;
mod compile;
pub mod corpus;
mod error;
mod gate;
mod inspect;
mod inspector;
mod limits;
mod load;
mod macros;
mod operator;
mod pack;
mod pattern;
mod program;
mod request;
mod settings;
mod source;
mod store;
mod texts;
mod transform;
mod variable;
mod verdict;

pub use error::LoadError;
pub use inspector::{Inspector, Told};
pub use limits::{Limit, Limits};
pub use request::{Request, looks_into};
pub use settings::{Exclusion, Exclusions, Gates, Mode, Route, Rules, Settings, Terms};
pub use verdict::{Decision, EXCERPT_BYTES_MAX, Excerpt, Ground, Hit, Outcome, Place, Step, Verdict};
