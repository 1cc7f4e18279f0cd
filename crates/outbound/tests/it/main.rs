//! The guarded client against local servers that do what it must not fall for.

mod guards;
mod limits;
mod retries;
mod server;
mod trust;
