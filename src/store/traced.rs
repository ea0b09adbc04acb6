//! A store whose calls are spans of a trace.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use tracing::{Instrument, Span};

use super::contract::Store;
use super::types::{Collection, Key, Partition, Record, StoreError, Write, WriteError, Written};
use crate::config::StoreConfig;
use crate::logging::trace::TARGET;

/// Adds nothing else. It is used only where traces are exported.
#[derive(Debug)]
pub struct TracedStore {
    inner: Arc<dyn Store>,
    system: &'static str,
}

impl TracedStore {
    pub fn new(inner: Arc<dyn Store>, config: &StoreConfig) -> Self {
        let system = match config {
            StoreConfig::Sqlite { .. } => "sqlite",
            StoreConfig::Tables(_) => "azure.tables",
            StoreConfig::Cosmos(_) => "azure.cosmosdb",
        };
        Self { inner, system }
    }

    /// Names of partitions are not recorded, because they contain ids of users.
    async fn call<T, E: Failure>(
        &self,
        operation: &'static str,
        partition: &Partition,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let collection = name(partition.collection());
        let span = tracing::debug_span!(
            target: TARGET,
            "store",
            otel.name = format_args!("{operation} {collection}"),
            otel.kind = "client",
            db.system.name = self.system,
            db.operation.name = operation,
            db.collection.name = collection,
            error.r#type = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
        );
        let result = call.instrument(span.clone()).await;
        if let Err(error) = &result {
            error.record(&span);
        }
        result
    }
}

trait Failure: fmt::Display {
    fn record(&self, span: &Span);
}

impl Failure for StoreError {
    fn record(&self, span: &Span) {
        let kind = match self {
            Self::Unreachable(_) => "unreachable",
            Self::TooLong => "timeout",
            Self::Refused(_) => "refused",
            Self::BadRecord(_) => "bad_record",
        };
        span.record("error.type", kind);
        span.record("otel.status_code", "ERROR");
    }
}

impl Failure for WriteError {
    fn record(&self, span: &Span) {
        match self {
            // A lost race is ordinary, and the caller writes again.
            Self::Conflict { .. } => {
                span.record("error.type", "conflict");
            }
            Self::NotDone(error) | Self::Unknown(error) => error.record(span),
        }
    }
}

fn name(collection: Collection) -> &'static str {
    match collection {
        Collection::Chats => "chats",
        Collection::Messages => "messages",
        Collection::Users => "users",
        Collection::Settings => "settings",
        Collection::Processed => "processed_messages",
    }
}

#[async_trait]
impl Store for TracedStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.call("get", partition, self.inner.get(partition, key))
            .await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let range = self.inner.range(partition, keys, limit);
        self.call("range", partition, range).await
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        let write = self.inner.commit(partition, writes);
        self.call("write", partition, write).await
    }

    /// Health probes are not part of a trace.
    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }
}
