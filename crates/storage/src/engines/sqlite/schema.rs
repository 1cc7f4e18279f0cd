use std::path::Path;

use model::TenantId;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{Space, StorageError};

/// "CNDR": marks a file as a tenant's file of this house.
const APPLICATION_ID: i32 = 0x434E_4452;
/// The layout below. A change needs a new number and a way up from the old one.
const USER_VERSION: i32 = 1;

/// How the rows of a space lie in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Large values: a heap of rows with an index on the key, so that rows share pages.
    Wide,
    /// Small values: rows in the tree of keys itself.
    Narrow,
    /// Numbered without gaps.
    Numbered,
    /// Values that can be wiped: see [`KEY_BODY`].
    Wipeable,
}

impl Shape {
    pub(super) const fn of(space: Space) -> Self {
        match space {
            Space::Head | Space::Version | Space::Tree => Self::Wide,
            Space::Term | Space::Unique | Space::Once | Space::Meta => Self::Narrow,
            Space::Log | Space::Change => Self::Numbered,
            Space::Key => Self::Wipeable,
        }
    }
}

/// Where the values of [`Space::Key`] lie.
///
/// `secure_delete` alone does not keep the promise that a deleted key leaves no bytes: when SQLite moves a cell from
/// one page of a tree to another it may leave a copy in the unused middle of the old page, and a later deletion wipes
/// only the cell.
// INVARIANT: rows of this table are only appended (largest id + 1) or overwritten by a value of equal length, so no
// cell of it ever moves; a value that goes is overwritten with zeros in place.
const KEY_BODY: &str = "CREATE TABLE \"key_body\" (\"id\" INTEGER PRIMARY KEY, \"value\" BLOB NOT NULL) STRICT";

const IDENTITY: &str = "CREATE TABLE \"identity\" (\"tenant\" BLOB NOT NULL, \"silent\" INTEGER NOT NULL) STRICT";

/// The statement that makes a space's table.
fn table(space: Space) -> String {
    match Shape::of(space) {
        Shape::Wide => format!(
            "CREATE TABLE \"{space}\" (\"key\" BLOB NOT NULL UNIQUE, \"version\" INTEGER NOT NULL, \
             \"check\" INTEGER NOT NULL, \"value\" BLOB NOT NULL) STRICT"
        ),
        Shape::Narrow => format!(
            "CREATE TABLE \"{space}\" (\"key\" BLOB NOT NULL PRIMARY KEY, \"version\" INTEGER NOT NULL, \
             \"check\" INTEGER NOT NULL, \"value\" BLOB NOT NULL) STRICT, WITHOUT ROWID"
        ),
        Shape::Numbered => format!(
            "CREATE TABLE \"{space}\" (\"n\" INTEGER PRIMARY KEY, \"check\" INTEGER NOT NULL, \
             \"value\" BLOB NOT NULL) STRICT"
        ),
        Shape::Wipeable => format!(
            "CREATE TABLE \"{space}\" (\"key\" BLOB NOT NULL PRIMARY KEY, \"version\" INTEGER NOT NULL, \
             \"check\" INTEGER NOT NULL, \"body\" INTEGER NOT NULL) STRICT, WITHOUT ROWID"
        ),
    }
}

fn tables() -> Vec<String> {
    Space::ALL.into_iter().map(table).chain([KEY_BODY.to_owned(), IDENTITY.to_owned()]).collect()
}

/// Makes a tenant's file at `path`, where none is, and closes it with everything in the file itself.
pub(super) fn make(path: &Path, tenant: TenantId) -> Result<(), StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    set_up(&connection, CACHE_KIB_WRITER)?;
    let transaction = connection.transaction().map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.pragma_update(None, "user_version", USER_VERSION).map_err(failed)?;
    for table in tables() {
        transaction.execute(&table, ()).map_err(failed)?;
    }
    let identity = "INSERT INTO \"identity\" (\"tenant\", \"silent\") VALUES (?1, 0)";
    transaction.execute(identity, [tenant.as_bytes()]).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))
}

const CACHE_KIB_WRITER: i32 = 2048;
const CACHE_KIB_READER: i32 = 256;
const BUSY_MILLIS: u64 = 5_000;

/// Opens a tenant's file for its committer, after making sure that it is one.
pub(super) fn open_writer(path: &Path, tenant: TenantId) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    recognise(&connection, tenant)?;
    set_up(&connection, CACHE_KIB_WRITER)?;
    Ok(connection)
}

/// Opens a tenant's file, which the committer has recognised, for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    set_up(&connection, CACHE_KIB_READER)?;
    Ok(connection)
}

fn set_up(connection: &Connection, cache_kib: i32) -> Result<(), StorageError> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MILLIS)).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(96);
    // Our plans do not depend on values. Without this, SQLite marks every join with a parameter as one that might, and
    // prepares it anew each time it comes out of the cache of statements, which costs more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    let set = |name: &str, value: &dyn rusqlite::ToSql| connection.pragma_update(None, name, value).map_err(failed);
    set("synchronous", &"FULL")?;
    set("secure_delete", &"ON")?;
    set("cell_size_check", &"ON")?;
    set("trusted_schema", &"OFF")?;
    set("temp_store", &"MEMORY")?;
    set("cache_size", &-cache_kib)?;
    // The committer folds the log into the file between commits; this is only the net below it.
    set("wal_autocheckpoint", &16_384)?;
    set("journal_size_limit", &(32 << 20))
}

fn recognise(connection: &Connection, tenant: TenantId) -> Result<(), StorageError> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(failed);
    if pragma("application_id")? != APPLICATION_ID {
        return Err(StorageError::damaged("the file is not a tenant's file: its application id is another"));
    }
    let version = pragma("user_version")?;
    if version != USER_VERSION {
        return Err(StorageError::damaged(format!("the file has layout {version}, known is layout {USER_VERSION}")));
    }
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(StorageError::damaged(format!("the file's journal mode is `{mode}`, expected `wal`")));
    }
    let mut found = Vec::new();
    let mut statement = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").map_err(failed)?;
    let mut rows = statement.query(()).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(row.get::<_, String>(0).map_err(failed)?);
    }
    if found != tables() {
        return Err(StorageError::damaged("the file's tables are not a tenant's tables"));
    }
    let owner: Vec<u8> =
        connection.query_row("SELECT \"tenant\" FROM \"identity\"", (), |row| row.get(0)).map_err(failed)?;
    if owner != tenant.as_bytes() {
        return Err(StorageError::damaged("the file belongs to another tenant"));
    }
    Ok(())
}

/// Lets SQLite look at the structure of the whole file.
pub(super) fn check_structure(connection: &Connection) -> Result<(), StorageError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0)).map_err(failed)?;
    if verdict == "ok" { Ok(()) } else { Err(StorageError::damaged(verdict)) }
}

/// What an error of SQLite means here.
#[expect(clippy::needless_pass_by_value, reason = "so that it can be given to map_err")]
pub(super) fn failed(error: rusqlite::Error) -> StorageError {
    match &error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StorageError::damaged(error.to_string()),
            _ => StorageError::io(error.to_string()),
        },
        // Our statements and their types are fixed: if they do not fit, the file is not what we wrote.
        rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::QueryReturnedNoRows => StorageError::damaged(error.to_string()),
        _ => StorageError::io(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_kept_statement_is_prepared_once_whatever_is_bound_to_it() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection, CACHE_KIB_READER).unwrap();
        for table in tables() {
            connection.execute(&table, ()).unwrap();
        }
        let sql =
            "SELECT b.\"value\" FROM \"key\" t LEFT JOIN \"key_body\" b ON b.\"id\" = t.\"body\" WHERE t.\"key\" = ?1";
        for key in [b"a", b"b", b"c"] {
            assert!(!connection.prepare_cached(sql).unwrap().exists([key]).unwrap());
        }
        assert_eq!(connection.prepare_cached(sql).unwrap().get_status(StatementStatus::RePrepare), 0);
    }
}
