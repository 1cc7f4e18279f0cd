//! Who keeps rows: one file per engine, one line here.

mod memory;
mod sqlite;

pub use memory::Memory;
pub use sqlite::{Examined, Sqlite, SqliteOptions};
