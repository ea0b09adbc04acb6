//! The answer of a forwarded request.

use bytes::Bytes;

use crate::handler::HandlerAnswer;
use crate::http::{Fields, MediaType, Reply, ReplyBody};

/// Headers that are parsed as lists and sent with one item a line.
const LISTS: &[&str] = &[
    "Accept-Ranges",
    "Allow",
    "Content-Encoding",
    "Content-Language",
    "Trailer",
    "Upgrade",
    "Vary",
];

/// Turns the handler's answer into the answer to the caller.
pub(crate) fn reply(answer: HandlerAnswer, to_head: bool) -> Reply {
    let reason = (!answer.reason.is_empty()).then(|| answer.reason.clone());
    let chunked = answer.is_chunked();
    if chunked && answer.fields.contains("Content-Length") {
        return Reply::failed().with("Connection", "close");
    }
    // On these the host's server fails after the reason phrase was set.
    let not_ascii = answer.fields.iter().any(|(_, value)| !value.is_ascii());
    if not_ascii || answer.fields.all("Content-Length").count() > 1 {
        return Reply {
            reason,
            ..Reply::failed()
        };
    }

    let claims_body = answer
        .fields
        .text("Content-Length")
        .is_some_and(|length| length != "0");
    let body = match answer.status {
        204 if claims_body => return Reply::failed(),
        205 if !answer.body.is_empty() => return Reply::failed(),
        101 | 204 | 304 => ReplyBody::Absent,
        _ if to_head => ReplyBody::Absent,
        _ => ReplyBody::Sized(answer.body),
    };
    Reply {
        status: answer.status,
        reason,
        fields: fields(&answer.fields, answer.status, chunked),
        body,
        // After an answer without a body, the host's server fails and drops the connection.
        cuts_connection: matches!(answer.status, 101 | 204 | 205 | 304) && !to_head,
    }
}

fn fields(sent: &Fields, status: u16, chunked: bool) -> Fields {
    let one_type = sent.all("Content-Type").count() == 1;
    let mut fields = Fields::default();
    for (name, value) in sent.iter() {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let framing = is("Transfer-Encoding") && chunked || is("Content-Length") && status == 204;
        // The server omits a header without a value.
        if framing || value.is_empty() {
            continue;
        }
        if is("Content-Type") && one_type {
            fields.push(name.clone(), media_type(value));
        } else if is("Cache-Control") {
            if !fields.contains("Cache-Control") {
                fields.push(name.clone(), joined(sent, "Cache-Control"));
            }
        } else if LISTS.iter().any(|list| is(list)) {
            let items = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            items.for_each(|item| fields.push(name.clone(), value.slice_ref(item)));
        } else {
            fields.push(name.clone(), value.clone());
        }
    }
    fields
}

/// All lines of a header as one: .NET parses them into a single value.
fn joined(sent: &Fields, name: &str) -> Bytes {
    let lines = sent.all(name).filter(|value| !value.is_empty());
    lines.cloned().collect::<Vec<_>>().join(&b", "[..]).into()
}

fn media_type(value: &Bytes) -> Bytes {
    let parsed = std::str::from_utf8(value).ok().and_then(MediaType::parse);
    parsed.map_or_else(|| value.clone(), |parsed| Bytes::from(parsed.to_string()))
}
