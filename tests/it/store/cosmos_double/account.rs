//! Databases and containers.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use super::Options;
use super::call::Call;
use super::container::Container;
use super::proof::Proof;
use super::reply::Reply;

#[derive(Debug, Default)]
pub(super) struct Account {
    databases: BTreeMap<String, Database>,
    /// How many containers were ever created.
    created: u32,
}

#[derive(Debug, Default)]
struct Database {
    containers: BTreeMap<String, Container>,
}

impl Account {
    pub(super) fn has(&mut self, database: &str, container: &str, partition_key: &str) {
        self.created += 1;
        let definition = json!({ "id": container, "partitionKey": { "paths": [partition_key] } });
        let created = Container::new(self.created, definition);
        let database = self.databases.entry(database.to_owned()).or_default();
        database.containers.insert(container.to_owned(), created);
    }

    pub(super) fn loses(&mut self, database: &str, container: &str) {
        let database = self.databases.get_mut(database).unwrap();
        database.containers.remove(container).unwrap();
    }

    pub(super) fn containers(&self, database: &str) -> Vec<String> {
        let database = self.databases.get(database);
        database.map_or_else(Vec::new, |database| {
            database.containers.keys().cloned().collect()
        })
    }

    pub(super) fn container(&mut self, path: &[String]) -> Result<&mut Container, Reply> {
        let database = self.databases.get_mut(&path[1]);
        let container = database.and_then(|database| database.containers.get_mut(&path[3]));
        container.ok_or_else(Reply::not_found)
    }

    pub(super) fn reply(
        &mut self,
        call: &Call,
        proof: Proof,
        options: &Options,
    ) -> Result<Reply, Reply> {
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        if call.method == Method::POST && proof == Proof::Token {
            let message = format!(
                "Request blocked by Auth double : The given request [POST /{}] cannot be \
                 authorized by AAD token in data plane.",
                path.join("/")
            );
            return Err(Reply::error(403, &message).sub_status(5300));
        }
        if call.method == Method::POST && !options.key_creates_containers {
            let message = "Operation 'POST' is not allowed through Azure Cosmos DB endpoint.";
            return Err(Reply::error(403, message));
        }
        match (&call.method, path.as_slice()) {
            (&Method::GET, []) => Ok(Reply::new(200, describe(call, options))),
            (&Method::POST, ["dbs"]) => self.create_database(call),
            (&Method::GET, ["dbs", name]) => match self.databases.contains_key(*name) {
                true => Ok(Reply::new(200, json!({ "id": name, "_rid": "AAAAAQ==" }))),
                false => Err(Reply::not_found()),
            },
            (&Method::POST, ["dbs", name, "colls"]) => self.create_container(name, call),
            (&Method::GET, ["dbs", _, "colls", _]) => {
                let container = self.container(&call.path)?;
                Ok(Reply::new(200, container.definition.clone()))
            }
            (&Method::GET, ["dbs", _, "colls", _, "pkranges"]) => {
                self.container(&call.path)?;
                let all = json!({ "id": "0", "minInclusive": "", "maxExclusive": "FF" });
                let ranges = json!({ "PartitionKeyRanges": [all], "_count": 1 });
                Ok(Reply::new(200, ranges))
            }
            _ => Err(Reply::error(400, "The double does not support that.")),
        }
    }

    fn create_database(&mut self, call: &Call) -> Result<Reply, Reply> {
        let id = id(&call.json()?)?;
        if self.databases.contains_key(&id) {
            return Err(Reply::error(
                409,
                "Resource with specified id already exists.",
            ));
        }
        self.databases.insert(id.clone(), Database::default());
        Ok(Reply::new(201, json!({ "id": id, "_rid": "AAAAAQ==" })))
    }

    fn create_container(&mut self, database: &str, call: &Call) -> Result<Reply, Reply> {
        let definition: Value = call.json()?;
        let id = id(&definition)?;
        let paths = definition["partitionKey"]["paths"].as_array();
        if !paths.is_some_and(|paths| paths.len() == 1 && paths[0].is_string()) {
            return Err(Reply::error(400, "Partition key paths are missing."));
        }
        let database = self.databases.get_mut(database);
        let database = database.ok_or_else(Reply::not_found)?;
        if database.containers.contains_key(&id) {
            return Err(Reply::error(
                409,
                "Resource with specified id already exists.",
            ));
        }
        self.created += 1;
        let container = Container::new(self.created, definition);
        let reply = Reply::new(201, container.definition.clone());
        database.containers.insert(id, container);
        Ok(reply)
    }
}

fn id(definition: &Value) -> Result<String, Reply> {
    match definition["id"].as_str() {
        Some(id) if !id.is_empty() && !id.contains(['/', '\\', '#', '?']) => Ok(id.to_owned()),
        _ => Err(Reply::error(400, "The id is missing or invalid.")),
    }
}

fn describe(call: &Call, options: &Options) -> Value {
    let host = call.header("host").unwrap_or_default();
    let here = json!([{ "name": "Here", "databaseAccountEndpoint": format!("http://{host}/") }]);
    json!({
        "id": "double",
        "_rid": "double",
        "writableLocations": here,
        "readableLocations": here,
        "enableMultipleWriteLocations": false,
        "userConsistencyPolicy": { "defaultConsistencyLevel": options.consistency },
    })
}
