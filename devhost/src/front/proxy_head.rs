//! The head of a request in proxying mode.

use std::fmt::Write as _;

use uuid::Uuid;

use super::request::Request;
use crate::host::VERSION;
use crate::http::BodyLength;

/// Headers that concern one connection only.
const HOP_BY_HOP: &[&str] = &[
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

/// Headers that the host sets; the caller's are dropped.
const OVERWRITTEN: &[&str] = &[
    "Host",
    "X-Azure-Functions-HostVersion",
    "X-Azure-Functions-InvocationId",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "x-ms-invocation-id",
];

pub(super) fn is_hop_by_hop(name: &[u8]) -> bool {
    let mut names = HOP_BY_HOP.iter();
    names.any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

/// The head that the handler gets.
pub(crate) fn of(request: &Request, port: u16, invocation: Uuid) -> Vec<u8> {
    let chunked = request.length == BodyLength::Chunked;
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(&request.head.method);
    head.push(b' ');
    for byte in request.head.target.iter().copied() {
        // The server allows control characters; the client encodes them.
        if byte.is_ascii_graphic() {
            head.push(byte);
        } else {
            head.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    head.extend_from_slice(b" HTTP/1.1\r\n");
    let mut host_headers = format!("Host: 127.0.0.1:{port}\r\n");
    let _ = write!(
        host_headers,
        "X-Azure-Functions-InvocationId: {invocation}\r\nX-Azure-Functions-HostVersion: {VERSION}\r\n\
         x-ms-invocation-id: {invocation}\r\nX-Forwarded-For: {}\r\nX-Forwarded-Host: {}\r\n\
         X-Forwarded-Proto: {}\r\n",
        request.peer.ip(),
        request.header("Host").unwrap_or_default(),
        request.scheme,
    );
    head.extend_from_slice(host_headers.as_bytes());
    for (name, value) in request.head.fields.iter() {
        let is = |other: &&str| name.eq_ignore_ascii_case(other.as_bytes());
        // With two different lengths, a second request could hide in the body.
        let is_ambiguous = chunked && is(&"Content-Length");
        if !is_hop_by_hop(name) && !OVERWRITTEN.iter().any(is) && !is(&"Expect") && !is_ambiguous {
            head.extend_from_slice(name);
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
    }
    if chunked {
        head.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
