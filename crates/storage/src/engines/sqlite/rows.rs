use rusqlite::{Connection, OptionalExtension};

use super::check::Checker;
use super::schema::{Shape, failed};
use crate::{Order, Row, Space, Span, StorageError, index_of_key, key_of_index};

type Found<T> = Result<T, StorageError>;

/// Reads rows on one connection and believes only what its checksum confirms.
pub(super) struct Rows<'c> {
    pub(super) connection: &'c Connection,
    pub(super) checker: &'c Checker,
}

impl Rows<'_> {
    /// The row under a key. `numbered_len` is the durable length if the space is a numbered one.
    pub(super) fn row(&self, space: Space, key: &[u8], numbered_len: u64) -> Found<Option<Row>> {
        if Shape::of(space) == Shape::Numbered {
            return self.numbered(space, key, numbered_len);
        }
        // The row itself or, where it is not, the one after it: one search finds either.
        let mut statement = self.connection.prepare_cached(select(space).up).map_err(failed)?;
        let mut rows = statement.query([key]).map_err(failed)?;
        if let Some(found) = rows.next().map_err(failed)? {
            let there = found.get_ref(0).and_then(|there| Ok(there.as_blob()?)).map_err(failed)?;
            if there == key {
                let (row, check) = (Row { version: version(found, 1)?, value: value(found)? }, check(found)?);
                self.confirm(check, space, key, &row)?;
                return Ok(Some(row));
            }
            self.confirm_key(check(found)?, space, there)?;
        }
        self.confirm_neighbour(space, select(space).before, key)?;
        Ok(None)
    }

    /// The rows of a span.
    pub(super) fn span(&self, space: Space, span: &Span, numbered_len: u64) -> Found<Vec<(Vec<u8>, Row)>> {
        if span.from >= span.to || span.limit == 0 {
            return Ok(Vec::new());
        }
        if Shape::of(space) == Shape::Numbered {
            return self.numbered_span(space, span, numbered_len);
        }
        let (sql, start, behind) = match span.order {
            Order::Ascending => (select(space).up, &span.from, select(space).before),
            Order::Descending => (select(space).down, &span.to, select(space).from),
        };
        self.confirm_neighbour(space, behind, start)?;
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([start]).map_err(failed)?;
        let mut found: Vec<(Vec<u8>, Row)> = Vec::new();
        while found.len() < span.limit {
            let Some(next) = rows.next().map_err(failed)? else { break };
            let key: Vec<u8> = next.get(0).map_err(failed)?;
            // The first key beyond the end is asked for as well: it proves that the span ends here.
            if key < span.from || key >= span.to {
                self.confirm_key(check(next)?, space, &key)?;
                break;
            }
            let (row, check) = (Row { version: version(next, 1)?, value: value(next)? }, check(next)?);
            self.confirm(check, space, &key, &row)?;
            found.push((key, row));
        }
        Ok(found)
    }

    /// How many entries a numbered space holds, by its largest number.
    pub(super) fn count_numbered(&self, space: Space) -> Found<u64> {
        let sql = if space == Space::Log { "SELECT max(n) FROM \"log\"" } else { "SELECT max(n) FROM \"change\"" };
        let largest: Option<i64> = self.connection.query_row(sql, (), |row| row.get(0)).map_err(failed)?;
        let Some(largest) = largest else { return Ok(0) };
        u64::try_from(largest)
            .map(|n| n + 1)
            .map_err(|_| StorageError::damaged(format!("`{space}` has entry {largest}")))
    }

    fn numbered(&self, space: Space, key: &[u8], len: u64) -> Found<Option<Row>> {
        let Some(index) = index_of_key(key).filter(|index| *index < len) else { return Ok(None) };
        let sql = numbered_sql(space).point;
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let found = statement
            .query_row([index.cast_signed()], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))
            .optional()
            .map_err(failed)?;
        let Some((check, value)) = found else { return Err(gap(space, index)) };
        let row = Row { version: 0, value };
        self.confirm(check, space, key, &row)?;
        Ok(Some(row))
    }

    fn numbered_span(&self, space: Space, span: &Span, len: u64) -> Found<Vec<(Vec<u8>, Row)>> {
        let (from, to) = (index_at_or_above(&span.from).min(len), index_at_or_above(&span.to).min(len));
        let wanted = (to.saturating_sub(from)).min(span.limit as u64);
        let (sql, mut expected) = match span.order {
            Order::Ascending => (numbered_sql(space).up, from),
            Order::Descending => (numbered_sql(space).down, to),
        };
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query((from.cast_signed(), to.cast_signed(), wanted.cast_signed())).map_err(failed)?;
        let mut found = Vec::new();
        for _ in 0..wanted {
            if span.order == Order::Descending {
                expected -= 1;
            }
            let next = rows.next().map_err(failed)?.ok_or_else(|| gap(space, expected))?;
            let index: i64 = next.get(0).map_err(failed)?;
            if index.cast_unsigned() != expected {
                return Err(gap(space, expected));
            }
            let (key, row) = (key_of_index(expected), Row { version: 0, value: next.get(2).map_err(failed)? });
            self.confirm(next.get(1).map_err(failed)?, space, &key, &row)?;
            found.push((key, row));
            if span.order == Order::Ascending {
                expected += 1;
            }
        }
        Ok(found)
    }

    /// Confirms the key beside a place where nothing was found.
    ///
    /// A search goes wrong where a key in the tree is no longer what it was, and it ends right beside that key. So if
    /// the keys on both sides are as written, the row that was not found is not there.
    fn confirm_neighbour(&self, space: Space, sql: &str, key: &[u8]) -> Found<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([key]).map_err(failed)?;
        let Some(found) = rows.next().map_err(failed)? else { return Ok(()) };
        let neighbour = found.get_ref(0).and_then(|key| Ok(key.as_blob()?)).map_err(failed)?;
        self.confirm_key(found.get(1).map_err(failed)?, space, neighbour)
    }

    fn confirm_key(&self, check: i64, space: Space, key: &[u8]) -> Found<()> {
        if self.checker.holds_key(check, space, key) {
            return Ok(());
        }
        Err(StorageError::damaged(format!("a key in `{space}` does not match its checksum")))
    }

    fn confirm(&self, check: i64, space: Space, key: &[u8], row: &Row) -> Found<()> {
        if self.checker.holds(check, space, key, row) {
            return Ok(());
        }
        Err(StorageError::damaged(format!("a row in `{space}` does not match its checksum")))
    }
}

fn version(row: &rusqlite::Row<'_>, column: usize) -> Found<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned).map_err(failed)
}

fn check(row: &rusqlite::Row<'_>) -> Found<i64> {
    row.get(2).map_err(failed)
}

fn value(row: &rusqlite::Row<'_>) -> Found<Vec<u8>> {
    row.get(3).map_err(failed)
}

fn gap(space: Space, index: u64) -> StorageError {
    StorageError::damaged(format!("entry {index} of `{space}` is missing"))
}

/// The smallest index whose key is not below `key`, which may have any length.
fn index_at_or_above(key: &[u8]) -> u64 {
    let mut bytes = [0u8; 8];
    for (to, from) in bytes.iter_mut().zip(key) {
        *to = *from;
    }
    let floor = u64::from_be_bytes(bytes);
    if key.len() > 8 { floor.saturating_add(1) } else { floor }
}

/// The statements that read a space by key. Columns: key, version, check, value; of neighbours: key, check.
#[derive(Clone, Copy)]
struct Select {
    up: &'static str,
    down: &'static str,
    before: &'static str,
    from: &'static str,
}

macro_rules! select {
    ($table:literal) => {
        select!($table, concat!($table, " t"), "t.\"value\"")
    };
    ($table:literal, $rows:expr, $value:literal) => {
        Select {
            up: select!(@rows $rows, $value, " WHERE t.\"key\" >= ?1 ORDER BY t.\"key\""),
            down: select!(@rows $rows, $value, " WHERE t.\"key\" < ?1 ORDER BY t.\"key\" DESC"),
            before: select!(@key $table, " WHERE \"key\" < ?1 ORDER BY \"key\" DESC LIMIT 1"),
            from: select!(@key $table, " WHERE \"key\" >= ?1 ORDER BY \"key\" LIMIT 1"),
        }
    };
    (@rows $rows:expr, $value:literal, $rest:literal) => {
        concat!("SELECT t.\"key\", t.\"version\", t.\"check\", ", $value, " FROM ", $rows, $rest)
    };
    (@key $table:literal, $rest:literal) => {
        concat!("SELECT \"key\", \"check\" FROM ", $table, $rest)
    };
}

const fn select(space: Space) -> Select {
    match space {
        Space::Head => select!("\"head\""),
        Space::Version => select!("\"version\""),
        Space::Key => {
            select!("\"key\"", "\"key\" t LEFT JOIN \"key_body\" b ON b.\"id\" = t.\"body\"", "b.\"value\"")
        }
        Space::Term => select!("\"term\""),
        Space::Unique => select!("\"unique\""),
        Space::Tree => select!("\"tree\""),
        Space::Once => select!("\"once\""),
        // The numbered spaces have statements of their own and never come here.
        Space::Meta | Space::Log | Space::Change => select!("\"meta\""),
    }
}

/// The statements that read a numbered space. Columns: n, check, value.
#[derive(Clone, Copy)]
struct SelectNumbered {
    point: &'static str,
    up: &'static str,
    down: &'static str,
}

macro_rules! numbered {
    ($table:literal) => {
        SelectNumbered {
            point: numbered!(@ $table, " WHERE \"n\" = ?1"),
            up: numbered!(@ $table, " WHERE \"n\" >= ?1 AND \"n\" < ?2 ORDER BY \"n\" LIMIT ?3"),
            down: numbered!(@ $table, " WHERE \"n\" >= ?1 AND \"n\" < ?2 ORDER BY \"n\" DESC LIMIT ?3"),
        }
    };
    (@ $table:literal, $rest:literal) => {
        concat!("SELECT \"n\", \"check\", \"value\" FROM ", $table, $rest)
    };
}

const fn numbered_sql(space: Space) -> SelectNumbered {
    match space {
        Space::Log => numbered!("\"log\""),
        _ => numbered!("\"change\""),
    }
}
