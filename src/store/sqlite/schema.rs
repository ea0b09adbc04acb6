//! The one table, and its rows.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::store::{Collection, Key, Partition, Record, Version, Write};

/// Kept as the file's `user_version`. What comes later migrates from here.
pub(super) const VERSION: i64 = 1;

/// Kept as the file's `application_id`, so that no other program's file is taken for ours.
const APPLICATION: i64 = 0x5357_4244;

/// The rows of one partition lie together, in the order of their keys: text compares by bytes.
const CREATE: &str = "
    CREATE TABLE records (
        collection TEXT NOT NULL,
        partition TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (collection, partition, key)
    ) STRICT, WITHOUT ROWID";

/// Whose file it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Ours,
    Nothing,
    Newer(i64),
    SomethingElse,
}

/// Looked at all at once: another process may be making it.
pub(super) fn found(connection: &Connection) -> rusqlite::Result<Found> {
    let looking = connection.unchecked_transaction()?;
    found_in(&looking)
}

fn found_in(transaction: &Transaction<'_>) -> rusqlite::Result<Found> {
    let number = |sql| transaction.query_one(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let objects = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, version, objects) {
        (APPLICATION, VERSION, _) => Found::Ours,
        (APPLICATION, newer, _) if newer > VERSION => Found::Newer(newer),
        (0, 0, 0) => Found::Nothing,
        _ => Found::SomethingElse,
    })
}

/// Makes the table, unless another process was faster.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if found_in(&transaction)? == Found::Nothing {
        transaction.execute_batch(CREATE)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
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

/// Whether the file can be read.
pub(super) fn check(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM records)")?
        .query_one([], |_| Ok(()))
}

/// `false` if `write` found something else than it expected; then it changed nothing.
pub(super) fn apply(
    connection: &Connection,
    partition: &Partition,
    write: &Write,
    new: i64,
) -> rusqlite::Result<bool> {
    let (collection, name, key) = (
        collection(partition),
        partition.name(),
        write.key().as_str(),
    );
    let run = |sql, params: &[&dyn rusqlite::ToSql]| {
        let changed = connection.prepare_cached(sql)?.execute(params)?;
        Ok(changed == 1)
    };
    match write {
        Write::Insert { body, .. } => run(
            "INSERT INTO records (collection, partition, key, version, body)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![collection, name, key, new, body],
        ),
        Write::Put { body, .. } => run(
            "INSERT INTO records (collection, partition, key, version, body)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body",
            params![collection, name, key, new, body],
        ),
        Write::Replace { version, body, .. } => run(
            "UPDATE records SET version = ?4, body = ?5
             WHERE collection = ?1 AND partition = ?2 AND key = ?3 AND version = ?6",
            params![collection, name, key, new, body, number(version)],
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

/// A version that is no number is none of ours, and matches nothing: so does `NULL`.
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
