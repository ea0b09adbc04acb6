//! Documents, and the records that they hold.
//!
//! The body lies in its document as text. A number that Cosmos DB parses becomes a double, and
//! what a client passes through us may hold others; as text it comes back as it was. Who looks
//! into a container reads it with `SELECT c.id, StringToObject(c.body) AS body FROM c`.
//!
//! The path of the partition key is the version of all this. What cannot be read by a program of
//! this version is kept in containers with another path, which the service holds both programs
//! to: neither can write into what the other made.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::CosmosContainers;
use crate::store::{Collection, Key, Record, StoreError, Version};

/// Where a document says which partition it is in.
const PARTITION_KEY: &str = "/pk";

/// A record as it goes out.
pub(super) fn document(pk: &str, key: &Key, body: &str) -> Value {
    json!({ "id": key.as_str(), "pk": pk, "body": body })
}

/// A record as it comes back.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    id: String,
    #[serde(rename = "_etag")]
    etag: String,
    /// What others put into the container has none.
    body: Option<String>,
}

impl Found {
    pub(super) fn record(self) -> Result<Record, StoreError> {
        let Some(body) = self.body else {
            let sentence = format!("the document {} is none of Switchboard's", self.id);
            return Err(StoreError::Refused(sentence));
        };
        Ok(Record {
            key: Key::new(self.id),
            version: Version(self.etag),
            body,
        })
    }
}

/// Each collection has a container of its own.
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

/// Partitions of one name on two shelves are two.
pub(super) fn must_be_apart(
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

/// What a container is made of. Nobody asks for what is in a body, so no index pays for it.
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

/// A container that is there already.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerFound {
    id: String,
    #[serde(default)]
    partition_key: PartitionKeyFound,
}

#[derive(Debug, Default, Deserialize)]
struct PartitionKeyFound {
    paths: Vec<String>,
}

impl ContainerFound {
    pub(super) fn must_be_ours(&self, collection: Collection) -> Result<(), StoreError> {
        if self.partition_key.paths == [PARTITION_KEY] {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "the container {} is partitioned by {}, not by {PARTITION_KEY}: a newer version or \
             something else made it; {} can name another",
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
    fn a_body_comes_back_as_it_was() {
        let body = r#"{"n":9007199254740993,"f":1.10,"t":"\u0000 é \"x\""}"#;
        let mut kept = document("room", &Key::new("m:1"), body);
        kept["_etag"] = json!("\"0800-1\"");

        let record = serde_json::from_value::<Found>(kept).unwrap().record();

        let record = record.unwrap();
        assert_eq!((record.key.as_str(), &*record.body), ("m:1", body));
        assert_eq!(record.version, Version("\"0800-1\"".to_owned()));
    }

    #[test]
    fn what_others_wrote_is_refused() {
        for document in [
            json!({ "id": "a", "_etag": "1", "pk": "p", "name": "x" }),
            json!({ "id": "a", "_etag": "1", "pk": "p", "body": null }),
        ] {
            let found: Found = serde_json::from_value(document).unwrap();
            assert!(matches!(found.record(), Err(StoreError::Refused(_))));
        }
    }

    #[test]
    fn two_shelves_in_one_container_are_refused() {
        let names = |users: &str| CosmosContainers {
            chats: "chats".to_owned(),
            messages: "messages".to_owned(),
            users: users.to_owned(),
            settings: "settings".to_owned(),
            processed_messages: "processed_messages".to_owned(),
        };

        let apart = names("users");
        assert!(
            Collection::ALL
                .iter()
                .all(|collection| must_be_apart(&apart, *collection).is_ok())
        );
        let refused = must_be_apart(&names("chats"), Collection::Users);
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("COSMOS_CONTAINER_USERS"), "{sentence}");
        assert!(sentence.contains("COSMOS_CONTAINER_CHATS"), "{sentence}");
    }

    #[test]
    fn a_container_of_another_make_is_refused() {
        let found = |paths: Value| {
            let found = json!({ "id": "chats", "partitionKey": { "paths": paths } });
            serde_json::from_value::<ContainerFound>(found).unwrap()
        };

        assert!(
            found(json!(["/pk"]))
                .must_be_ours(Collection::Chats)
                .is_ok()
        );
        let refused = found(json!(["/chatId"])).must_be_ours(Collection::Chats);
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("/chatId"), "{sentence}");
        assert!(sentence.contains("COSMOS_CONTAINER_CHATS"), "{sentence}");
    }
}
