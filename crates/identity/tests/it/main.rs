//! Sentences about the door: who gets in, who does not, and for how long.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accounts;
mod foreign;
mod golden;
mod house;
mod key_pages;
mod keys;
mod letters;
mod mail;
mod pages;
mod passkeys;
mod passwords;
mod programs;
mod quota;
mod reset;
mod rights;
mod second_factor;
mod security;
mod sessions;
mod set_up;
mod sign_in;
mod sign_up;
mod step_up;
mod sweeping;
mod waiting;
