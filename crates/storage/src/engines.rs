//! Who keeps rows: one file per engine, one line here.

mod memory;

pub use memory::Memory;
