//! Sentences about the door, run in process.

mod doors;
mod forms;
mod house;
mod nos;
mod sight;
mod wire;
