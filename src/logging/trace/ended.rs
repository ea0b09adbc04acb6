//! A span that has ended, as it is exported.

use super::context::TraceContext;

#[derive(Debug, Clone, PartialEq)]
pub struct EndedSpan {
    pub context: TraceContext,
    pub parent: Option<u64>,
    pub name: String,
    pub kind: Kind,
    /// In nanoseconds since 1970.
    pub start: u64,
    pub end: u64,
    pub attributes: Vec<(&'static str, Value)>,
    pub links: Vec<TraceContext>,
    pub has_failed: bool,
}

/// Which side of a call a span describes. The numbers are those of OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}
