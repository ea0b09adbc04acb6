//! Reads and writes of one document at its own address.

use http::Method;

use super::call::in_partition;
use super::resource::Resource;
use super::schema::document;
use crate::azure::rest::{Call, Retry};
use crate::store::types::{Key, Write};

pub(super) fn read(container: &Resource, pk: &str, key: &Key) -> Call {
    let document = container.document(key.as_str());
    in_partition(Method::GET, &document, pk, Retry::Idempotent)
}

pub(super) fn write(container: &Resource, pk: &str, write: &Write) -> Call {
    let call = |method, resource: Resource| in_partition(method, &resource, pk, Retry::Unsafe);
    let create = || call(Method::POST, container.documents());
    let at = |method, key: &Key| call(method, container.document(key.as_str()));
    let call = match write {
        Write::Insert { key, body } => create().json(document(pk, key, body).to_string()),
        Write::Put { key, body } => create()
            .text_header("x-ms-documentdb-is-upsert", "True")
            .json(document(pk, key, body).to_string()),
        Write::Replace { key, version, body } => at(Method::PUT, key)
            .text_header("if-match", &version.0)
            .json(document(pk, key, body).to_string()),
        Write::Delete { key, version } => {
            at(Method::DELETE, key).text_header("if-match", &version.0)
        }
    };
    call.text_header("prefer", "return=minimal")
}
