//! Pure: what people do to a study and what it changes, and what may not come in. No vault, no clock.

pub(crate) mod duration;
#[expect(dead_code, reason = "the schedule page comes next")]
pub(crate) mod edit;
#[expect(dead_code, reason = "the schedule page comes next")]
pub(crate) mod matrix;
#[expect(dead_code, reason = "the schedule page comes next")]
pub(crate) mod protocol;
pub(crate) mod readiness;
pub(crate) mod skeleton;
pub mod subject_data;
