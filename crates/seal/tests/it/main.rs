//! What the seals promise, from outside the crate.

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
