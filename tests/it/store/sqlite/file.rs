//! The file: where it lies, whose it is, and what becomes of it.

use std::fs;
use std::path::Path;

use futures_util::future::join_all;
use rusqlite::Connection;
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Shelf, Store, StoreError, WriteError};

use super::Folder;
use crate::store::place::{Place, a_name, insert, key, put};

#[tokio::test]
async fn nothing_is_made_before_it_is_needed() {
    let folder = Folder::new();

    let store = folder.store();
    assert!(!folder.0.exists());

    store.check().await.unwrap();
    assert!(folder.path().exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let store = folder.store();

    Place::new(&store).has("a").await;

    let mut files = 0;
    for file in fs::read_dir(&folder.0).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test]
async fn what_was_written_is_there_in_another_store() {
    let folder = Folder::new();
    let name = a_name();
    let writes = folder.store();
    let place = Place::named(&writes, Shelf::Chats, &name);
    let version = place.has("a").await;

    let other = folder.store();
    let here = Place::named(&other, Shelf::Chats, &name);
    assert_eq!(here.version("a").await, version);

    drop(writes);
    let later = folder.store();
    let here = Place::named(&later, Shelf::Chats, &name);
    assert_eq!(here.version("a").await, version);
}

/// The last connection to a database takes its log away.
#[tokio::test]
async fn a_dropped_store_lets_go_of_its_file() {
    let folder = Folder::new();
    let store = folder.store();
    Place::new(&store).has("a").await;
    let log = folder.0.join("switchboard.db-wal");
    assert!(log.exists());

    drop(store);

    while log.exists() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn several_may_make_the_file_at_once() {
    for _ in 0..20 {
        let folder = Folder::new();
        let stores: Vec<_> = (0..8).map(|_| folder.store()).collect();

        let places: Vec<_> = stores.iter().map(|store| Place::new(store)).collect();
        join_all(places.iter().map(|place| place.has("a"))).await;

        for place in &places {
            assert_eq!(place.range("a", "z", 10).await, ["a"]);
        }
    }
}

#[tokio::test]
async fn a_name_with_a_meaning_to_sqlite_is_a_file_all_the_same() {
    let folder = Folder::new();
    let path = folder.0.join("file:x?mode=memory&cache=shared");

    let store = SqliteStore::new(&path, Ids::random());
    store.check().await.unwrap();

    assert!(path.exists());
}

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
async fn a_file_that_is_no_database_is_refused() {
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
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("data"), "").unwrap();

    let store = SqliteStore::new(folder.0.join("data/switchboard.db"), Ids::random());

    let why = refusal(&store).await;
    assert!(why.contains("data cannot be made"), "{why}");
}

#[tokio::test]
async fn damage_is_said_and_survived() {
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
    let place = Place::named(&after, Shelf::Messages, place.partition.name());
    assert_eq!(place.range("k", "l", 1000).await, names);
}

/// Everything that was written, in the file itself.
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

/// What is acknowledged after that must not lie in a file that nobody finds.
#[tokio::test]
async fn a_deleted_file_is_made_again() {
    let folder = Folder::new();
    let store = folder.store();
    let place = Place::new(&store);
    place.has("before").await;

    fs::remove_dir_all(&folder.0).unwrap();
    place.has("after").await;
    assert_eq!(place.range("a", "z", 10).await, ["after"]);

    fs::remove_file(folder.path()).unwrap();
    place.has("later").await;
    assert_eq!(place.range("a", "z", 10).await, ["later"]);

    let other = folder.store();
    let place = Place::named(&other, Shelf::Messages, place.partition.name());
    assert_eq!(place.range("a", "z", 10).await, ["later"]);
}

#[tokio::test]
async fn reads_do_not_wait_for_who_writes() {
    let folder = Folder::new();
    let store = folder.store();
    let place = Place::new(&store);
    place.has("a").await;
    let other = Connection::open(folder.path()).unwrap();

    other
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM records")
        .unwrap();

    assert_eq!(place.range("a", "z", 10).await, ["a"]);
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_write_waits_for_who_writes() {
    let folder = Folder::new();
    let store = folder.store();
    let place = Place::new(&store);
    place.has("a").await;
    let other = Connection::open(folder.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let (result, ()) = tokio::join!(place.write(vec![insert("b", 1)]), async {
        place.get("a").await;
        other.execute_batch("COMMIT").unwrap();
    });

    result.unwrap();
    assert_eq!(place.range("a", "z", 10).await, ["a", "b"]);
}

#[tokio::test]
async fn a_write_that_was_given_up_is_never_done() {
    let folder = Folder::new();
    let store = folder.store();
    let place = Place::new(&store);
    place.has("a").await;
    let other = Connection::open(folder.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    tokio::time::pause();
    let result = place.write(vec![put("given-up", 1)]).await;
    tokio::time::resume();

    assert!(
        matches!(result, Err(WriteError::NotDone(StoreError::TooLong))),
        "{result:?}"
    );
    other.execute_batch("COMMIT").unwrap();
    place.has("later").await;
    assert_eq!(place.range("a", "z", 10).await, ["a", "later"]);
}

/// Why reading and writing are both refused.
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

/// Refused, and every byte as it was.
async fn assert_refused_and_kept(folder: &Folder) -> String {
    let before = fs::read(folder.path()).unwrap();
    let why = refusal(&folder.store()).await;
    assert_eq!(fs::read(folder.path()).unwrap(), before);
    why
}
