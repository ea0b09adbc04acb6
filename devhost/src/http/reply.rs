//! Answers to callers, and how they are written.

use std::io;

use bytes::Bytes;

use super::fields::Fields;
use super::header_order::order_response;
use super::request::Version;
use super::status::reason;
use super::wire::Wire;
use crate::clock;

/// The answer to a caller.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The handler's reason phrase; without one, the standard phrase is sent.
    pub(crate) reason: Option<Bytes>,
    pub(crate) fields: Fields,
    pub(crate) body: ReplyBody,
    /// Whether the connection is closed after this answer, without a `Connection: close`.
    pub(crate) cuts_connection: bool,
}

#[derive(Debug)]
pub(crate) enum ReplyBody {
    /// No body and no `Content-Length`, unless the fields contain one.
    Absent,
    Sized(Bytes),
    Chunked(Bytes),
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, ReplyBody::Sized(Bytes::new()))
    }

    pub(crate) fn new(status: u16, body: ReplyBody) -> Self {
        Self {
            status,
            reason: None,
            fields: Fields::default(),
            body,
            cuts_connection: false,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Bytes>) -> Self {
        self.fields.push(name, value);
        self
    }

    /// The host's answer to a failed call: 500.
    pub(crate) fn failed() -> Self {
        Self::empty(500)
    }

    /// Whether the handler's own header closes the connection.
    pub(crate) fn asks_to_close(&self) -> bool {
        self.fields.contains("Connection") && !self.fields.lists("Connection", "keep-alive")
    }

    /// Writes the answer. `keeps_alive` says whether the connection stays open.
    pub(crate) async fn write(
        mut self,
        wire: &mut Wire,
        context: &ReplyContext,
        keeps_alive: bool,
    ) -> io::Result<()> {
        self.frame(context, keeps_alive);
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(b"HTTP/1.1 ");
        head.extend_from_slice(self.status.to_string().as_bytes());
        head.push(b' ');
        match &self.reason {
            Some(phrase) if !phrase.is_empty() => head.extend_from_slice(phrase),
            _ => head.extend_from_slice(reason(self.status).as_bytes()),
        }
        head.extend_from_slice(b"\r\n");
        for folded in order_response(&self.fields) {
            for value in folded.values() {
                head.extend_from_slice(&folded.name);
                head.extend_from_slice(b": ");
                head.extend_from_slice(value);
                head.extend_from_slice(b"\r\n");
            }
        }
        head.extend_from_slice(b"\r\n");

        match &self.body {
            _ if context.is_head => wire.write_all(&head).await,
            ReplyBody::Absent => wire.write_all(&head).await,
            ReplyBody::Sized(body) => write_together(wire, head, body).await,
            ReplyBody::Chunked(body) if body.is_empty() => {
                write_together(wire, head, b"0\r\n\r\n").await
            }
            ReplyBody::Chunked(body) => {
                head.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
                head.extend_from_slice(body);
                write_together(wire, head, b"\r\n0\r\n\r\n").await
            }
        }
    }

    /// Adds the headers that the server itself sets.
    fn frame(&mut self, context: &ReplyContext, keeps_alive: bool) {
        match &self.body {
            ReplyBody::Absent => {}
            // The server counts the bytes that are written, and for HEAD there are none.
            ReplyBody::Sized(body) if context.is_head && body.is_empty() => {}
            ReplyBody::Sized(body) => {
                self.fields.remove("Content-Length");
                self.fields.push("Content-Length", body.len().to_string());
            }
            ReplyBody::Chunked(_) => self.fields.push("Transfer-Encoding", "chunked"),
        }
        if !keeps_alive && !self.cuts_connection && !self.fields.contains("Connection") {
            self.fields.push("Connection", "close");
        }
        if keeps_alive && context.version == Version::Http10 {
            self.fields.push("Connection", "keep-alive");
        }
        if !self.fields.contains("Date") {
            self.fields.push("Date", clock::http_date_now());
        }
        if !self.fields.contains("Server") {
            self.fields.push("Server", "Kestrel");
        }
    }
}

/// The properties of a request that change how its answer is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyContext {
    pub(crate) is_head: bool,
    pub(crate) version: Version,
}

/// Sends a small body in one packet with its head.
async fn write_together(wire: &mut Wire, mut head: Vec<u8>, body: &[u8]) -> io::Result<()> {
    if body.len() <= 16 * 1024 {
        head.extend_from_slice(body);
        return wire.write_all(&head).await;
    }
    wire.write_all(&head).await?;
    wire.write_all(body).await
}
