//! The trial designer from outside: definitions in, artefacts out.

#![recursion_limit = "512"]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod artefacts;
mod ddf;
mod dirty;
mod drafting;
mod fixture;
mod given;
mod golden;
mod house;
mod pages;
mod push;
mod rulebook;
mod server;
mod subject_data;
