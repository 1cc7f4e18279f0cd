//! The vocabulary, seen from outside.

#![cfg(test)]

mod declared;
mod derived;
mod golden;
mod properties;
mod samples;
mod ui;
