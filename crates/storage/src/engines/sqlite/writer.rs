use rusqlite::{Connection, OptionalExtension, params};

use super::check::Checker;
use super::mark::Lengths;
use super::rows::Rows;
use super::schema::{Shape, failed};
use crate::{Batch, Check, CommitError, Committed, Expect, Put, Space, StorageError, key_of_index};

/// One transaction of the committer: batches go in one after another, then all become durable at once.
pub(super) struct Group<'c> {
    connection: &'c Connection,
    checker: &'c Checker,
    /// The lengths as they will be when the transaction is committed.
    pub(super) lengths: Lengths,
    /// Whether anything was written at all.
    pub(super) wrote: bool,
    /// Whether bytes of a key went that must not stay behind in the log.
    pub(super) wiped: bool,
    grew: bool,
}

impl<'c> Group<'c> {
    pub(super) fn begin(
        connection: &'c Connection,
        checker: &'c Checker,
        lengths: Lengths,
    ) -> Result<Self, StorageError> {
        connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute(())).map_err(failed)?;
        Ok(Self { connection, checker, lengths, wrote: false, wiped: false, grew: false })
    }

    /// Takes one batch in. The outer error fails the group, the inner one only this batch.
    // ORDER: every check before the first write. So a batch that fails has written nothing and needs no savepoint.
    pub(super) fn add(&mut self, batch: &Batch) -> Result<Result<Committed, CommitError>, StorageError> {
        for (index, check) in batch.checks.iter().enumerate() {
            match self.holds(check) {
                Ok(true) => {}
                Ok(false) => return Ok(Err(CommitError::Conflict { check: index })),
                Err(error) => return Ok(Err(error.into())),
            }
        }
        let committed = Committed { log_from: self.lengths.log, change_from: self.lengths.change };
        self.write(batch).map_err(failed)?;
        Ok(Ok(committed))
    }

    pub(super) fn commit(mut self) -> Result<Lengths, StorageError> {
        if self.wrote && !self.grew {
            self.connection
                .prepare_cached("UPDATE \"identity\" SET \"silent\" = \"silent\" + 1")
                .and_then(|mut count| count.execute(()))
                .map_err(failed)?;
            self.lengths.silent += 1;
        }
        self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute(())).map_err(failed)?;
        Ok(self.lengths)
    }

    /// Ends a transaction in which nothing was written.
    pub(super) fn abandon(self) -> Result<(), StorageError> {
        self.connection.prepare_cached("ROLLBACK").and_then(|mut end| end.execute(())).map_err(failed).map(drop)
    }

    fn holds(&self, check: &Check) -> Result<bool, StorageError> {
        let rows = Rows { connection: self.connection, checker: self.checker };
        let found = rows.row(check.space, &check.key, self.lengths.of(check.space))?;
        Ok(match check.expect {
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found.is_some_and(|row| row.version == version),
        })
    }

    fn write(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        for (space, key) in &batch.deletes {
            self.delete(*space, key)?;
        }
        for put in &batch.puts {
            match Shape::of(put.space) {
                Shape::Wipeable => self.put_wipeable(put)?,
                _ => self.put(put)?,
            }
        }
        for entry in &batch.log {
            self.append(Space::Log, "INSERT INTO \"log\" (\"n\", \"check\", \"value\") VALUES (?1, ?2, ?3)", entry)?;
        }
        for entry in &batch.changes {
            let sql = "INSERT INTO \"change\" (\"n\", \"check\", \"value\") VALUES (?1, ?2, ?3)";
            self.append(Space::Change, sql, entry)?;
        }
        Ok(())
    }

    fn delete(&mut self, space: Space, key: &[u8]) -> rusqlite::Result<()> {
        if Shape::of(space) == Shape::Wipeable {
            self.wipe_body(key)?;
        }
        self.wrote |= self.connection.prepare_cached(delete(space))?.execute([key])? > 0;
        Ok(())
    }

    fn put(&mut self, put: &Put) -> rusqlite::Result<()> {
        let check = self.checker.of(put.space, &put.key, &put.row);
        let mut statement = self.connection.prepare_cached(upsert(put.space))?;
        statement.execute(params![put.key, put.row.version.cast_signed(), check, put.row.value])?;
        self.wrote = true;
        Ok(())
    }

    /// Writes a row whose value can later be wiped: over the old value if it is as long, else at the end.
    fn put_wipeable(&mut self, put: &Put) -> rusqlite::Result<()> {
        let body = match self.body(&put.key)? {
            Some((body, length)) if usize::try_from(length) == Ok(put.row.value.len()) => {
                let sql = "UPDATE \"key_body\" SET \"value\" = ?2 WHERE \"id\" = ?1";
                self.connection.prepare_cached(sql)?.execute(params![body, put.row.value])?;
                self.wiped = true;
                body
            }
            _ => {
                self.wipe_body(&put.key)?;
                let sql = "INSERT INTO \"key_body\" (\"value\") VALUES (?1)";
                self.connection.prepare_cached(sql)?.insert([&put.row.value])?
            }
        };
        let check = self.checker.of(put.space, &put.key, &put.row);
        let mut statement = self.connection.prepare_cached(UPSERT_KEY)?;
        statement.execute(params![put.key, put.row.version.cast_signed(), check, body])?;
        self.wrote = true;
        Ok(())
    }

    fn wipe_body(&mut self, key: &[u8]) -> rusqlite::Result<()> {
        let Some((body, length)) = self.body(key)? else { return Ok(()) };
        let sql = "UPDATE \"key_body\" SET \"value\" = zeroblob(?2) WHERE \"id\" = ?1";
        self.connection.prepare_cached(sql)?.execute([body, length])?;
        self.wiped = true;
        Ok(())
    }

    fn body(&self, key: &[u8]) -> rusqlite::Result<Option<(i64, i64)>> {
        let sql = "SELECT b.\"id\", length(b.\"value\") FROM \"key\" k JOIN \"key_body\" b ON b.\"id\" = k.\"body\" \
                   WHERE k.\"key\" = ?1";
        self.connection.prepare_cached(sql)?.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    fn append(&mut self, space: Space, sql: &str, entry: &[u8]) -> rusqlite::Result<()> {
        let next = self.lengths.of(space);
        let check = self.checker.of_value(space, &key_of_index(next), 0, entry);
        self.connection.prepare_cached(sql)?.execute(params![next.cast_signed(), check, entry])?;
        self.lengths.grow(space);
        (self.wrote, self.grew) = (true, true);
        Ok(())
    }
}

macro_rules! upsert {
    ($table:literal, $value:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (\"key\", \"version\", \"check\", ",
            $value,
            ") VALUES (?1, ?2, ?3, ?4) ON CONFLICT (\"key\") DO UPDATE SET \"version\" = ?2, \"check\" = ?3, ",
            $value,
            " = ?4"
        )
    };
    ($table:literal) => {
        upsert!($table, "\"value\"")
    };
}

const UPSERT_KEY: &str = upsert!("\"key\"", "\"body\"");

const fn upsert(space: Space) -> &'static str {
    match space {
        Space::Head => upsert!("\"head\""),
        Space::Version => upsert!("\"version\""),
        Space::Key => UPSERT_KEY,
        Space::Term => upsert!("\"term\""),
        Space::Unique => upsert!("\"unique\""),
        Space::Tree => upsert!("\"tree\""),
        Space::Once => upsert!("\"once\""),
        // The spaces that only grow are refused before a batch comes here.
        Space::Meta | Space::Log | Space::Change => upsert!("\"meta\""),
    }
}

const fn delete(space: Space) -> &'static str {
    match space {
        Space::Head => "DELETE FROM \"head\" WHERE \"key\" = ?1",
        Space::Version => "DELETE FROM \"version\" WHERE \"key\" = ?1",
        Space::Key => "DELETE FROM \"key\" WHERE \"key\" = ?1",
        Space::Term => "DELETE FROM \"term\" WHERE \"key\" = ?1",
        Space::Unique => "DELETE FROM \"unique\" WHERE \"key\" = ?1",
        Space::Tree => "DELETE FROM \"tree\" WHERE \"key\" = ?1",
        Space::Once => "DELETE FROM \"once\" WHERE \"key\" = ?1",
        // As above.
        Space::Meta | Space::Log | Space::Change => "DELETE FROM \"meta\" WHERE \"key\" = ?1",
    }
}
