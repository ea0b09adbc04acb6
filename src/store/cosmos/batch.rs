//! Transactional batches on the documents of one partition. Their form is taken from Microsoft's
//! clients, because the documentation of the REST API does not describe it.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::in_partition;
use super::resource::Resource;
use super::schema::{Document, document};
use crate::azure::rest::{Answer, Call, Retry};
use crate::store::types::{Key, StoreError, Version, Write, WriteError, Written};

/// The longest body of a batch, in bytes.
const MAX_BATCH_SIZE: usize = 2 * 1024 * 1024;

/// The status of an operation that failed only because another one did.
const FAILED_DEPENDENCY: u16 = 424;

/// Does all of `writes` or none.
pub(super) fn write(container: &Resource, pk: &str, writes: &[Write]) -> Result<Call, WriteError> {
    let operations = writes.iter().map(|write| operation(write, pk));
    let body = Value::Array(operations.collect()).to_string();
    if body.len() > MAX_BATCH_SIZE {
        let why = "the batch is too large for Cosmos DB".to_owned();
        return Err(WriteError::NotDone(StoreError::Refused(why)));
    }
    let call = call(container, pk, body, Retry::Unsafe);
    Ok(call.text_header("prefer", "return=minimal"))
}

fn operation(write: &Write, pk: &str) -> Value {
    match write {
        Write::Insert { key, body } => {
            json!({ "operationType": "Create", "resourceBody": document(pk, key, body) })
        }
        Write::Put { key, body } => {
            json!({ "operationType": "Upsert", "resourceBody": document(pk, key, body) })
        }
        Write::Replace { key, version, body } => json!({
            "operationType": "Replace",
            "id": key.as_str(),
            "ifMatch": version.0,
            "resourceBody": document(pk, key, body),
        }),
        Write::Delete { key, version } => json!({
            "operationType": "Delete",
            "id": key.as_str(),
            "ifMatch": version.0,
        }),
    }
}

/// Reads one document from the replica that accepts the writes.
pub(super) fn read(container: &Resource, pk: &str, key: &Key) -> Call {
    let operations = json!([{ "operationType": "Read", "id": key.as_str() }]);
    call(container, pk, operations.to_string(), Retry::Idempotent)
}

fn call(container: &Resource, pk: &str, body: String, retry: Retry) -> Call {
    in_partition(Method::POST, &container.documents(), pk, retry)
        .text_header("x-ms-cosmos-is-batch-request", "True")
        .text_header("x-ms-cosmos-batch-atomic", "True")
        .json(body)
}

/// The result of one operation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationResult {
    status_code: u16,
    #[serde(rename = "eTag")]
    etag: Option<String>,
    resource_body: Option<Document>,
}

/// The document in the answer to [`read`]. `None` if it does not exist.
pub(super) fn read_result(answer: &Answer) -> Result<Option<Document>, StoreError> {
    let [result] = answer.json::<[OperationResult; 1]>()?;
    match (result.status_code, result.resource_body) {
        (200, Some(document)) => Ok(Some(document)),
        (404, _) => Ok(None),
        (status, _) => Err(StoreError::Refused(format!("a read failed with {status}"))),
    }
}

/// The result in the answer to [`write()`]. The service stops at the first operation that fails.
pub(super) fn write_result(answer: &Answer, writes: &[Write]) -> Result<Written, WriteError> {
    let results: Vec<OperationResult> = answer
        .json()
        .map_err(|error| WriteError::Unknown(error.into()))?;
    let statuses = || results.iter().map(|result| result.status_code);
    if statuses().len() == writes.len() && statuses().all(|status| status < 400) {
        let versions = results.into_iter().map(|result| result.etag.map(Version));
        return Ok(Written::new(writes, versions));
    }
    let mut failed = statuses().zip(writes).enumerate();
    let failed = failed.find(|(_, (status, _))| *status >= 400 && *status != FAILED_DEPENDENCY);
    let refused = |why: String| StoreError::Refused(why);
    Err(match failed {
        Some((position, (status, write))) if precondition_failed(write, status) => {
            WriteError::Conflict { position }
        }
        Some((_, (413, _))) => {
            WriteError::NotDone(refused("the batch is too large for Cosmos DB".into()))
        }
        Some((_, (status @ ..500, _))) => {
            WriteError::NotDone(refused(format!("a write failed with {status}")))
        }
        Some((_, (status, _))) => {
            WriteError::Unknown(refused(format!("a write failed with {status}")))
        }
        None => WriteError::Unknown(refused(
            "the answer lacks the results of some writes".into(),
        )),
    })
}

/// Whether this status means that the write did not find the state that it expects.
pub(super) fn precondition_failed(write: &Write, status: u16) -> bool {
    match write {
        Write::Insert { .. } => status == 409,
        Write::Replace { .. } | Write::Delete { .. } => matches!(status, 404 | 412),
        Write::Put { .. } => false,
    }
}
