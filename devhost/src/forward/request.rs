use bytes::Bytes;
use uuid::Uuid;

use super::{path, query};
use crate::handler::Outgoing;
use crate::host::{USER_AGENT, VERSION};
use crate::http::{Fields, MediaType, Target, fold_request};

/// A request the host fails on before the handler hears of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unforwardable {
    #[error("a chunked request cannot be forwarded; the real host answers 500 too")]
    Chunked,
    #[error("the request has no usable Host header")]
    NoHost,
    #[error("the header {0} holds characters beyond ASCII")]
    NotAscii(String),
    #[error("the Content-Type cannot be parsed")]
    ContentType,
}

/// Headers that belong to a body in .NET's eyes; the body is made anew, and they are lost.
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

/// Writes a caller's request as the handler gets it.
pub(crate) fn outgoing(
    method: &str,
    target: &Target,
    fields: &Fields,
    body: Bytes,
    invocation: Uuid,
    trace: Option<&str>,
) -> Result<Outgoing, Unforwardable> {
    if fields.get("Host").is_none_or(Bytes::is_empty) {
        return Err(Unforwardable::NoHost);
    }
    let method = normalized(method);
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(method.as_bytes());
    head.push(b' ');
    head.extend_from_slice(path::forwarded(&target.path, !target.query.is_empty()).as_bytes());
    head.extend_from_slice(query::rebuilt(&target.query).as_bytes());
    head.extend_from_slice(b" HTTP/1.1\r\n");

    let invocation = invocation.to_string();
    let mut own: Vec<Own<'_>> = vec![
        Own {
            name: "X-Azure-Functions-HostVersion",
            value: VERSION,
            joined_by: ", ",
        },
        Own {
            name: "X-Azure-Functions-InvocationId",
            value: &invocation,
            joined_by: ", ",
        },
        Own {
            name: "User-Agent",
            value: USER_AGENT,
            joined_by: " ",
        },
    ];
    for folded in fold_request(fields) {
        if LOST.iter().any(|name| folded.is(name)) {
            continue;
        }
        let mut value = folded.joined(separator(&folded.name));
        if let Some(at) = own.iter().position(|one| folded.is(one.name)) {
            let one = own.remove(at);
            if !value.is_empty() {
                value.extend_from_slice(one.joined_by.as_bytes());
            }
            value.extend_from_slice(one.value.as_bytes());
        }
        if !value.is_ascii() {
            return Err(Unforwardable::NotAscii(
                String::from_utf8_lossy(&folded.name).into_owned(),
            ));
        }
        push(&mut head, &folded.name, &value);
    }
    for one in own {
        push(&mut head, one.name.as_bytes(), one.value.as_bytes());
    }
    if let Some(trace) = trace.filter(|_| !fields.contains("traceparent")) {
        push(&mut head, b"traceparent", trace.as_bytes());
    }
    describe_body(&mut head, &method, fields, &body)?;
    head.extend_from_slice(b"\r\n");

    Ok(Outgoing {
        head,
        is_head: method == "HEAD",
        expects_continue: fields.lists("Expect", "100-continue"),
        resendable: body.is_empty(),
        body,
    })
}

/// A header the host adds, behind the caller's own where there is one.
struct Own<'a> {
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

fn describe_body(
    head: &mut Vec<u8>,
    method: &str,
    fields: &Fields,
    body: &[u8],
) -> Result<(), Unforwardable> {
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
            let text = std::str::from_utf8(text).map_err(|_| Unforwardable::ContentType)?;
            let parsed = MediaType::parse(text).ok_or(Unforwardable::ContentType)?;
            push(head, b"Content-Type", parsed.to_string().as_bytes());
            Ok(())
        }
        _ => Err(Unforwardable::ContentType),
    }
}

/// .NET's client knows the usual methods in any case and writes them in capitals.
fn normalized(method: &str) -> String {
    let capitals = method.to_ascii_uppercase();
    let known = [
        "GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT",
    ];
    if known.contains(&capitals.as_str()) {
        capitals
    } else {
        method.to_owned()
    }
}
