//! Integration tests: the engine, the rules of the house, and what they must not do.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that goes wrong should stop at once and say why"
)]

mod attacks;
mod benign;
mod corpus;
mod engine;
mod gates;
mod house;
mod readers;
mod version4;
