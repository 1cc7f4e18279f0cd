//! The clinical-trial designer: a structured protocol in, every CDISC artefact out.
//!
//! [`design`] is pure: bytes in, files out, no clock and no disk. Pages and records come on top of it.

pub mod design;
pub mod rules;
