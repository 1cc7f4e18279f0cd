//! What the seals promise, from outside the crate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking; the lints allow it in test functions, not in what they share"
)]

mod destruction;
mod digests;
mod envelope;
mod hierarchy;
mod house;
mod key_file;
mod passwords;
mod rotation;
mod secrets;
mod vectors;
