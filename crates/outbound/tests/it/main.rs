//! The guarded client against local servers that do what it must not fall for.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unused_io_amount,
    reason = "helpers of tests fail by panicking, as tests do; how much a careless server reads is no matter"
)]

mod guards;
mod limits;
mod retries;
mod server;
mod trust;
