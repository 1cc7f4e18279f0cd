//! Sentences about the door, run in process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod doors;
mod edge;
mod floods;
mod forms;
mod guarded;
mod house;
mod log;
mod nos;
mod sight;
mod wire;
