//! What the engines promise, tested from outside.

mod conformance;
