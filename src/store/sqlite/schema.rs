//! The table of records, its rows, and the marks that identify the file.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::clock::Ids;
use crate::store::types::{Collection, Key, Partition, Record, Version, Write};

/// The schema's version, stored as the file's `user_version`. Later versions migrate from it.
pub(super) const VERSION: i64 = 1;

/// Stored as the file's `application_id`, to recognize the files of other programs.
const APPLICATION_ID: i64 = 0x5357_4244;

/// The rows of a partition are adjacent, in the order of their keys: text compares by bytes.
const CREATE: &str = "
    CREATE TABLE records (
        collection TEXT NOT NULL,
        partition TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (collection, partition, key)
    ) STRICT, WITHOUT ROWID";

/// Which program the file belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileOwner {
    Switchboard,
    /// The file is empty.
    Nobody,
    /// Holds the version of the newer schema.
    NewerSwitchboard(i64),
    AnotherProgram,
}

/// Reads all marks in one transaction, because another process may be creating the table.
pub(super) fn file_owner(connection: &Connection) -> rusqlite::Result<FileOwner> {
    let transaction = connection.unchecked_transaction()?;
    owner_in(&transaction)
}

fn owner_in(transaction: &Transaction<'_>) -> rusqlite::Result<FileOwner> {
    let number = |sql| transaction.query_one(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let objects = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, version, objects) {
        (APPLICATION_ID, VERSION, _) => FileOwner::Switchboard,
        (APPLICATION_ID, newer, _) if newer > VERSION => FileOwner::NewerSwitchboard(newer),
        (0, 0, 0) => FileOwner::Nobody,
        _ => FileOwner::AnotherProgram,
    })
}

/// Creates the table, unless another process was faster.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if owner_in(&transaction)? == FileOwner::Nobody {
        transaction.execute_batch(CREATE)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

pub(super) fn get(
    connection: &Connection,
    partition: &Partition,
    key: &Key,
) -> rusqlite::Result<Option<Record>> {
    connection
        .prepare_cached(
            "SELECT key, version, body FROM records
             WHERE collection = ?1 AND partition = ?2 AND key = ?3",
        )?
        .query_one(
            params![collection(partition), partition.name(), key.as_str()],
            record,
        )
        .optional()
}

pub(super) fn range(
    connection: &Connection,
    partition: &Partition,
    keys: &Range<Key>,
    limit: usize,
) -> rusqlite::Result<Vec<Record>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (start, end) = (keys.start.as_str(), keys.end.as_str());
    connection
        .prepare_cached(
            "SELECT key, version, body FROM records
             WHERE collection = ?1 AND partition = ?2 AND key >= ?3 AND key < ?4
             ORDER BY key LIMIT ?5",
        )?
        .query_map(
            params![collection(partition), partition.name(), start, end, limit],
            record,
        )?
        .collect()
}

/// Checks that the file can be read.
pub(super) fn check(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM records)")?
        .query_one([], |_| Ok(()))
}

/// `false` if `write` did not find the state that it expects; then nothing has changed.
pub(super) fn apply(
    connection: &Connection,
    partition: &Partition,
    write: &Write,
    new_version: &Version,
) -> rusqlite::Result<bool> {
    let (collection, name, key) = (
        collection(partition),
        partition.name(),
        write.key().as_str(),
    );
    let new_version = number(new_version);
    let run = |sql, params: &[&dyn rusqlite::ToSql]| {
        let changed = connection.prepare_cached(sql)?.execute(params)?;
        Ok(changed == 1)
    };
    match write {
        Write::Insert { body, .. } => run(
            "INSERT INTO records (collection, partition, key, version, body)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![collection, name, key, new_version, body],
        ),
        Write::Put { body, .. } => run(
            "INSERT INTO records (collection, partition, key, version, body)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body",
            params![collection, name, key, new_version, body],
        ),
        Write::Replace { version, body, .. } => run(
            "UPDATE records SET version = ?4, body = ?5
             WHERE collection = ?1 AND partition = ?2 AND key = ?3 AND version = ?6",
            params![collection, name, key, new_version, body, number(version)],
        ),
        Write::Delete { version, .. } => run(
            "DELETE FROM records
             WHERE collection = ?1 AND partition = ?2 AND key = ?3 AND version = ?4",
            params![collection, name, key, number(version)],
        ),
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        key: Key::new(row.get::<_, String>(0)?),
        version: Version(row.get::<_, i64>(1)?.to_string()),
        body: row.get(2)?,
    })
}

pub(super) fn new_version(ids: &Ids) -> Version {
    let (_, random) = ids.uuid().as_u64_pair();
    Version(random.cast_signed().to_string())
}

/// A version of ours is a number. Any other becomes `NULL`, which matches no record.
fn number(version: &Version) -> Option<i64> {
    version.0.parse().ok()
}

fn collection(partition: &Partition) -> &'static str {
    match partition.collection() {
        Collection::Chats => "chats",
        Collection::Messages => "messages",
        Collection::Users => "users",
        Collection::Settings => "settings",
        Collection::Processed => "processed",
    }
}
