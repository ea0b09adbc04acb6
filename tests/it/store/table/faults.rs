//! Faults of the network and of the service.

use std::time::Duration;

use futures_util::future::join_all;
use switchboard::store::{Store, StoreError, WriteError};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{counted, store};
use crate::store::place::{Place, assert_refused, insert, key, put};
use crate::support::{Azurite, Fault};

/// Longer than any call can take.
const TIMEOUT: Duration = Duration::from_secs(60);

const BUSY: Fault = Fault::Answer(
    "HTTP/1.1 503 Server Busy\r\nx-ms-error-code: ServerBusy\r\ncontent-length: 0\r\n\r\n",
);
const BUSY_FOR_LONG: Fault = Fault::Answer(
    "HTTP/1.1 503 Server Busy\r\nx-ms-error-code: ServerBusy\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n",
);
const FAILING: Fault = Fault::Answer(
    "HTTP/1.1 500 Internal Server Error\r\nx-ms-error-code: OperationTimedOut\r\ncontent-length: 0\r\n\r\n",
);

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_unknown_and_not_retried() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("before").await;
    proxy.requests();

    for names in [&["a"][..], &["b", "c"]] {
        proxy.then(Fault::LostAnswer);
        let writes = names.iter().map(|name| insert(name, 1)).collect();
        let result = place.write(writes).await;

        assert!(matches!(
            result,
            Err(WriteError::Unknown(StoreError::Unreachable(_)))
        ));
        assert_eq!(proxy.requests().len(), 1);
    }
    assert_eq!(place.range("a", "b0", 10).await, ["a", "b"]);
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_retried_once() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("a").await;
    proxy.requests();

    proxy.then(Fault::LostAnswer);
    assert!(place.get("a").await.is_some());
    assert_eq!(proxy.requests().len(), 2);

    proxy.always(Some(Fault::LostAnswer));
    let result = store.get(&place.partition, &key("a")).await;
    assert!(matches!(result, Err(StoreError::Unreachable(_))));
    assert_eq!(proxy.requests().len(), 2);
}

#[tokio::test]
async fn a_busy_service_is_retried_once_after_a_short_pause() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("before").await;
    proxy.requests();

    proxy.then(BUSY);
    place.write(vec![insert("a", 1)]).await.unwrap();
    assert_eq!(proxy.requests().len(), 2);

    proxy.then(BUSY);
    proxy.then(BUSY);
    assert_refused(place.write(vec![insert("b", 1)]).await);
    assert_eq!(proxy.requests().len(), 2);

    proxy.then(BUSY_FOR_LONG);
    assert_refused(place.write(vec![insert("b", 1)]).await);
    assert_eq!(proxy.requests().len(), 1);
    assert_eq!(place.get("b").await, None);
}

#[tokio::test]
async fn a_server_error_makes_writes_unknown_and_reads_retry() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("before").await;
    proxy.requests();

    proxy.then(FAILING);
    let result = place.write(vec![insert("a", 1)]).await;
    assert!(matches!(
        result,
        Err(WriteError::Unknown(StoreError::Refused(_)))
    ));
    assert_eq!(proxy.requests().len(), 1);

    proxy.then(FAILING);
    assert!(place.get("before").await.is_some());
    assert_eq!(proxy.requests().len(), 2);
}

#[tokio::test]
async fn a_slow_service_is_waited_for() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("a").await;

    proxy.delays_answers(Duration::from_millis(500));

    place
        .write(vec![insert("b", 1), put("c", 1)])
        .await
        .unwrap();
    assert_eq!(place.range("a", "z", 10).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_silent_service_times_out_and_calls_do_not_pile_up() {
    let (store, proxy, _) = counted().await;
    let place = Place::new(&store);
    place.has("a").await;
    proxy.requests();

    proxy.always(Some(Fault::Silence));
    let names: Vec<_> = (0..150).map(|n| format!("k{n}")).collect();
    let writes = names.iter().map(|name| place.write(vec![insert(name, 1)]));
    let all = timeout(TIMEOUT, join_all(writes)).await.unwrap();

    for result in all {
        match result {
            Err(WriteError::Unknown(StoreError::TooLong)) => {}
            // It got no permit, so nothing was sent.
            Err(WriteError::NotDone(StoreError::TooLong)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(proxy.most_at_once(), 64);
    proxy.always(None);
    place.write(vec![insert("b", 1)]).await.unwrap();
    assert_eq!(place.range("a", "c", 10).await, ["a", "b"]);
}

#[tokio::test]
async fn a_call_without_a_service_is_not_done() {
    let account = Azurite::shared()
        .await
        .account()
        .with_tables_at("127.0.0.1:1");
    let store = store(&account);
    let place = Place::new(&store);

    let written = place.write(vec![insert("a", 1)]).await;
    let read = store.get(&place.partition, &key("a")).await;
    let checked = store.check().await;

    assert!(matches!(
        written,
        Err(WriteError::NotDone(StoreError::Unreachable(_)))
    ));
    assert!(matches!(read, Err(StoreError::Unreachable(_))));
    assert!(matches!(checked, Err(StoreError::Unreachable(_))));
}

/// The results of a worker since the service last stopped or started.
#[derive(Clone, Copy, Default)]
struct Seen {
    written: usize,
    failed: usize,
}

#[tokio::test]
async fn the_store_recovers_from_an_outage_of_the_service_under_load() {
    let azurite = Azurite::own(&[]).await;
    let account = azurite.account();
    let store = store(&account);
    let (seen, _) = watch::channel([Seen::default(); 8]);
    let load = join_all((0..8).map(|worker| {
        let (store, seen) = (&store, &seen);
        async move {
            let place = Place::new(store);
            for n in 0.. {
                let name = format!("k{n}");
                let result = place.write(vec![insert(&name, n), put("last", n)]).await;
                let written = match result {
                    Ok(()) => true,
                    Err(WriteError::Unknown(StoreError::Unreachable(_) | StoreError::TooLong)) => {
                        false
                    }
                    Err(WriteError::NotDone(StoreError::Unreachable(_) | StoreError::TooLong)) => {
                        false
                    }
                    Err(other) => panic!("{other:?}"),
                };
                seen.send_modify(|all| match written {
                    true => all[worker].written += 1,
                    false => all[worker].failed += 1,
                });
                tokio::task::yield_now().await;
            }
        }
    }));
    let outage = async {
        let mut all = seen.subscribe();
        all.wait_for(|all| all.iter().all(|one| one.written > 20))
            .await
            .unwrap();

        let stopped = azurite.kill().await;
        all.wait_for(|all| all.iter().all(|one| one.failed > 0))
            .await
            .unwrap();

        let azurite = stopped.restart().await;
        seen.send_modify(|all| all.iter_mut().for_each(|one| one.written = 0));
        all.wait_for(|all| all.iter().all(|one| one.written > 20))
            .await
            .unwrap();
        azurite
    };

    tokio::select! {
        _ = load => unreachable!("the load has no end"),
        azurite = timeout(TIMEOUT, outage) => drop(azurite.unwrap()),
    }
}
