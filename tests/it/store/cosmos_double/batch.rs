//! Transactional batches.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Options;
use super::call::Call;
use super::container::Container;
use super::documents::{Operation, Transaction, weight};
use super::reply::Reply;

const MAX_OPERATIONS: usize = 100;

/// The longest answer, in bytes.
const MAX_ANSWER_SIZE: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    operation_type: String,
    id: Option<String>,
    if_match: Option<String>,
    resource_body: Option<Value>,
}

impl Entry {
    fn operation(self) -> Option<Operation> {
        Some(match self.operation_type.as_str() {
            "Create" => Operation::Create(self.resource_body?),
            "Upsert" => Operation::Upsert(self.resource_body?, self.if_match),
            "Replace" => Operation::Replace(self.id?, self.resource_body?, self.if_match),
            "Delete" => Operation::Delete(self.id?, self.if_match),
            "Read" => Operation::Read(self.id?),
            _ => return None,
        })
    }
}

/// Runs on the replica that accepts the writes, so it is up to date under every consistency.
pub(super) fn reply(
    container: &mut Container,
    call: &Call,
    options: &Options,
) -> Result<Reply, Reply> {
    let invalid = || Reply::error(400, "The batch request is invalid.");
    let pk = call.partition()?;
    let entries: Vec<Entry> = call.json()?;
    if entries.is_empty() || entries.len() > MAX_OPERATIONS {
        return Err(invalid());
    }
    if !call.says("x-ms-cosmos-batch-atomic") {
        return Err(Reply::error(
            400,
            "The double supports only atomic batches.",
        ));
    }
    let operations: Option<Vec<_>> = entries.into_iter().map(Entry::operation).collect();
    let operations = operations.ok_or_else(invalid)?;
    let count = operations.len();
    let minimal = call.header("prefer") == Some("return=minimal");
    let mut transaction = Transaction::new(container, &pk);
    let (mut results, mut size) = (Vec::new(), 0);
    for (position, operation) in operations.into_iter().enumerate() {
        let is_read = matches!(operation, Operation::Read(_));
        let outcome = transaction.perform(operation);
        let mut result = json!({ "statusCode": outcome.status, "requestCharge": 1 });
        if let Some(document) = &outcome.document {
            result["eTag"] = document["_etag"].clone();
            if is_read || !minimal {
                size += weight(document);
                result["resourceBody"] = (**document).clone();
            }
        }
        let failure = match outcome.status {
            _ if size > MAX_ANSWER_SIZE => Some(413),
            status => (status >= 400).then_some(status),
        };
        if let Some(status) = failure {
            return Ok(Reply::new(207, failed(status, position, count))
                .with("x-ms-session-token", container.session_token()));
        }
        results.push(result);
    }
    let changes = transaction.changes;
    container.commit(&pk, changes, options.lags);
    Ok(Reply::new(200, Value::Array(results))
        .with("x-ms-session-token", container.session_token())
        .with("x-ms-content-path", container.rid()))
}

/// The results: the failed operation has its status, all others have 424.
fn failed(status: u16, position: usize, count: usize) -> Value {
    let result = |n| match n == position {
        true => json!({ "statusCode": status, "requestCharge": 1 }),
        false => json!({ "statusCode": 424, "requestCharge": 0 }),
    };
    Value::Array((0..count).map(result).collect())
}
