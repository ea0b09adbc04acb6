//! Spans as JSON of the OpenTelemetry protocol (OTLP 1): ids in hexadecimal, 64-bit numbers as
//! text, enums as numbers.

use serde_json::{Value as Json, json};

use crate::logging::trace::{EndedSpan, TraceContext, Value};

const STATUS_ERROR: u8 = 2;

/// The body of one `POST /v1/traces`.
pub(super) fn request(resource: &[(String, String)], spans: &[EndedSpan]) -> Json {
    let resource = resource
        .iter()
        .map(|(name, text)| attribute(name, json!({ "stringValue": text })))
        .collect::<Vec<_>>();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{
            "scope": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "spans": spans.iter().map(span).collect::<Vec<_>>(),
        }],
    }] })
}

fn span(span: &EndedSpan) -> Json {
    let mut json = reference(&span.context);
    json["name"] = json!(span.name);
    json["kind"] = json!(span.kind as u8);
    json["startTimeUnixNano"] = json!(span.start.to_string());
    json["endTimeUnixNano"] = json!(span.end.to_string());
    json["attributes"] = span
        .attributes
        .iter()
        .map(|(name, value)| attribute(name, self::value(value)))
        .collect();
    if let Some(parent) = span.parent {
        json["parentSpanId"] = json!(format!("{parent:016x}"));
    }
    if !span.links.is_empty() {
        json["links"] = span.links.iter().map(reference).collect();
    }
    if span.has_failed {
        json["status"] = json!({ "code": STATUS_ERROR });
    }
    json
}

fn reference(context: &TraceContext) -> Json {
    json!({
        "traceId": format!("{:032x}", context.trace),
        "spanId": format!("{:016x}", context.span),
        "flags": u8::from(context.is_sampled),
    })
}

fn attribute(name: &str, value: Json) -> Json {
    json!({ "key": name, "value": value })
}

fn value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::Flag(flag) => json!({ "boolValue": flag }),
    }
}
