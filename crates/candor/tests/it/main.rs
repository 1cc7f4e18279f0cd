//! The whole house, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and may read the environment"
)]

mod browser;
mod declared;
mod demo;
mod house;
mod promises;
mod sweep;
