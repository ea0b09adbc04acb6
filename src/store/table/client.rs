//! The wire: what is asked of the Table service for each thing that we want.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, IF_MATCH};
use http::{HeaderValue, Method};
use serde_json::json;

use super::schema::{self, table};
use crate::azure::storage_account::{Call, Repeat, encoded};
use crate::store::{Key, Partition, Write};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// With ETags.
const JSON_WITH_METADATA: HeaderValue =
    HeaderValue::from_static("application/json;odata=minimalmetadata");
const NO_CONTENT: HeaderValue = HeaderValue::from_static("return-no-content");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const DATA_SERVICE_VERSION: HeaderName = HeaderName::from_static("dataserviceversion");

/// What the service gives in one answer.
const MAX_PAGE: usize = 1000;

pub(super) fn get(table: &str, partition: &str, row: &str) -> Call {
    let path = entity_path(table, partition, row);
    with_json(Call::new(Method::GET, path, Repeat::DoesNoHarm))
}

/// Where a page ended; the service's own words, which mean nothing to us.
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
    let mut query = format!("$top={top}&$filter={}", encoded(&filter));
    if let Some(from) = continuation {
        query += &format!("&NextPartitionKey={}", encoded(&from.partition));
        if let Some(row) = &from.row {
            query += &format!("&NextRowKey={}", encoded(row));
        }
    }
    let path = format!("{}()", table(partition.collection()));
    with_json(Call::new(Method::GET, path, Repeat::DoesNoHarm).query(query))
}

pub(super) fn create_table(name: &str) -> Call {
    let call = Call::new(Method::POST, "Tables", Repeat::DoesNoHarm);
    with_body(with_json(call), json!({ "TableName": name }).to_string())
}

pub(super) fn insert_schema() -> Call {
    let path = table(schema::SCHEMA_SHELF);
    let body = json!({
        "PartitionKey": schema::SCHEMA_PARTITION,
        "RowKey": schema::SCHEMA_ROW,
        schema::SCHEMA_PROPERTY: schema::SCHEMA,
    });
    let call = Call::new(Method::POST, path, Repeat::DoesNoHarm);
    with_body(with_json(call), body.to_string())
}

/// One change, alone or as a part of a batch.
pub(super) fn write(partition: &Partition, write: &Write) -> Result<Call, serde_json::Error> {
    let once = Repeat::OnlyIfNotDone;
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
            let call = Call::new(Method::POST, table(partition.collection()), once);
            with_body(call, entity(key, body)?)
        }
        Write::Put { key, body } => {
            with_body(Call::new(Method::PUT, at(key), once), entity(key, body)?)
        }
        Write::Replace { key, version, body } => {
            let call = Call::new(Method::PUT, at(key), once).header(IF_MATCH, etag(&version.0));
            with_body(call, entity(key, body)?)
        }
        Write::Delete { key, version } => {
            Call::new(Method::DELETE, at(key), once).header(IF_MATCH, etag(&version.0))
        }
    };
    Ok(with_json(call))
}

/// A version that cannot be sent was never the service's: what it asks for is not there.
fn etag(version: &str) -> HeaderValue {
    HeaderValue::try_from(version).unwrap_or(HeaderValue::from_static("W/\"none\""))
}

fn with_json(call: Call) -> Call {
    call.header(ACCEPT, JSON_WITH_METADATA)
        .header(DATA_SERVICE_VERSION, HeaderValue::from_static("3.0"))
}

fn with_body(call: Call, body: impl Into<Bytes>) -> Call {
    call.header(CONTENT_TYPE, JSON)
        .header(PREFER, NO_CONTENT)
        .body(body)
}

fn entity_path(table: &str, partition: &str, row: &str) -> String {
    let (partition, row) = (encoded(partition), encoded(row));
    format!("{table}(PartitionKey='{partition}',RowKey='{row}')")
}

pub(super) fn schema_record() -> Call {
    let table = table(schema::SCHEMA_SHELF);
    get(table, schema::SCHEMA_PARTITION, schema::SCHEMA_ROW)
}

pub(super) fn record(partition: &Partition, key: &Key) -> Call {
    get(
        table(partition.collection()),
        partition.name(),
        key.as_str(),
    )
}
