//! What the engines promise, tested from outside.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod conformance;
mod crash;
mod damage;
mod erasure;
mod group;
mod idle;
mod sabotage;
