//! Batches: several writes that are done together or not at all.

use serde_json::json;
use switchboard::store::{Store, Version, Write};

use crate::store::place::{
    Place, assert_conflict_at, assert_refused, delete, insert, put, replace,
};

pub(crate) async fn an_empty_batch_succeeds(store: &dyn Store) {
    let place = Place::new(store);

    place.write(Vec::new()).await.unwrap();
}

pub(crate) async fn a_hundred_writes_are_one_batch(store: &dyn Store) {
    let place = Place::new(store);
    let inserts = || (0..100).map(|n| insert(&format!("k{n:03}"), n)).collect();

    place.write(inserts()).await.unwrap();

    assert_eq!(place.range("k", "l", 200).await.len(), 100);
    assert_eq!(place.value("k099").await, Some(json!({ "n": 99 })));
    assert_conflict_at(0, place.write(inserts()).await);
}

pub(crate) async fn more_than_a_hundred_writes_are_refused(store: &dyn Store) {
    let place = Place::new(store);
    let writes = (0..101).map(|n| insert(&format!("k{n:03}"), n)).collect();

    let result = place.write(writes).await;

    assert_refused(result);
    assert!(place.range("k", "l", 200).await.is_empty());
}

pub(crate) async fn two_writes_about_one_key_are_refused(store: &dyn Store) {
    let place = Place::new(store);

    let result = place
        .write(vec![put("a", 1), put("b", 2), put("a", 3)])
        .await;

    assert_refused(result);
    assert!(place.range("a", "z", 10).await.is_empty());
}

pub(crate) async fn a_batch_of_all_kinds_is_written(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    place.write(there.all_kinds()).await.unwrap();

    assert_eq!(place.value("inserted").await, Some(json!({ "n": 11 })));
    assert_eq!(place.value("replaced").await, Some(json!({ "n": 12 })));
    assert_eq!(place.value("put").await, Some(json!({ "n": 13 })));
    assert_eq!(place.value("put-new").await, Some(json!({ "n": 14 })));
    assert_eq!(place.value("deleted").await, None);
    assert_eq!(place.version("untouched").await, there.untouched);
}

pub(crate) async fn a_write_returns_the_versions_of_its_records(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    let written = place.commit(there.all_kinds()).await.unwrap();

    for (position, name) in ["inserted", "replaced", "put", "put-new"]
        .iter()
        .enumerate()
    {
        let version = place.version(name).await;
        assert_eq!(written.version(position), Some(&version), "{name}");
    }
    assert_eq!(written.version(4), None, "it was deleted");
    assert_eq!(written.version(5), None);
}

pub(crate) async fn a_write_alone_returns_the_version_of_its_record(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    for write in there.all_kinds() {
        let key = write.key().to_string();
        let written = place.commit(vec![write]).await.unwrap();

        let record = place.get(&key).await;
        let version = record.map(|record| record.version);
        assert_eq!(written.version(0), version.as_ref(), "{key}");
        // The next write can go on from it.
        if let Some(version) = version {
            place
                .write(vec![replace(&key, &version, 31)])
                .await
                .unwrap();
        }
    }
}

pub(crate) async fn a_batch_that_fails_first_writes_nothing(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    for failing in there.failing() {
        let mut writes = there.all_kinds();
        writes.insert(0, failing);
        assert_conflict_at(0, place.write(writes).await);
    }

    there.assert_unchanged().await;
}

pub(crate) async fn a_batch_that_fails_in_the_middle_writes_nothing(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    for failing in there.failing() {
        let mut writes = there.all_kinds();
        writes.insert(3, failing);
        assert_conflict_at(3, place.write(writes).await);
    }

    there.assert_unchanged().await;
}

pub(crate) async fn a_batch_that_fails_last_writes_nothing(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    for failing in there.failing() {
        let mut writes = there.all_kinds();
        writes.push(failing);
        assert_conflict_at(5, place.write(writes).await);
    }

    there.assert_unchanged().await;
}

/// In a batch of a hundred, after writes of each kind.
pub(crate) async fn each_kind_of_failure_undoes_the_batch(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;
    let inserts = (0..99).map(|n| insert(&format!("k{n:03}"), n));

    for (position, failing) in [98, 57, 99, 12].into_iter().zip(there.failing()) {
        let mut writes: Vec<Write> = inserts.clone().collect();
        writes.insert(position, failing);
        assert_conflict_at(position, place.write(writes).await);
    }

    there.assert_unchanged().await;
    assert!(place.range("k0", "k1", 200).await.is_empty());
}

pub(crate) async fn the_first_of_several_failures_is_named(store: &dyn Store) {
    let place = Place::new(store);
    let there = Versions::of(&place).await;

    let result = place
        .write(vec![
            put("put-new", 2),
            insert("replaced", 3),
            replace("absent", &there.old, 4),
            insert("inserted", 5),
            delete("untouched", &there.old),
        ])
        .await;

    assert_conflict_at(1, result);
    there.assert_unchanged().await;
}

/// The versions of the records before a batch of all kinds changes them.
struct Versions<'a> {
    place: &'a Place<'a>,
    replaced: Version,
    put: Version,
    deleted: Version,
    untouched: Version,
    old: Version,
}

impl<'a> Versions<'a> {
    async fn of(place: &'a Place<'a>) -> Self {
        let old = place.has("untouched").await;
        place.write(vec![put("untouched", 1)]).await.unwrap();
        Self {
            place,
            replaced: place.has("replaced").await,
            put: place.has("put").await,
            deleted: place.has("deleted").await,
            untouched: place.version("untouched").await,
            old,
        }
    }

    fn all_kinds(&self) -> Vec<Write> {
        vec![
            insert("inserted", 11),
            replace("replaced", &self.replaced, 12),
            put("put", 13),
            put("put-new", 14),
            delete("deleted", &self.deleted),
        ]
    }

    /// One of each kind that can fail.
    fn failing(&self) -> [Write; 4] {
        [
            replace("absent", &self.old, 21),
            replace("untouched", &self.old, 22),
            delete("untouched", &self.old),
            insert("untouched", 24),
        ]
    }

    async fn assert_unchanged(&self) {
        let keys = self.place.range("a", "z", 100).await;
        assert_eq!(keys, ["deleted", "put", "replaced", "untouched"]);
        assert_eq!(self.place.version("replaced").await, self.replaced);
        assert_eq!(self.place.version("put").await, self.put);
        assert_eq!(self.place.version("deleted").await, self.deleted);
        assert_eq!(self.place.version("untouched").await, self.untouched);
    }
}
