//! A container's documents on two replicas: one accepts the writes, the other may be one write
//! behind.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The documents of a partition, by their ids, which are case-sensitive.
pub(super) type Partition = BTreeMap<String, Arc<Value>>;

/// The changes of a transaction; `None` is a deletion.
pub(super) type Changes = BTreeMap<String, Option<Arc<Value>>>;

#[derive(Debug)]
pub(super) struct Container {
    pub(super) definition: Value,
    rid: String,
    /// Counts the writes.
    pub(super) lsn: u64,
    primary: Replica,
    secondary: Replica,
    /// The write that the secondary has not received yet.
    last: Option<(String, Changes)>,
}

#[derive(Debug, Default)]
struct Replica(HashMap<String, Partition>);

/// Which writes a read must include.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fresh {
    /// All.
    Latest,
    /// At least those up to this one.
    Since(u64),
}

impl Container {
    pub(super) fn new(number: u32, mut definition: Value) -> Self {
        // A container's id is that of its database and four more bytes.
        let mut rid = vec![0, 0, 0, 1];
        rid.extend(number.to_be_bytes());
        let rid = STANDARD.encode(rid);
        definition["_rid"] = json!(rid);
        Self {
            definition,
            rid,
            lsn: 1,
            primary: Replica::default(),
            secondary: Replica::default(),
            last: None,
        }
    }

    pub(super) fn rid(&self) -> &str {
        &self.rid
    }

    /// The token that reflects all writes.
    pub(super) fn session_token(&self) -> String {
        token(self.lsn)
    }

    /// The property that holds a document's partition.
    pub(super) fn partition_key(&self) -> &str {
        let path = self.definition["partitionKey"]["paths"][0].as_str();
        path.unwrap().trim_start_matches('/')
    }

    /// The documents, and the session token that they reflect. A replica that is too far behind
    /// leaves the read to the other one.
    pub(super) fn partition(&self, name: &str, fresh: Fresh) -> (Option<&Partition>, String) {
        let behind = self.lsn - u64::from(self.last.is_some());
        match fresh {
            Fresh::Since(lsn) if lsn <= behind => (self.secondary.0.get(name), token(behind)),
            Fresh::Since(_) | Fresh::Latest => (self.primary.0.get(name), token(self.lsn)),
        }
    }

    pub(super) fn commit(&mut self, partition: &str, changes: Changes, lags: bool) {
        if changes.is_empty() {
            return;
        }
        self.lsn += 1;
        if let Some((partition, changes)) = self.last.take() {
            self.secondary.apply(&partition, changes);
        }
        self.primary.apply(partition, changes.clone());
        match lags {
            true => self.last = Some((partition.to_owned(), changes)),
            false => self.secondary.apply(partition, changes),
        }
    }
}

fn token(lsn: u64) -> String {
    format!("0:-1#{lsn}")
}

impl Replica {
    fn apply(&mut self, partition: &str, changes: Changes) {
        let partition = self.0.entry(partition.to_owned()).or_default();
        for (id, document) in changes {
            match document {
                Some(document) => partition.insert(id, document),
                None => partition.remove(&id),
            };
        }
    }
}
