//! Faults of the network and of the service.

use std::net::Ipv4Addr;

use switchboard::clock::Clock;
use switchboard::store::{Store, StoreError, WriteError};
use tokio::net::TcpListener;

use super::{DATABASE, Opened, store};
use crate::store::cosmos_double::{Fault, KEY};
use crate::store::place::{Place, assert_refused, insert, key};

/// Opens a store whose container exists, so that all further calls are about documents.
async fn open() -> Opened {
    let opened = Opened::new().await;
    Place::new(&*opened).has("a").await;
    opened
}

#[tokio::test]
async fn a_throttled_call_waits_and_retries() {
    let opened = open().await;
    let place = Place::new(&*opened);
    let before = opened.double.calls_about_documents();

    opened
        .double
        .will([Fault::Throttled(30), Fault::Throttled(5)]);
    place.write(vec![insert("a", 1)]).await.unwrap();
    opened
        .double
        .will([Fault::Throttled(5), Fault::Status(449)]);
    let batch = vec![insert("b", 1), insert("c", 1)];
    place.write(batch).await.unwrap();
    opened.double.will([Fault::Throttled(5)]);
    assert!(place.get("a").await.is_some());
    opened.double.will([Fault::Throttled(5)]);
    assert_eq!(place.range("a", "z", 10).await, ["a", "b", "c"]);

    assert_eq!(opened.double.calls_about_documents() - before, 4 + 6);
}

#[tokio::test]
async fn a_call_that_is_throttled_for_too_long_fails_at_once() {
    let opened = open().await;
    let place = Place::new(&*opened);

    opened.double.will([Fault::Throttled(60_000)]);
    let write = place.write(vec![insert("a", 1)]).await;
    opened.double.will([Fault::Throttled(60_000)]);
    let read = opened.get(&place.partition, &key("a")).await;

    assert_refused(write);
    let sentence = read.unwrap_err().to_string();
    assert!(sentence.contains("throughput"), "{sentence}");
    assert_eq!(place.get("a").await, None);
}

#[tokio::test]
async fn a_read_is_retried_once() {
    let opened = open().await;
    let place = Place::new(&*opened);
    place.has("a").await;

    for fault in [Fault::BreaksBefore, Fault::Status(500), Fault::Status(503)] {
        opened.double.will([fault]);
        assert!(place.get("a").await.is_some());
        opened.double.will([fault]);
        assert_eq!(place.range("a", "z", 10).await, ["a"]);
    }

    opened
        .double
        .will([Fault::BreaksBefore, Fault::BreaksBefore]);
    let broken = opened.get(&place.partition, &key("a")).await;
    assert!(matches!(broken, Err(StoreError::Unreachable(_))));
    opened.double.will([Fault::Status(503), Fault::Status(500)]);
    let failed = opened.get(&place.partition, &key("a")).await;
    assert!(matches!(failed, Err(StoreError::Refused(_))));
}

/// It is sent once: a retry could write twice.
#[tokio::test]
async fn a_write_whose_connection_breaks_has_an_unknown_outcome() {
    let opened = open().await;
    let place = Place::new(&*opened);
    let before = opened.double.calls_about_documents();

    for (name, fault, done) in [
        ("a", Fault::BreaksBefore, false),
        ("b", Fault::BreaksAfter, true),
        ("c", Fault::Status(503), false),
        ("d", Fault::Status(500), false),
        ("e", Fault::Status(408), false),
    ] {
        opened.double.will([fault]);
        let write = place.write(vec![insert(name, 1)]).await;
        assert!(matches!(write, Err(WriteError::Unknown(_))), "{write:?}");
        assert_eq!(place.get(name).await.is_some(), done);

        opened.double.will([fault]);
        let beside = format!("{name}-beside");
        let write = place.write(vec![insert(&beside, 1), insert("z", 1)]).await;
        assert!(matches!(write, Err(WriteError::Unknown(_))), "{write:?}");
        assert_eq!(place.get(&beside).await.is_some(), done);
        if done {
            let version = place.version("z").await;
            let delete = crate::store::place::delete("z", &version);
            place.write(vec![delete]).await.unwrap();
        }
    }

    let (writes, reads) = (5 * 2 + 1, 5 * 2 + 1);
    assert_eq!(
        opened.double.calls_about_documents() - before,
        writes + reads
    );
}

#[tokio::test]
async fn a_call_without_a_server_is_not_done() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = store(&nowhere, KEY, DATABASE, Clock::system());
    let place = Place::new(&store);

    let write = place.write(vec![insert("a", 1)]).await;
    let read = store.get(&place.partition, &key("a")).await;

    assert!(matches!(
        write,
        Err(WriteError::NotDone(StoreError::Unreachable(_)))
    ));
    assert!(matches!(read, Err(StoreError::Unreachable(_))));
}

/// An existing connection may break after the write was sent; a new connection is refused before
/// anything is sent.
#[tokio::test]
async fn a_write_without_a_connection_is_not_done() {
    let opened = open().await;
    let place = Place::new(&*opened);
    opened.server.abort();

    let mut result = place.write(vec![insert("a", 1)]).await;
    for _ in 0..4 {
        if matches!(result, Err(WriteError::Unknown(_))) {
            result = place.write(vec![insert("a", 1)]).await;
        }
    }

    assert!(
        matches!(result, Err(WriteError::NotDone(StoreError::Unreachable(_)))),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_write_that_the_service_rejects_is_not_done() {
    let opened = open().await;
    let place = Place::new(&*opened);

    opened.double.will([Fault::Status(400)]);
    assert_refused(place.write(vec![insert("a", 1)]).await);
    opened.double.will([Fault::Status(413)]);
    assert_refused(place.write(vec![insert("a", 1), insert("b", 1)]).await);

    assert!(place.range("a", "z", 10).await.is_empty());
}

#[tokio::test]
async fn a_silent_service_times_out() {
    let opened = open().await;
    let (read, written) = (Place::new(&*opened), Place::new(&*opened));
    opened.double.will([Fault::NeverAnswers; 3]);

    let name = key("a");
    let (got, done) = tokio::join!(
        opened.get(&read.partition, &name),
        written.write(vec![insert("a", 1)])
    );

    assert!(matches!(got, Err(StoreError::TooLong)), "{got:?}");
    assert!(
        matches!(done, Err(WriteError::Unknown(StoreError::TooLong))),
        "{done:?}"
    );
    assert!(written.get("a").await.is_some());
}

/// The service accepts at most two megabytes.
#[tokio::test]
async fn a_batch_that_is_too_large_is_not_sent() {
    let opened = open().await;
    let place = Place::new(&*opened);
    let before = opened.double.calls_about_documents();
    let large = |name: &str| {
        let text = "x".repeat(switchboard::store::MAX_BODY - 2);
        switchboard::store::Write::insert(key(name), &text).unwrap()
    };

    let result = place
        .write(["a", "b", "c", "d", "e", "f"].map(large).into())
        .await;

    assert_refused(result);
    assert_eq!(opened.double.calls_about_documents(), before);
    place
        .write(["a", "b", "c", "d"].map(large).into())
        .await
        .unwrap();
}
