//! Isolation of partitions.

use serde_json::json;
use switchboard::store::{Collection, Store};

use crate::store::place::{Place, a_name, assert_conflict_at, insert, put, replace};

pub(crate) async fn partitions_of_one_name_in_two_collections_are_distinct(store: &dyn Store) {
    let name = a_name();
    let places = Collection::ALL.map(|collection| Place::named(store, collection, &name));

    for (n, place) in (0..).zip(&places) {
        place.write(vec![insert("a", n)]).await.unwrap();
    }

    for (n, place) in (0..).zip(&places) {
        assert_eq!(place.value("a").await, Some(json!({ "n": n })));
        assert_eq!(place.range("a", "z", 10).await, ["a"]);
    }
}

pub(crate) async fn partitions_of_two_names_in_one_collection_are_distinct(store: &dyn Store) {
    let (one, other) = (Place::new(store), Place::new(store));
    let version = one.has("a").await;

    assert_eq!(other.get("a").await, None);
    assert_conflict_at(0, other.write(vec![replace("a", &version, 2)]).await);
    other.write(vec![insert("a", 3)]).await.unwrap();

    assert_eq!(one.value("a").await, Some(json!({ "n": 1 })));
    assert_eq!(one.range("a", "z", 10).await, ["a"]);
    assert_eq!(other.value("a").await, Some(json!({ "n": 3 })));
}

/// However a backend combines partition and key, `x` with `1:a` is not `x:1` with `a`.
pub(crate) async fn names_with_a_common_prefix_are_distinct(store: &dyn Store) {
    let name = a_name();
    let below = |end: &str| Place::named(store, Collection::Messages, &format!("{name}{end}"));

    for (n, (end, key)) in (0..).zip(ALIKE) {
        below(end).write(vec![insert(key, n)]).await.unwrap();
    }

    for (n, (end, key)) in (0..).zip(ALIKE) {
        assert_eq!(below(end).value(key).await, Some(json!({ "n": n })));
        assert_eq!(below(end).range("-", "z", 10).await, [key]);
    }
}

const ALIKE: [(&str, &str); 6] = [
    ("", "1-a"),
    ("1", "a"),
    ("-1", "a"),
    ("-1-", "a"),
    (":1", "a"),
    ("_1", "a"),
];

pub(crate) async fn names_that_differ_in_letter_case_are_distinct(store: &dyn Store) {
    let name = a_name();
    let lower = Place::named(store, Collection::Users, &format!("{name}-alice"));
    let upper = Place::named(store, Collection::Users, &format!("{name}-Alice"));

    lower.write(vec![put("a", 1)]).await.unwrap();
    upper.write(vec![put("a", 2)]).await.unwrap();

    assert_eq!(lower.value("a").await, Some(json!({ "n": 1 })));
    assert_eq!(upper.value("a").await, Some(json!({ "n": 2 })));
}
