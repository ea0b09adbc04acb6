//! Concurrent reads and writes.

use futures_util::future::join_all;
use serde_json::{Value, json};
use switchboard::store::{Store, WriteError};

use crate::store::place::{Place, assert_conflict_at, insert, put, replace};

pub(crate) async fn racing_increments_all_count(store: &dyn Store) {
    let place = Place::new(store);
    place.write(vec![insert("counter", 0)]).await.unwrap();

    join_all((0..16).map(|_| async {
        for _ in 0..25 {
            increment(&place, |_| None).await;
        }
    }))
    .await;

    assert_eq!(place.value("counter").await, Some(json!({ "n": 400 })));
}

pub(crate) async fn racing_inserts_have_one_winner(store: &dyn Store) {
    let place = Place::new(store);

    let results = join_all((0..16).map(|n| place.write(vec![insert("a", n)]))).await;

    let winners: Vec<u64> = (0..)
        .zip(&results)
        .filter_map(|(n, result)| result.is_ok().then_some(n))
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(place.value("a").await, Some(json!({ "n": winners[0] })));
    for lost in results.into_iter().filter(Result::is_err) {
        assert_conflict_at(0, lost);
    }
}

/// The store's main use: one write changes a counting head and inserts the message it counts.
pub(crate) async fn racing_sends_leave_no_gap(store: &dyn Store) {
    let place = Place::new(store);
    place.write(vec![insert("counter", 0)]).await.unwrap();
    let message = |n: u64| format!("m:{n:04}");

    join_all((0..8).map(|_| async {
        for _ in 0..5 {
            increment(&place, |n| Some(message(n))).await;
        }
    }))
    .await;

    assert_eq!(place.value("counter").await, Some(json!({ "n": 40 })));
    let all: Vec<_> = (1..=40).map(message).collect();
    assert_eq!(place.range("m:", "n", 100).await, all);
}

/// Increments the counter, and in the same write inserts the record that `beside` names.
async fn increment(place: &Place<'_>, beside: impl Fn(u64) -> Option<String>) {
    loop {
        let record = place.get("counter").await.unwrap();
        let n = record.read::<Value>().unwrap()["n"].as_u64().unwrap() + 1;
        let mut writes = vec![replace("counter", &record.version, n)];
        writes.extend(beside(n).map(|name| insert(&name, n)));
        match place.write(writes).await {
            Ok(()) => return,
            Err(WriteError::Conflict { position }) => assert_eq!(position, 0),
            Err(error) => panic!("{error:?}"),
        }
    }
}

pub(crate) async fn a_write_is_visible_to_later_reads(store: &dyn Store) {
    let place = Place::new(store);

    for n in 1..=50 {
        let name = format!("k{n:02}");
        place
            .write(vec![insert(&name, n), put("last", n)])
            .await
            .unwrap();

        assert_eq!(place.range("k", "l", 100).await.len() as u64, n);
        assert_eq!(place.value(&name).await, Some(json!({ "n": n })));
        assert_eq!(place.value("last").await, Some(json!({ "n": n })));
    }
}
