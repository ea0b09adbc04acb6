//! The database file: its creation, its permissions and its end.

use std::fs;

use futures_util::future::join_all;
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Store};

use super::Folder;
use crate::store::place::{Place, a_name};

#[tokio::test]
async fn nothing_is_created_before_first_use() {
    let folder = Folder::new();

    let store = folder.store();
    assert!(!folder.0.exists());

    store.check().await.unwrap();
    assert!(folder.path().exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
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
async fn a_record_is_visible_in_another_store() {
    let folder = Folder::new();
    let name = a_name();
    let writes = folder.store();
    let place = Place::named(&writes, Collection::Chats, &name);
    let version = place.has("a").await;

    let other = folder.store();
    let here = Place::named(&other, Collection::Chats, &name);
    assert_eq!(here.version("a").await, version);

    drop(writes);
    let later = folder.store();
    let here = Place::named(&later, Collection::Chats, &name);
    assert_eq!(here.version("a").await, version);
}

/// SQLite deletes the log with the last connection.
#[tokio::test]
async fn a_dropped_store_closes_its_file() {
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
async fn several_stores_can_create_the_file_concurrently() {
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
async fn a_name_with_a_special_meaning_to_sqlite_is_a_file() {
    let folder = Folder::new();
    let path = folder.0.join("file:x?mode=memory&cache=shared");

    let store = SqliteStore::new(&path, Ids::random());
    store.check().await.unwrap();

    assert!(path.exists());
}

/// A write after the deletion must not end in a file without a name.
#[tokio::test]
async fn a_deleted_file_is_created_again() {
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
    let place = Place::named(&other, Collection::Messages, place.partition.name());
    assert_eq!(place.range("a", "z", 10).await, ["later"]);
}
