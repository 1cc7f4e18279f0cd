//! Rules of the designer: pure functions from what is known to a decision.

pub mod subject_data;
