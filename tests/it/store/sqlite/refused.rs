//! Files that are not Switchboard's, or are damaged.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Store, StoreError, WriteError};

use super::Folder;
use crate::store::place::{Place, key, put};

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = Folder::new();
    folder.store().check().await.unwrap();
    let other = Connection::open(folder.path()).unwrap();
    other.pragma_update(None, "user_version", 2).unwrap();

    let why = assert_refused_and_kept(&folder).await;

    assert!(why.contains("newer Switchboard"), "{why}");
    other.pragma_update(None, "user_version", 1).unwrap();
    folder.store().check().await.unwrap();
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let other = Connection::open(folder.path()).unwrap();
    other
        .execute_batch("CREATE TABLE records (id INTEGER)")
        .unwrap();

    let why = assert_refused_and_kept(&folder).await;

    assert!(why.contains("another program's"), "{why}");
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.path(), "Dear diary, ".repeat(1000)).unwrap();

    let why = assert_refused_and_kept(&folder).await;

    assert!(why.contains("something else"), "{why}");
}

#[tokio::test]
async fn a_folder_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).unwrap();

    let store = folder.store();

    let why = refusal(&store).await;
    assert!(why.contains("is a folder"), "{why}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_created_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("data"), "").unwrap();

    let store = SqliteStore::new(folder.0.join("data/switchboard.db"), Ids::random());

    let why = refusal(&store).await;
    assert!(why.contains("data cannot be made"), "{why}");
}

#[tokio::test]
async fn damage_is_reported_and_a_repaired_file_works_again() {
    let folder = Folder::new();
    let store = folder.store();
    let place = Place::new(&store);
    let names: Vec<_> = (0..500).map(|n| format!("k{n:06}")).collect();
    place.has_all(&names).await;
    let whole = checkpointed(&folder.path());

    let mut damaged = whole.clone();
    damaged[4096..].fill(0xA5);
    fs::write(folder.path(), damaged).unwrap();

    let after = folder.store();
    let why = refusal(&after).await;
    assert!(why.contains("damaged"), "{why}");
    let range = after.range(&place.partition, key("k")..key("l"), 10).await;
    assert!(matches!(range, Err(StoreError::Refused(_))), "{range:?}");

    fs::write(folder.path(), whole).unwrap();
    after.check().await.unwrap();
    let place = Place::named(&after, Collection::Messages, place.partition.name());
    assert_eq!(place.range("k", "l", 1000).await, names);
}

/// The content of the file after all writes were moved into it.
fn checkpointed(path: &Path) -> Vec<u8> {
    let other = Connection::open(path).unwrap();
    other
        .query_one("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            assert_eq!(row.get(0), Ok(0));
            Ok(())
        })
        .unwrap();
    fs::read(path).unwrap()
}

/// The error of both reading and writing.
async fn refusal(store: &SqliteStore) -> String {
    let place = Place::new(store);
    let written = place.write(vec![put("a", 1)]).await;
    let read = store.check().await;
    match (written, read) {
        (Err(WriteError::NotDone(StoreError::Refused(why))), Err(StoreError::Refused(same)))
            if why == same =>
        {
            why
        }
        other => panic!("two refusals were expected, not {other:?}"),
    }
}

/// Checks that the file is refused and not changed.
async fn assert_refused_and_kept(folder: &Folder) -> String {
    let before = fs::read(folder.path()).unwrap();
    let why = refusal(&folder.store()).await;
    assert_eq!(fs::read(folder.path()).unwrap(), before);
    why
}
