//! Reads the fields of a span.

use std::fmt;

use tracing::field::{Field, Visit};

use super::context::TraceContext;
use super::ended::{Kind, Value};

/// What the fields of a span say; each record adds to it.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
    pub(super) has_failed: bool,
    /// The parent in another process.
    pub(super) remote_parent: Option<TraceContext>,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, text: &str) {
        match field.name() {
            "otel.name" => self.name = Some(text.to_owned()),
            "otel.kind" => self.kind = kind(text),
            "otel.status_code" => self.has_failed = text == "ERROR",
            "traceparent" => self.remote_parent = text.parse().ok(),
            _ => self.put(field, Value::Text(text.to_owned())),
        }
    }

    fn record_i64(&mut self, field: &Field, number: i64) {
        self.put(field, Value::Number(number));
    }

    fn record_u64(&mut self, field: &Field, number: u64) {
        self.put(field, Value::Number(number.try_into().unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, flag: bool) {
        self.put(field, Value::Flag(flag));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "server" => Kind::Server,
        "client" => Kind::Client,
        "producer" => Kind::Producer,
        "consumer" => Kind::Consumer,
        _ => Kind::Internal,
    }
}
