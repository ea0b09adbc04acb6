//! The request that the handler gets in forwarding mode.

use bytes::Bytes;
use uuid::Uuid;

use super::{path, query};
use crate::handler::Outgoing;
use crate::host::{USER_AGENT, VERSION};
use crate::http::{Fields, MediaType, Target, fold_request};

/// Why the host fails before it calls the handler.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForwardError {
    #[error("a chunked request cannot be forwarded; the real host also answers 500")]
    Chunked,
    #[error("the request has no usable Host header")]
    NoHost,
    #[error("the header {0} contains non-ASCII characters")]
    NotAscii(String),
    #[error("the Content-Type cannot be parsed")]
    ContentType,
}

/// .NET treats these headers as part of the body. The host creates a new body, so they are lost.
const LOST: &[&str] = &[
    "Allow",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Expires",
    "Last-Modified",
];

/// Builds the request to the handler from the caller's request.
pub(crate) fn outgoing(
    method: &str,
    target: &Target,
    fields: &Fields,
    body: Bytes,
    invocation: Uuid,
    trace: Option<&str>,
) -> Result<Outgoing, ForwardError> {
    if fields.get("Host").is_none_or(Bytes::is_empty) {
        return Err(ForwardError::NoHost);
    }
    let method = normalized(method);
    let mut head = Vec::with_capacity(2048);
    head.extend_from_slice(method.as_bytes());
    head.push(b' ');
    head.extend_from_slice(path::forwarded(&target.path, !target.query.is_empty()).as_bytes());
    head.extend_from_slice(query::rebuilt(&target.query).as_bytes());
    head.extend_from_slice(b" HTTP/1.1\r\n");

    let invocation = invocation.to_string();
    let mut added: Vec<AddedHeader<'_>> = vec![
        AddedHeader {
            name: "X-Azure-Functions-HostVersion",
            value: VERSION,
            joined_by: ", ",
        },
        AddedHeader {
            name: "X-Azure-Functions-InvocationId",
            value: &invocation,
            joined_by: ", ",
        },
        AddedHeader {
            name: "User-Agent",
            value: USER_AGENT,
            joined_by: " ",
        },
    ];
    for folded in fold_request(fields) {
        if LOST.iter().any(|name| folded.is(name)) {
            continue;
        }
        head.extend_from_slice(&folded.name);
        head.extend_from_slice(b": ");
        let start = head.len();
        folded.join(separator(&folded.name), &mut head);
        if let Some(at) = added.iter().position(|one| folded.is(one.name)) {
            let one = added.remove(at);
            if head.len() > start {
                head.extend_from_slice(one.joined_by.as_bytes());
            }
            head.extend_from_slice(one.value.as_bytes());
        }
        if !head[start..].is_ascii() {
            return Err(ForwardError::NotAscii(
                String::from_utf8_lossy(&folded.name).into_owned(),
            ));
        }
        head.extend_from_slice(b"\r\n");
    }
    for one in added {
        push(&mut head, one.name.as_bytes(), one.value.as_bytes());
    }
    if let Some(trace) = trace.filter(|_| !fields.contains("traceparent")) {
        push(&mut head, b"traceparent", trace.as_bytes());
    }
    push_content_headers(&mut head, &method, fields, &body)?;
    head.extend_from_slice(b"\r\n");

    Ok(Outgoing {
        head,
        is_head: method == "HEAD",
        expects_continue: fields.lists("Expect", "100-continue"),
        resendable: body.is_empty(),
        body,
    })
}

/// A header that the host adds; it is appended to the caller's, if there is one.
struct AddedHeader<'a> {
    name: &'static str,
    value: &'a str,
    joined_by: &'static str,
}

fn separator(name: &[u8]) -> &'static str {
    if name.eq_ignore_ascii_case(b"Cookie") {
        "; "
    } else if name.eq_ignore_ascii_case(b"User-Agent") {
        " "
    } else {
        ", "
    }
}

fn push(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    head.extend_from_slice(name);
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

fn push_content_headers(
    head: &mut Vec<u8>,
    method: &str,
    fields: &Fields,
    body: &[u8],
) -> Result<(), ForwardError> {
    if body.is_empty() {
        if !matches!(method, "GET" | "HEAD" | "CONNECT" | "OPTIONS" | "DELETE") {
            push(head, b"Content-Length", b"0");
        }
        return Ok(());
    }
    push(head, b"Content-Length", body.len().to_string().as_bytes());
    let mut types = fields.all("Content-Type");
    match (types.next(), types.next()) {
        (None, _) => Ok(()),
        (Some(text), None) => {
            let text = std::str::from_utf8(text).map_err(|_| ForwardError::ContentType)?;
            let parsed = MediaType::parse(text).ok_or(ForwardError::ContentType)?;
            push(head, b"Content-Type", parsed.to_string().as_bytes());
            Ok(())
        }
        _ => Err(ForwardError::ContentType),
    }
}

/// .NET's client recognises the usual methods in any case and sends them in upper case.
fn normalized(method: &str) -> String {
    let upper = method.to_ascii_uppercase();
    let known = [
        "GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT",
    ];
    if known.contains(&upper.as_str()) {
        upper
    } else {
        method.to_owned()
    }
}
