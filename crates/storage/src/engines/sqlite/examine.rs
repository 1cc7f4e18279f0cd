use rusqlite::Connection;

use super::check::Checker;
use super::rows::Rows;
use super::schema::check_structure;
use crate::{Order, Space, Span, StorageError, limits};

/// What a look at every row of a tenant found: nothing wrong, and how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examined {
    /// Rows in all spaces.
    pub rows: u64,
    /// Bytes of their values.
    pub value_bytes: u64,
}

const ROWS_AT_ONCE: usize = 256;

/// Looks at the structure of a file and at every row in it.
pub(super) fn examine(
    connection: &Connection,
    checker: &Checker,
    len: impl Fn(Space) -> u64,
) -> Result<Examined, StorageError> {
    check_structure(connection)?;
    let rows = Rows { connection, checker };
    let mut examined = Examined::default();
    for space in Space::ALL {
        let (mut from, len) = (Vec::new(), len(space));
        loop {
            let to = vec![u8::MAX; limits::KEY_BYTES_MAX + 1];
            let span = Span { from, to, order: Order::Ascending, limit: ROWS_AT_ONCE };
            let found = rows.span(space, &span, len)?;
            examined.rows += found.len() as u64;
            examined.value_bytes += found.iter().map(|(_, row)| row.value.len() as u64).sum::<u64>();
            // The smallest key above the last one.
            let Some((mut last, _)) = found.into_iter().next_back() else { break };
            last.push(0);
            from = last;
        }
    }
    Ok(examined)
}
