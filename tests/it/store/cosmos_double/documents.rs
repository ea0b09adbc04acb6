//! Calls about documents, and the operations on single documents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::Method;
use serde_json::{Value, json};

use super::account::Account;
use super::call::Call;
use super::container::{Changes, Container, Fresh};
use super::reply::Reply;
use super::{Options, batch, query};

/// One operation on one document.
#[derive(Debug)]
pub(super) enum Operation {
    Create(Value),
    Upsert(Value, Option<String>),
    Replace(String, Value, Option<String>),
    Delete(String, Option<String>),
    Read(String),
}

/// The result of an operation.
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) document: Option<Arc<Value>>,
}

pub(super) fn reply(account: &mut Account, call: &Call, options: &Options) -> Result<Reply, Reply> {
    let container = account.container(&call.path)?;
    let fresh = freshness(call, options)?;
    let id = call.path.get(5).cloned();
    let if_match = call.header("if-match").map(str::to_owned);
    let operation = match (&call.method, id) {
        (&Method::POST, None) if call.says("x-ms-documentdb-isquery") => {
            return query::reply(container, call, fresh, options);
        }
        (&Method::POST, None) if call.says("x-ms-cosmos-is-batch-request") => {
            return batch::reply(container, call, options);
        }
        (&Method::POST, None) if call.says("x-ms-documentdb-is-upsert") => {
            Operation::Upsert(call.json()?, if_match)
        }
        (&Method::POST, None) => Operation::Create(call.json()?),
        (&Method::PUT, Some(id)) => Operation::Replace(id, call.json()?, if_match),
        (&Method::DELETE, Some(id)) => Operation::Delete(id, if_match),
        (&Method::GET, Some(id)) => Operation::Read(id),
        _ => return Err(Reply::error(405, "The double does not support that.")),
    };
    let pk = call.partition()?;
    if let Operation::Read(id) = &operation {
        let (all, session) = container.partition(&pk, fresh);
        let reply = match all.and_then(|all| all.get(id)) {
            Some(document) => of_document(200, document, container),
            None => Reply::not_found(),
        };
        return Ok(reply.with("x-ms-session-token", session));
    }
    let mut transaction = Transaction::new(container, &pk);
    let outcome = transaction.perform(operation);
    let changes = transaction.changes;
    if outcome.status >= 400 {
        return Err(Reply::error(outcome.status, "The operation failed."));
    }
    container.commit(&pk, changes, options.lags);
    let minimal = call.header("prefer") == Some("return=minimal");
    let reply = match outcome.document {
        Some(document) if !minimal => of_document(outcome.status, &document, container),
        Some(document) => {
            Reply::new(outcome.status, None).with("etag", document["_etag"].as_str().unwrap())
        }
        None => Reply::new(outcome.status, None),
    };
    Ok(reply.with("x-ms-session-token", container.session_token()))
}

fn of_document(status: u16, document: &Value, container: &Container) -> Reply {
    Reply::new(status, document.clone())
        .with("etag", document["_etag"].as_str().unwrap())
        .with("x-ms-content-path", container.rid())
}

/// A read can weaken the account's default consistency but not strengthen it.
fn freshness(call: &Call, options: &Options) -> Result<Fresh, Reply> {
    let strength = |level: &str| match level {
        "Strong" => 5,
        "BoundedStaleness" | "Bounded" => 4,
        "Session" => 3,
        "ConsistentPrefix" => 2,
        _ => 1,
    };
    let level = call
        .header("x-ms-consistency-level")
        .unwrap_or(options.consistency);
    if strength(level) > strength(options.consistency) {
        let message = "The consistency level is stronger than the account's.";
        return Err(Reply::error(400, message));
    }
    Ok(match strength(level) {
        4.. => Fresh::Latest,
        3 => Fresh::Since(call.session()),
        _ => Fresh::Since(0),
    })
}

/// Changes of one partition that are not committed yet.
pub(super) struct Transaction<'a> {
    container: &'a Container,
    pk: &'a str,
    pub(super) changes: Changes,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(container: &'a Container, pk: &'a str) -> Self {
        Self {
            container,
            pk,
            changes: Changes::new(),
        }
    }

    pub(super) fn perform(&mut self, operation: Operation) -> Outcome {
        let (status, document) = match operation {
            Operation::Create(body) => match self.fits(&body, None) {
                Err(status) => (status, None),
                Ok(id) if self.find(&id).is_some() => (409, None),
                Ok(id) => (201, Some(self.put(id, body))),
            },
            Operation::Upsert(body, if_match) => match self.fits(&body, None) {
                Err(status) => (status, None),
                Ok(id) => match self.find(&id) {
                    Some(there) if !matches(&there, if_match) => (412, None),
                    Some(_) => (200, Some(self.put(id, body))),
                    None => (201, Some(self.put(id, body))),
                },
            },
            Operation::Replace(id, body, if_match) => match self.fits(&body, Some(&id)) {
                Err(status) => (status, None),
                Ok(id) => match self.find(&id) {
                    None => (404, None),
                    Some(there) if !matches(&there, if_match) => (412, None),
                    Some(_) => (200, Some(self.put(id, body))),
                },
            },
            Operation::Delete(id, if_match) => match self.find(&id) {
                None => (404, None),
                Some(there) if !matches(&there, if_match) => (412, None),
                Some(_) => {
                    self.changes.insert(id, None);
                    (204, None)
                }
            },
            Operation::Read(id) => match self.find(&id) {
                None => (404, None),
                found => (200, found),
            },
        };
        Outcome { status, document }
    }

    fn find(&self, id: &str) -> Option<Arc<Value>> {
        if let Some(change) = self.changes.get(id) {
            return change.clone();
        }
        let (all, _) = self.container.partition(self.pk, Fresh::Latest);
        all?.get(id).cloned()
    }

    /// The document's id, if the document is valid for this partition.
    fn fits(&self, body: &Value, named: Option<&str>) -> Result<String, u16> {
        let id = body["id"].as_str().ok_or(400_u16)?;
        let legal = (1..=1023).contains(&id.len()) && !id.contains(['/', '\\', '#', '?']);
        let there = body[self.container.partition_key()].as_str() == Some(self.pk);
        if !legal || !there || named.is_some_and(|named| named != id) {
            return Err(400);
        }
        Ok(id.to_owned())
    }

    fn put(&mut self, id: String, mut body: Value) -> Arc<Value> {
        static ETAGS: AtomicU64 = AtomicU64::new(1);
        let etag = ETAGS.fetch_add(1, Ordering::Relaxed);
        body["_etag"] = json!(format!("\"{etag:08x}-0000-0000-0000-000000000000\""));
        body["_rid"] = json!("AAAAAQAAAAEBAAAAAAAAAA==");
        body["_ts"] = json!(1_700_000_000);
        as_doubles(&mut body);
        let document = Arc::new(body);
        self.changes.insert(id, Some(document.clone()));
        document
    }
}

/// The approximate size of a document in an answer, of which texts are the largest part.
pub(super) fn weight(document: &Value) -> usize {
    let all = document.as_object().into_iter().flatten();
    all.map(|(_, value)| value.as_str().map_or(16, str::len))
        .sum()
}

fn matches(there: &Value, if_match: Option<String>) -> bool {
    if_match.is_none_or(|etag| etag == "*" || there["_etag"] == etag.as_str())
}

/// The service stores numbers as IEEE 754 doubles.
fn as_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let double = number.as_f64().unwrap();
            if number.as_i64().is_some_and(|n| n as f64 as i64 != n) || number.is_u64() {
                *value = json!(double);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(as_doubles),
        Value::Object(all) => all.values_mut().for_each(as_doubles),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
