//! Pure: what people do to a study and what it changes, and what may not come in. No vault, no clock.

pub(crate) mod duration;
pub(crate) mod edit;
pub(crate) mod made_up;
pub(crate) mod matrix;
pub(crate) mod parts;
pub(crate) mod protocol;
pub(crate) mod readiness;
pub(crate) mod sheet;
pub(crate) mod skeleton;
pub mod subject_data;
