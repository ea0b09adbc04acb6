"""Reads a request of OTLP/JSON with OpenTelemetry's own definitions, which refuse unknown fields."""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

# In OTLP/JSON these are hexadecimal; JSON of protobuf has base64.
IDS = {"traceId", "spanId", "parentSpanId"}


def to_base64(value):
    if isinstance(value, list):
        return [to_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    as_base64 = lambda text: base64.b64encode(bytes.fromhex(text)).decode()
    return {key: as_base64(item) if key in IDS else to_base64(item) for key, item in value.items()}


def plain(value):
    return getattr(value, value.WhichOneof("value"))


def attributes(pairs):
    return {pair.key: plain(pair.value) for pair in pairs}


request = json_format.Parse(json.dumps(to_base64(json.load(sys.stdin))), ExportTraceServiceRequest())
[resource] = request.resource_spans
[scope] = resource.scope_spans
spans = [
    {
        "trace": span.trace_id.hex(),
        "span": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind),
        "took": span.end_time_unix_nano - span.start_time_unix_nano,
        "links": [link.span_id.hex() for link in span.links],
        "attributes": attributes(span.attributes),
    }
    for span in scope.spans
]
print(json.dumps({"resource": attributes(resource.resource.attributes), "scope": scope.scope.name, "spans": spans}))
