//! Reads and writes of one record.

use serde_json::json;
use switchboard::store::Store;

use crate::store::place::{Place, a_name, assert_conflict_at, delete, insert, put, replace};

pub(crate) async fn the_store_answers(store: &dyn Store) {
    store.check().await.unwrap();
}

pub(crate) async fn an_absent_record_is_none(store: &dyn Store) {
    let place = Place::new(store);

    assert_eq!(place.get("nothing").await, None);

    place.has("something").await;
    assert_eq!(place.get("nothing").await, None);
}

pub(crate) async fn an_inserted_record_can_be_read(store: &dyn Store) {
    let place = Place::new(store);

    place.write(vec![insert("a", 7)]).await.unwrap();

    let record = place.get("a").await.unwrap();
    assert_eq!(record.key.as_str(), "a");
    assert_eq!(
        record.read::<serde_json::Value>().unwrap(),
        json!({ "n": 7 })
    );
    assert_eq!(place.version("a").await, record.version);
}

pub(crate) async fn an_insert_over_a_record_conflicts(store: &dyn Store) {
    let place = Place::new(store);
    let version = place.has("a").await;

    let result = place.write(vec![insert("a", 2)]).await;

    assert_conflict_at(0, result);
    assert_eq!(place.value("a").await, Some(json!({ "n": 1 })));
    assert_eq!(place.version("a").await, version);
}

pub(crate) async fn a_replace_of_the_right_version_gives_a_new_one(store: &dyn Store) {
    let place = Place::new(store);
    let first = place.has("a").await;

    place.write(vec![replace("a", &first, 2)]).await.unwrap();

    let second = place.version("a").await;
    assert_ne!(second, first);
    assert_eq!(place.value("a").await, Some(json!({ "n": 2 })));

    place.write(vec![replace("a", &second, 2)]).await.unwrap();
    assert_ne!(place.version("a").await, second);
}

pub(crate) async fn a_replace_of_an_old_version_conflicts(store: &dyn Store) {
    let place = Place::new(store);
    let old = place.has("a").await;
    place.write(vec![replace("a", &old, 2)]).await.unwrap();

    let result = place.write(vec![replace("a", &old, 3)]).await;

    assert_conflict_at(0, result);
    assert_eq!(place.value("a").await, Some(json!({ "n": 2 })));
}

pub(crate) async fn a_replace_of_an_absent_record_conflicts(store: &dyn Store) {
    let place = Place::new(store);
    let version = place.has("a").await;

    let result = place.write(vec![replace("b", &version, 2)]).await;

    assert_conflict_at(0, result);
    assert_eq!(place.get("b").await, None);
}

pub(crate) async fn a_put_always_succeeds_and_gives_a_new_version(store: &dyn Store) {
    let place = Place::new(store);

    place.write(vec![put("a", 1)]).await.unwrap();
    let first = place.version("a").await;
    place.write(vec![put("a", 2)]).await.unwrap();

    assert_eq!(place.value("a").await, Some(json!({ "n": 2 })));
    assert_conflict_at(0, place.write(vec![replace("a", &first, 3)]).await);
    let second = place.version("a").await;
    place.write(vec![put("a", 2)]).await.unwrap();
    assert_conflict_at(0, place.write(vec![delete("a", &second)]).await);
}

/// The version of a deleted record must not match a record that was inserted again.
pub(crate) async fn a_version_never_returns(store: &dyn Store) {
    let place = Place::new(store);
    let mut old = Vec::new();

    for _ in 0..5 {
        let version = place.has("a").await;
        assert!(!old.contains(&version));
        for old in &old {
            assert_conflict_at(0, place.write(vec![replace("a", old, 9)]).await);
            assert_conflict_at(0, place.write(vec![delete("a", old)]).await);
        }
        place.write(vec![delete("a", &version)]).await.unwrap();
        old.push(version);
    }

    assert_eq!(place.get("a").await, None);
}

pub(crate) async fn a_delete_of_the_right_version_succeeds(store: &dyn Store) {
    let place = Place::new(store);
    let version = place.has("a").await;

    place.write(vec![delete("a", &version)]).await.unwrap();

    assert_eq!(place.get("a").await, None);
    place.write(vec![insert("a", 2)]).await.unwrap();
    assert_eq!(place.value("a").await, Some(json!({ "n": 2 })));
}

pub(crate) async fn a_delete_of_an_old_version_conflicts(store: &dyn Store) {
    let place = Place::new(store);
    let old = place.has("a").await;
    place.write(vec![replace("a", &old, 2)]).await.unwrap();

    let result = place.write(vec![delete("a", &old)]).await;

    assert_conflict_at(0, result);
    assert_eq!(place.value("a").await, Some(json!({ "n": 2 })));
}

pub(crate) async fn a_delete_of_an_absent_record_conflicts(store: &dyn Store) {
    let place = Place::new(store);
    let version = place.has("a").await;
    place.write(vec![delete("a", &version)]).await.unwrap();

    let result = place.write(vec![delete("a", &version)]).await;

    assert_conflict_at(0, result);
}

pub(crate) async fn names_of_full_length_are_accepted(store: &dyn Store) {
    let here = "p".repeat(200) + &"-._:0123456789".repeat(3) + "12345678";
    let (one, other) = ("k".repeat(249) + "1", "k".repeat(249) + "2");
    let place = Place::named(store, switchboard::store::Collection::Users, &here);

    place
        .write(vec![put(&one, 1), put(&other, 2)])
        .await
        .unwrap();

    assert_eq!(here.len(), 250);
    assert_eq!(place.value(&one).await, Some(json!({ "n": 1 })));
    assert_eq!(place.value(&other).await, Some(json!({ "n": 2 })));
}

/// In a URL's path they would lead elsewhere.
pub(crate) async fn names_of_dots_alone_are_accepted(store: &dyn Store) {
    for name in [".", ".."] {
        let place = Place::named(store, switchboard::store::Collection::Users, &a_name());
        let version = place.has(name).await;
        assert_conflict_at(0, place.write(vec![insert(name, 2)]).await);
        place.write(vec![replace(name, &version, 3)]).await.unwrap();
        assert_conflict_at(0, place.write(vec![delete(name, &version)]).await);
        place.write(vec![put(name, 4)]).await.unwrap();

        assert_eq!(place.value(name).await, Some(json!({ "n": 4 })));
        assert_eq!(place.range("-", "z", 10).await, [name]);
    }
}
