//! The calls of the Table service that the store uses.

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, IF_MATCH};
use http::{HeaderValue, Method};
use serde_json::json;

use super::schema::{self, table};
use crate::azure::rest::{Call, Retry};
use crate::azure::storage_account::percent_encode;
use crate::store::types::{Key, Partition, Write};

/// Makes the service return ETags.
const JSON_WITH_METADATA: HeaderValue =
    HeaderValue::from_static("application/json;odata=minimalmetadata");
const NO_CONTENT: HeaderValue = HeaderValue::from_static("return-no-content");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const DATA_SERVICE_VERSION: HeaderName = HeaderName::from_static("dataserviceversion");

/// The most entities in one answer.
const MAX_PAGE: usize = 1000;

pub(super) fn get(table: &str, partition: &str, row: &str) -> Call {
    let path = entity_path(table, partition, row);
    with_json(Call::new(Method::GET, path, Retry::Idempotent))
}

/// Where the next page begins, in the service's own opaque form.
#[derive(Debug)]
pub(super) struct Continuation {
    pub(super) partition: String,
    pub(super) row: Option<String>,
}

pub(super) fn range(
    partition: &Partition,
    (start, end): (&Key, &Key),
    limit: usize,
    continuation: Option<&Continuation>,
) -> Call {
    let filter = format!(
        "PartitionKey eq '{}' and RowKey ge '{start}' and RowKey lt '{end}'",
        partition.name()
    );
    let top = limit.min(MAX_PAGE);
    let mut query = format!("$top={top}&$filter={}", percent_encode(&filter));
    if let Some(from) = continuation {
        query += &format!("&NextPartitionKey={}", percent_encode(&from.partition));
        if let Some(row) = &from.row {
            query += &format!("&NextRowKey={}", percent_encode(row));
        }
    }
    let path = format!("{}()", table(partition.collection()));
    with_json(Call::new(Method::GET, path, Retry::Idempotent).query(query))
}

pub(super) fn create_table(name: &str) -> Call {
    let call = Call::new(Method::POST, "Tables", Retry::Idempotent);
    with_body(with_json(call), json!({ "TableName": name }).to_string())
}

pub(super) fn insert_schema() -> Call {
    let path = table(schema::SCHEMA_COLLECTION);
    let body = json!({
        "PartitionKey": schema::SCHEMA_PARTITION,
        "RowKey": schema::SCHEMA_ROW,
        schema::SCHEMA_PROPERTY: schema::SCHEMA_VERSION,
    });
    let call = Call::new(Method::POST, path, Retry::Idempotent);
    with_body(with_json(call), body.to_string())
}

/// One write, alone or as a part of a batch.
pub(super) fn write(partition: &Partition, write: &Write) -> Result<Call, serde_json::Error> {
    let at = |key: &Key| {
        entity_path(
            table(partition.collection()),
            partition.name(),
            key.as_str(),
        )
    };
    let entity = |key, body| schema::entity(partition.name(), key, body);
    let call = match write {
        Write::Insert { key, body } => {
            let call = Call::new(Method::POST, table(partition.collection()), Retry::Unsafe);
            with_body(call, entity(key, body)?)
        }
        Write::Put { key, body } => with_body(
            Call::new(Method::PUT, at(key), Retry::Unsafe),
            entity(key, body)?,
        ),
        Write::Replace { key, version, body } => {
            let call =
                Call::new(Method::PUT, at(key), Retry::Unsafe).header(IF_MATCH, etag(&version.0));
            with_body(call, entity(key, body)?)
        }
        Write::Delete { key, version } => {
            Call::new(Method::DELETE, at(key), Retry::Unsafe).header(IF_MATCH, etag(&version.0))
        }
    };
    Ok(with_json(call))
}

/// A version that is not a valid header did not come from the service, so it matches nothing.
fn etag(version: &str) -> HeaderValue {
    HeaderValue::try_from(version).unwrap_or(HeaderValue::from_static("W/\"none\""))
}

fn with_json(call: Call) -> Call {
    call.header(ACCEPT, JSON_WITH_METADATA)
        .header(DATA_SERVICE_VERSION, HeaderValue::from_static("3.0"))
}

fn with_body(call: Call, body: impl Into<Bytes>) -> Call {
    call.json(body).header(PREFER, NO_CONTENT)
}

fn entity_path(table: &str, partition: &str, row: &str) -> String {
    let (partition, row) = (percent_encode(partition), percent_encode(row));
    format!("{table}(PartitionKey='{partition}',RowKey='{row}')")
}

pub(super) fn schema_record() -> Call {
    let table = table(schema::SCHEMA_COLLECTION);
    get(table, schema::SCHEMA_PARTITION, schema::SCHEMA_ROW)
}

pub(super) fn record(partition: &Partition, key: &Key) -> Call {
    get(
        table(partition.collection()),
        partition.name(),
        key.as_str(),
    )
}
