//! One document, by an address of its own.

use reqwest::Method;

use super::call::Call;
use super::resource::Resource;
use super::schema::document;
use crate::store::{Key, Write};

pub(super) fn read(container: &Resource, pk: &str, key: &Key) -> Call {
    Call::new(Method::GET, container.document(key.as_str())).in_partition(pk)
}

pub(super) fn write(container: &Resource, pk: &str, write: &Write) -> Call {
    let among = || Call::new(Method::POST, container.documents());
    let call = match write {
        Write::Insert { key, body } => among().json(&document(pk, key, body)),
        Write::Put { key, body } => among()
            .header("x-ms-documentdb-is-upsert", "True")
            .json(&document(pk, key, body)),
        Write::Replace { key, version, body } => {
            Call::new(Method::PUT, container.document(key.as_str()))
                .header("if-match", &version.0)
                .json(&document(pk, key, body))
        }
        Write::Delete { key, version } => {
            Call::new(Method::DELETE, container.document(key.as_str()))
                .header("if-match", &version.0)
        }
    };
    call.in_partition(pk).header("prefer", "return=minimal")
}
