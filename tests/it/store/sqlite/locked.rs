//! Other connections that hold a lock.

use rusqlite::Connection;
use switchboard::store::{Store, StoreError, WriteError};

use super::Folder;
use crate::store::place::{Place, insert, put};

#[tokio::test]
async fn reads_do_not_wait_for_a_writer() {
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
async fn a_write_waits_for_another_writer() {
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
async fn a_write_that_timed_out_waiting_is_never_done() {
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
