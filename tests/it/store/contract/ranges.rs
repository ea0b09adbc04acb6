//! Ranges of records, in the order of their keys.

use serde_json::{Value, json};
use switchboard::store::Store;

use crate::store::place::{Place, insert, key};

pub(crate) async fn a_range_without_records_is_empty(store: &dyn Store) {
    let place = Place::new(store);

    assert!(place.range("a", "z", 10).await.is_empty());

    place.has_all(&["a", "z"]).await;
    assert!(place.range("b", "y", 10).await.is_empty());
}

pub(crate) async fn a_range_includes_its_start_and_excludes_its_end(store: &dyn Store) {
    let place = Place::new(store);
    place.has_all(&["a", "b", "b0", "c", "d"]).await;

    assert_eq!(place.range("b", "d", 10).await, ["b", "b0", "c"]);
    assert_eq!(place.range("b", "c0", 10).await, ["b", "b0", "c"]);
    assert_eq!(place.range("a0", "c", 10).await, ["b", "b0"]);
    assert_eq!(place.range("d", "e", 10).await, ["d"]);
}

pub(crate) async fn a_backward_range_is_empty(store: &dyn Store) {
    let place = Place::new(store);
    place.has_all(&["a", "b", "c"]).await;

    assert!(place.range("c", "a", 10).await.is_empty());
    assert!(place.range("b", "b", 10).await.is_empty());
}

pub(crate) async fn a_range_is_limited(store: &dyn Store) {
    let place = Place::new(store);
    place.has_all(&["a", "b", "c", "d"]).await;

    assert_eq!(place.range("b", "z", 2).await, ["b", "c"]);
    assert_eq!(place.range("a", "z", 4).await, ["a", "b", "c", "d"]);
    assert_eq!(place.range("a", "z", 1).await, ["a"]);
    assert!(place.range("a", "z", 0).await.is_empty());
}

pub(crate) async fn a_range_is_in_byte_order(store: &dyn Store) {
    let place = Place::new(store);
    let sorted = [
        "k", "k-", "k-z", "k.", "k.a", "k0", "k00", "k09", "k1", "k10", "k9", "k:", "k:a", "kA",
        "kZ", "kZa", "k_", "k_a", "ka", "ka-", "kaA", "kz", "kzz",
    ];
    let mut mixed = sorted;
    mixed.sort_by_key(|name| name.bytes().rev().collect::<Vec<_>>());
    place.has_all(&mixed).await;

    assert_ne!(mixed, sorted);
    assert_eq!(place.keys(key("k").prefix_range(), 100).await, sorted);
    assert_eq!(place.range("k", "l", 100).await, sorted);
    assert_eq!(place.range("k09", "k_a", 100).await, sorted[7..17]);
    assert_eq!(place.range("k:", "kZ", 100).await, ["k:", "k:a", "kA"]);
}

pub(crate) async fn keys_that_differ_in_letter_case_are_distinct(store: &dyn Store) {
    let place = Place::new(store);
    let writes = vec![insert("alice", 1), insert("Alice", 2), insert("ALICE", 3)];

    place.write(writes).await.unwrap();

    assert_eq!(place.value("Alice").await, Some(json!({ "n": 2 })));
    assert_eq!(place.value("aLICE").await, None);
    let (upper, lower) = (key("A").prefix_range(), key("a").prefix_range());
    assert_eq!(place.keys(upper, 10).await, ["ALICE", "Alice"]);
    assert_eq!(place.keys(lower, 10).await, ["alice"]);
}

pub(crate) async fn a_prefix_range_holds_every_key_with_the_prefix(store: &dyn Store) {
    let place = Place::new(store);
    let below = ["m:", "m:-", "m:0001", "m:A", "m:_", "m:z", "m:zz"];
    let beside = ["l:z", "m", "m-", "m.1", "m0", "m9", "mA", "m_", "mz", "n:"];
    place.has_all(&below).await;
    place.has_all(&beside).await;

    assert_eq!(place.keys(key("m:").prefix_range(), 100).await, below);
    assert_eq!(place.keys(key("m:z").prefix_range(), 100).await, below[5..]);
    assert_eq!(place.keys(key("m").prefix_range(), 100).await.len(), 15);
}

/// More than the largest page of any backend.
pub(crate) async fn a_range_of_fifteen_hundred_records_is_complete(store: &dyn Store) {
    let place = Place::new(store);
    let names: Vec<_> = (0..1500).map(|n| format!("k{n:06}")).collect();
    place.has_all(&names).await;

    assert_eq!(place.range("k", "l", 5000).await, names);
    assert_eq!(place.range("k", "l", usize::MAX).await, names);
    assert_eq!(place.range("k", "l", 1200).await, names[..1200]);
}

pub(crate) async fn a_range_can_begin_in_the_middle_of_many_records(store: &dyn Store) {
    let place = Place::new(store);
    let names: Vec<_> = (0..500).map(|n| format!("k{n:06}")).collect();
    place.has_all(&names).await;

    assert_eq!(
        place.range("k000250", "l", 50).await,
        names[250..300],
        "forwards from the middle"
    );
    assert_eq!(
        place.range("k000200", "k000250", 50).await,
        names[200..250],
        "up to the middle"
    );
}

pub(crate) async fn a_range_returns_whole_records(store: &dyn Store) {
    let place = Place::new(store);
    place
        .write(vec![insert("b", 2), insert("a", 1)])
        .await
        .unwrap();

    let records = store
        .range(&place.partition, key("a")..key("z"), 10)
        .await
        .unwrap();

    assert_eq!(records[0], place.get("a").await.unwrap());
    assert_eq!(records[1], place.get("b").await.unwrap());
    assert_eq!(records[1].read::<Value>().unwrap(), json!({ "n": 2 }));
    assert_eq!(records.len(), 2);
}
