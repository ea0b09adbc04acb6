//! A partition to test in, with helpers to read and write it.

use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::store::{
    Collection, Key, Partition, Record, Store, StoreError, Version, Write, WriteError, Written,
};

/// A partition that no other test uses.
pub(crate) struct Place<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) partition: Partition,
}

impl<'a> Place<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self::named(store, Collection::Messages, &a_name())
    }

    pub(crate) fn named(store: &'a dyn Store, collection: Collection, name: &str) -> Self {
        Self {
            store,
            partition: Partition::new(collection, name),
        }
    }

    pub(crate) async fn write(&self, writes: Vec<Write>) -> Result<(), WriteError> {
        self.store.write(&self.partition, writes).await
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Written, WriteError> {
        self.store.commit(&self.partition, writes).await
    }

    pub(crate) async fn get(&self, name: &str) -> Option<Record> {
        self.store.get(&self.partition, &key(name)).await.unwrap()
    }

    /// The record's value.
    pub(crate) async fn value(&self, name: &str) -> Option<Value> {
        Some(self.get(name).await?.read().unwrap())
    }

    /// The version of an existing record.
    pub(crate) async fn version(&self, name: &str) -> Version {
        self.get(name).await.unwrap().version
    }

    /// Inserts a record and returns its version.
    pub(crate) async fn has(&self, name: &str) -> Version {
        self.write(vec![insert(name, 1)]).await.unwrap();
        self.version(name).await
    }

    /// Inserts one record for each name, a hundred at a time.
    pub(crate) async fn has_all<T: AsRef<str>>(&self, names: &[T]) {
        for names in names.chunks(switchboard::store::MAX_WRITES) {
            let writes = names.iter().map(|name| insert(name.as_ref(), 1)).collect();
            self.write(writes).await.unwrap();
        }
    }

    pub(crate) async fn range(&self, start: &str, end: &str, limit: usize) -> Vec<String> {
        self.keys(key(start)..key(end), limit).await
    }

    pub(crate) async fn keys(&self, keys: std::ops::Range<Key>, limit: usize) -> Vec<String> {
        let records = self.store.range(&self.partition, keys, limit).await;
        records
            .unwrap()
            .into_iter()
            .map(|record| record.key.to_string())
            .collect()
    }
}

pub(crate) fn a_name() -> String {
    Ids::random().uuid().to_string()
}

pub(crate) fn key(name: &str) -> Key {
    Key::new(name)
}

pub(crate) fn insert(name: &str, n: u64) -> Write {
    Write::insert(key(name), &json!({ "n": n })).unwrap()
}

pub(crate) fn replace(name: &str, version: &Version, n: u64) -> Write {
    Write::replace(key(name), version.clone(), &json!({ "n": n })).unwrap()
}

pub(crate) fn put(name: &str, n: u64) -> Write {
    Write::put(key(name), &json!({ "n": n })).unwrap()
}

pub(crate) fn delete(name: &str, version: &Version) -> Write {
    Write::Delete {
        key: key(name),
        version: version.clone(),
    }
}

#[track_caller]
pub(crate) fn assert_conflict_at(position: usize, result: Result<(), WriteError>) {
    match result {
        Err(WriteError::Conflict { position: at }) => assert_eq!(at, position),
        other => panic!("a conflict at {position} was expected, not {other:?}"),
    }
}

#[track_caller]
pub(crate) fn assert_refused(result: Result<(), WriteError>) {
    match result {
        Err(WriteError::NotDone(StoreError::Refused(_))) => {}
        other => panic!("a refusal was expected, not {other:?}"),
    }
}
