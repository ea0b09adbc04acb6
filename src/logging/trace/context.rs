//! A place in a trace, in the form of W3C Trace Context's `traceparent`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of a trace, and whether the trace is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    pub trace: u128,
    pub span: u64,
    pub is_sampled: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a traceparent")]
pub struct InvalidTraceContext;

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    /// Of a later version the first four parts count, as the recommendation says.
    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let mut parts = text.splitn(5, '-');
        let mut part = |digits| hex(parts.next()?, digits);
        let read = (|| Some((part(2)?, part(32)?, part(16)?, part(2)?)))();
        let (version, trace, span, flags) = read.ok_or(InvalidTraceContext)?;
        let has_more = parts.next().is_some();
        if version == 0xff || (version == 0 && has_more) || trace == 0 || span == 0 {
            return Err(InvalidTraceContext);
        }
        Ok(Self {
            trace,
            span: u64::try_from(span).map_err(|_| InvalidTraceContext)?,
            is_sampled: flags & 1 == 1,
        })
    }
}

/// Exactly so many digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_valid = text.len() == digits && text.bytes().all(is_hex);
    is_valid.then(|| u128::from_str_radix(text, 16).ok())?
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

impl Serialize for TraceContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// For a field of what we store or send. One that cannot be read does not spoil the rest.
pub fn read_or_none<'de, D: Deserializer<'de>>(field: D) -> Result<Option<TraceContext>, D::Error> {
    let value = serde_json::Value::deserialize(field)?;
    Ok(value.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_published_example_is_read_and_written() {
        let context: TraceContext = PUBLISHED.parse().unwrap();

        assert!(context.is_sampled);
        assert_eq!(context.to_string(), PUBLISHED);
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = PUBLISHED.replacen("00-", "01-", 1) + "-more-and-more";

        assert_eq!(later.parse::<TraceContext>(), PUBLISHED.parse());
    }

    #[test]
    fn malformed_contexts_are_refused() {
        for (from, to) in [
            ("00-4", "ff-4"),
            (
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "00000000000000000000000000000000",
            ),
            ("00f067aa0ba902b7", "0000000000000000"),
            ("4bf9", "4BF9"),
            ("4bf9", "4bf"),
            ("4bf9", "+bf9"),
            ("-01", "-01-more"),
            ("-01", "-1"),
            ("-01", ""),
            (PUBLISHED, ""),
            (PUBLISHED, "----"),
            ("4bf9", "é4b"),
        ] {
            let text = PUBLISHED.replacen(from, to, 1);

            assert_eq!(
                text.parse::<TraceContext>(),
                Err(InvalidTraceContext),
                "{text}"
            );
        }
    }
}
