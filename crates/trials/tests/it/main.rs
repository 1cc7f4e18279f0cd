//! The trial designer from outside: definitions in, artefacts out.

#![recursion_limit = "512"]

mod artefacts;
mod dirty;
mod fixture;
mod given;
