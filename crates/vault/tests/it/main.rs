//! Sentences about the one way in and the one way out.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod batches;
mod bent;
mod disk;
mod erasing;
mod evidence;
mod house;
mod kinds;
mod log;
mod model_based;
mod once;
mod places;
mod racing;
mod reading;
mod searching;
mod tenants;
mod writing;
