//! Several operations that are one, on the documents of one partition. Microsoft's clients are
//! where this form of a call is from: the pages about the REST interface do not tell of it.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::resource::Resource;
use super::schema::{Found, document};
use crate::store::{Key, StoreError, Write, WriteError};

/// What a batch may hold in bytes, as it goes out.
const LARGEST: usize = 2 * 1024 * 1024;

/// What a result says of an operation that failed only because another did.
const FAILED_DEPENDENCY: u16 = 424;

/// All of `writes`, or none.
pub(super) fn write(container: &Resource, pk: &str, writes: &[Write]) -> Result<Call, WriteError> {
    let operations = writes.iter().map(|write| operation(write, pk));
    let body = Value::Array(operations.collect()).to_string();
    if body.len() > LARGEST {
        let sentence = "that is more than Cosmos DB takes in one batch".to_owned();
        return Err(WriteError::NotDone(StoreError::Refused(sentence)));
    }
    Ok(call(container, pk, body).header("prefer", "return=minimal"))
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

/// One document, read where the writes are.
pub(super) fn read(container: &Resource, pk: &str, key: &Key) -> Call {
    let operations = json!([{ "operationType": "Read", "id": key.as_str() }]);
    call(container, pk, operations.to_string())
}

fn call(container: &Resource, pk: &str, body: String) -> Call {
    Call::new(Method::POST, container.documents())
        .in_partition(pk)
        .header("x-ms-cosmos-is-batch-request", "True")
        .header("x-ms-cosmos-batch-atomic", "True")
        .body("application/json", body)
}

/// What came of one operation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    status_code: u16,
    resource_body: Option<Found>,
}

/// What [`read`] found; `None` where there is nothing.
pub(super) fn found(answer: &Answer) -> Result<Option<Found>, StoreError> {
    let [outcome] = answer.json::<[Outcome; 1]>()?;
    match (outcome.status_code, outcome.resource_body) {
        (200, Some(document)) => Ok(Some(document)),
        (404, _) => Ok(None),
        (status, _) => Err(StoreError::Refused(format!("a read failed with {status}"))),
    }
}

/// How `writes` went. The service stops at the first operation that fails.
pub(super) fn written(answer: &Answer, writes: &[Write]) -> Result<(), WriteError> {
    let outcomes: Vec<Outcome> = answer.json().map_err(WriteError::Unknown)?;
    let statuses = || outcomes.iter().map(|outcome| outcome.status_code);
    if statuses().len() == writes.len() && statuses().all(|status| status < 400) {
        return Ok(());
    }
    let mut failed = statuses().zip(writes).enumerate();
    let failed = failed.find(|(_, (status, _))| *status >= 400 && *status != FAILED_DEPENDENCY);
    let refused = |sentence: String| StoreError::Refused(sentence);
    Err(match failed {
        Some((position, (status, write))) if came_too_late(write, status) => {
            WriteError::Conflict { position }
        }
        Some((_, (413, _))) => {
            WriteError::NotDone(refused("that is more than Cosmos DB takes at once".into()))
        }
        Some((_, (status @ ..500, _))) => {
            WriteError::NotDone(refused(format!("a write failed with {status}")))
        }
        Some((_, (status, _))) => {
            WriteError::Unknown(refused(format!("a write failed with {status}")))
        }
        None => WriteError::Unknown(refused("Cosmos DB answered less than it was asked".into())),
    })
}

/// Whether a write that failed so found something else than it expected.
pub(super) fn came_too_late(write: &Write, status: u16) -> bool {
    match write {
        Write::Insert { .. } => status == 409,
        Write::Replace { .. } | Write::Delete { .. } => matches!(status, 404 | 412),
        Write::Put { .. } => false,
    }
}
