//! The layout of records in documents.
//!
//! A document holds the record's body as text: Cosmos DB turns every number that it parses into a
//! double, but clients may send others through us. To read the bodies in a container, use
//! `SELECT c.id, StringToObject(c.body) AS body FROM c`.
//!
//! The path of the partition key is the version of this layout. A version that is incompatible
//! with this one uses another path. The service enforces a container's path, so neither version
//! can write into the other's containers.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::CosmosContainers;
use crate::store::types::{Collection, Key, Record, StoreError, Version};

/// The property that holds a document's partition.
const PARTITION_KEY: &str = "/pk";

/// A record as a document to write.
pub(super) fn document(pk: &str, key: &Key, body: &str) -> Value {
    json!({ "id": key.as_str(), "pk": pk, "body": body })
}

/// A document as read.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    id: String,
    #[serde(rename = "_etag")]
    etag: String,
    /// Missing in documents that Switchboard did not write.
    body: Option<String>,
}

impl Document {
    pub(super) fn record(self) -> Result<Record, StoreError> {
        let Some(body) = self.body else {
            let why = format!("the document {} was not written by Switchboard", self.id);
            return Err(StoreError::Refused(why));
        };
        Ok(Record {
            key: Key::new(self.id),
            version: Version(self.etag),
            body,
        })
    }
}

/// The name of a collection's container.
pub(super) fn container(names: &CosmosContainers, collection: Collection) -> &str {
    match collection {
        Collection::Chats => &names.chats,
        Collection::Messages => &names.messages,
        Collection::Users => &names.users,
        Collection::Settings => &names.settings,
        Collection::Processed => &names.processed_messages,
    }
}

/// The setting that names a collection's container.
pub(super) fn setting(collection: Collection) -> &'static str {
    match collection {
        Collection::Chats => "COSMOS_CONTAINER_CHATS",
        Collection::Messages => "COSMOS_CONTAINER_MESSAGES",
        Collection::Users => "COSMOS_CONTAINER_USERS",
        Collection::Settings => "COSMOS_CONTAINER_SETTINGS",
        Collection::Processed => "COSMOS_CONTAINER_PROCESSED_MESSAGES",
    }
}

/// Two collections must not share a container: partitions with the same name would mix.
pub(super) fn check_distinct(
    names: &CosmosContainers,
    collection: Collection,
) -> Result<(), StoreError> {
    let name = container(names, collection);
    let mut others = Collection::ALL
        .into_iter()
        .filter(|other| *other != collection);
    match others.find(|other| container(names, *other) == name) {
        None => Ok(()),
        Some(other) => Err(StoreError::Refused(format!(
            "{} and {} name the same container, {name}",
            setting(collection),
            setting(other),
        ))),
    }
}

/// The definition of a new container. No query looks into bodies, so they are not indexed.
pub(super) fn container_definition(name: &str) -> Value {
    json!({
        "id": name,
        "partitionKey": { "paths": [PARTITION_KEY], "kind": "Hash", "version": 2 },
        "indexingPolicy": {
            "indexingMode": "consistent",
            "automatic": true,
            "includedPaths": [{ "path": "/*" }],
            "excludedPaths": [{ "path": "/body/?" }, { "path": "/\"_etag\"/?" }],
        },
    })
}

/// The properties of an existing container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerProperties {
    id: String,
    #[serde(default)]
    partition_key: PartitionKey,
}

#[derive(Debug, Default, Deserialize)]
struct PartitionKey {
    paths: Vec<String>,
}

impl ContainerProperties {
    pub(super) fn check_partition_key(&self, collection: Collection) -> Result<(), StoreError> {
        if self.partition_key.paths == [PARTITION_KEY] {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the container {} is partitioned by {}, not by {PARTITION_KEY}: a newer version or \
             another program created it; {} can name another",
            self.id,
            self.partition_key.paths.join(" and "),
            setting(collection),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_back_unchanged() {
        let body = r#"{"n":9007199254740993,"f":1.10,"t":"\u0000 é \"x\""}"#;
        let mut stored = document("room", &Key::new("m:1"), body);
        stored["_etag"] = json!("\"0800-1\"");

        let record = serde_json::from_value::<Document>(stored).unwrap().record();

        let record = record.unwrap();
        assert_eq!((record.key.as_str(), &*record.body), ("m:1", body));
        assert_eq!(record.version, Version("\"0800-1\"".to_owned()));
    }

    #[test]
    fn a_document_of_another_program_is_refused() {
        for document in [
            json!({ "id": "a", "_etag": "1", "pk": "p", "name": "x" }),
            json!({ "id": "a", "_etag": "1", "pk": "p", "body": null }),
        ] {
            let found: Document = serde_json::from_value(document).unwrap();
            assert!(matches!(found.record(), Err(StoreError::Refused(_))));
        }
    }

    #[test]
    fn two_collections_in_one_container_are_refused() {
        let names = |users: &str| CosmosContainers {
            chats: "chats".to_owned(),
            messages: "messages".to_owned(),
            users: users.to_owned(),
            settings: "settings".to_owned(),
            processed_messages: "processed_messages".to_owned(),
        };

        let distinct = names("users");
        assert!(
            Collection::ALL
                .iter()
                .all(|collection| check_distinct(&distinct, *collection).is_ok())
        );
        let refused = check_distinct(&names("chats"), Collection::Users);
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("COSMOS_CONTAINER_USERS"), "{error}");
        assert!(error.contains("COSMOS_CONTAINER_CHATS"), "{error}");
    }

    #[test]
    fn a_container_with_another_partition_key_is_refused() {
        let found = |paths: Value| {
            let found = json!({ "id": "chats", "partitionKey": { "paths": paths } });
            serde_json::from_value::<ContainerProperties>(found).unwrap()
        };

        assert!(
            found(json!(["/pk"]))
                .check_partition_key(Collection::Chats)
                .is_ok()
        );
        let refused = found(json!(["/chatId"])).check_partition_key(Collection::Chats);
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("/chatId"), "{error}");
        assert!(error.contains("COSMOS_CONTAINER_CHATS"), "{error}");
    }
}
