//! What the engines promise, tested from outside.

mod conformance;
mod crash;
mod damage;
mod erasure;
mod group;
mod idle;
mod sabotage;
