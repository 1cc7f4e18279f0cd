//! What the engines promise, tested from outside.

mod conformance;
mod crash;
mod damage;
mod erasure;
mod idle;
mod sabotage;
