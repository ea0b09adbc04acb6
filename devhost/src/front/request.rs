//! A request from a caller.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::app::Plan;
use crate::http::{
    BodyError, BodyLength, BodyReader, RequestError, RequestHead, Target, Version, Wire,
};

/// A caller's request. Its head has been read, its body maybe not yet.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: RequestHead,
    pub(crate) target: Target,
    pub(crate) length: BodyLength,
    pub(crate) scheme: &'static str,
    pub(crate) peer: SocketAddr,
    reader: BodyReader,
    limit: u64,
}

/// How long a caller may send nothing of its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server reads the rest of a body, to be able to use the connection again.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    #[error("the body is larger than the limit of {0} bytes")]
    TooLarge(u64),
    #[error("the caller did not send the body that it announced")]
    TooSlow,
    #[error(transparent)]
    Broken(#[from] BodyError),
}

impl Request {
    /// `limit` is the maximum size of the body.
    pub(crate) fn new(
        mut head: RequestHead,
        peer: SocketAddr,
        plan: Plan,
        limit: u64,
    ) -> Result<Self, RequestError> {
        let length = BodyLength::of_request(&head.fields).ok_or(RequestError::Malformed)?;
        let mut scheme = "http";
        if plan == Plan::Flex {
            scheme = apply_forwarded_headers(&mut head);
        }
        let text = std::str::from_utf8(&head.target).map_err(|_| RequestError::Malformed)?;
        let host_header = head.fields.text("Host").unwrap_or_default();
        let target = Target::parse(head.method_text(), text, host_header)?;
        Ok(Self {
            head,
            target,
            length,
            scheme,
            peer,
            reader: BodyReader::new(length),
            limit,
        })
    }

    /// Whether the whole body has been read.
    pub(crate) fn is_read(&self) -> bool {
        self.reader.is_done()
    }

    pub(crate) fn is_head(&self) -> bool {
        self.head.method.eq_ignore_ascii_case(b"HEAD")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.fields.text(name)
    }

    /// Whether the connection can serve another request after this one.
    pub(crate) fn keeps_alive(&self) -> bool {
        let ambiguous =
            self.length == BodyLength::Chunked && self.head.fields.contains("Content-Length");
        self.head.keeps_alive() && !ambiguous
    }

    /// The URL as the host's code prints it: the path keeps its encoding.
    pub(crate) fn url(&self) -> String {
        let host = self.header("Host").unwrap_or_default();
        let question = if self.target.query.is_empty() {
            ""
        } else {
            "?"
        };
        format!(
            "{}://{host}{}{question}{}",
            self.scheme,
            encoded_path(&self.target.path),
            self.target.query
        )
    }

    /// The path as the caller sent it, for the log: without the query, which may contain a key,
    /// and without control characters, which would be commands for a terminal.
    pub(crate) fn printable_path(&self) -> String {
        let target = String::from_utf8_lossy(&self.head.target);
        let path = target.split('?').next().unwrap_or_default();
        path.replace(char::is_control, "?")
    }

    /// Lowers the maximum size of the body.
    pub(crate) fn limit_body(&mut self, limit: u64) {
        self.limit = self.limit.min(limit);
    }

    pub(crate) fn announces_too_much(&self) -> bool {
        matches!(self.length, BodyLength::Known(length) if length > self.limit)
    }

    /// Reads the whole body.
    pub(crate) async fn body(&mut self, wire: &mut Wire) -> Result<Bytes, RequestBodyError> {
        if self.announces_too_much() {
            return Err(RequestBodyError::TooLarge(self.limit));
        }
        let Some(first) = self.piece(wire).await? else {
            return Ok(Bytes::new());
        };
        if self.reader.is_done() {
            return Ok(first);
        }
        let mut whole = first.to_vec();
        while let Some(piece) = self.piece(wire).await? {
            whole.extend_from_slice(&piece);
            if whole.len() as u64 > self.limit {
                return Err(RequestBodyError::TooLarge(self.limit));
            }
        }
        Ok(whole.into())
    }

    /// Reads the next piece of the body.
    pub(crate) async fn piece(
        &mut self,
        wire: &mut Wire,
    ) -> Result<Option<Bytes>, RequestBodyError> {
        if self.reader.is_done() {
            return Ok(None);
        }
        self.send_100_continue(wire).await?;
        let next = self.reader.next(wire);
        Ok(tokio::time::timeout(BODY_TIMEOUT, next)
            .await
            .map_err(|_| RequestBodyError::TooSlow)??)
    }

    /// Sends `100 Continue` if the caller waits for it. A caller that already sends does not wait.
    async fn send_100_continue(&mut self, wire: &mut Wire) -> Result<(), BodyError> {
        if wire.buffer.is_empty() && self.head.fields.lists("Expect", "100-continue") {
            wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            // Send it only once. The handler gets the header from a copy of the fields.
            self.head.fields.remove("Expect");
        }
        Ok(())
    }

    /// Reads and drops the rest of the body. False if the connection cannot be used again.
    pub(crate) async fn drain(&mut self, wire: &mut Wire) -> bool {
        if self.reader.is_done() {
            return true;
        }
        let is_waiting = wire.buffer.is_empty() && self.head.fields.lists("Expect", "100-continue");
        if self.announces_too_much() || is_waiting || self.head.version == Version::Http10 {
            return false;
        }
        let all = async {
            let mut drained = 0;
            while let Ok(Some(piece)) = self.reader.next(wire).await {
                drained += piece.len() as u64;
                if drained > self.limit {
                    return false;
                }
            }
            self.reader.is_done()
        };
        tokio::time::timeout(DRAIN_TIMEOUT, all)
            .await
            .unwrap_or(false)
    }
}

/// Encodes what a path cannot contain. What is still encoded stays so, such as a slash.
fn encoded_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        let is_escape = byte == b'%'
            && path
                .as_bytes()
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if is_escape || byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// On Linux Consumption and Flex the platform's front end passes the original host and scheme in
/// headers.
fn apply_forwarded_headers(head: &mut RequestHead) -> &'static str {
    if let Some(host) = head.fields.get("DISGUISED-HOST").cloned() {
        head.fields.replace("Host", host);
    }
    match head.fields.text("X-Forwarded-Proto") {
        Some(proto) if proto.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    }
}
