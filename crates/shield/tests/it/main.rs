//! Integration tests: the engine, the rules of the house, and what they must not do.

mod attacks;
mod benign;
mod engine;
mod gates;
mod house;
