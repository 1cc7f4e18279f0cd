//! Sentences about promises and probes: what a sound house gets, and that each probe sees its control broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod bundles;
mod claims;
mod fake;
mod fake_edge;
mod fake_evidence;
mod fake_fhir;
mod fake_guard;
mod fake_scratch;
mod fake_trials;
mod pages;
mod probes;
mod setting;
