//! Answers of the handler.

use bytes::{Bytes, BytesMut};

use super::error::ExchangeError;
use crate::http::{BodyLength, BodyReader, Fields, Wire, without_line_end};

/// An answer of the handler.
#[derive(Debug)]
pub(crate) struct HandlerAnswer {
    pub(crate) status: u16,
    pub(crate) reason: Bytes,
    pub(crate) fields: Fields,
    pub(crate) body: Bytes,
}

/// The maximum size of an answer's head in the host's client.
const MAX_HEAD: usize = 64 * 1024;

impl HandlerAnswer {
    /// Reads an answer. The flag says whether the connection can be used again.
    pub(crate) async fn read(
        wire: &mut Wire,
        to_head: bool,
    ) -> Result<(Self, bool), ExchangeError> {
        let mut answer = Self::read_head(wire).await?;
        // Skip interim answers; 101 is a final one.
        while (100..200).contains(&answer.status) && answer.status != 101 {
            answer = Self::read_head(wire).await?;
        }
        let length = answer.length(to_head)?;
        answer.body = BodyReader::new(length)
            .collect(wire)
            .await
            .map_err(ExchangeError::Body)?;
        let reusable = length != BodyLength::UntilClose
            && answer.status != 101
            && wire.buffer.is_empty()
            && !answer.fields.lists("Connection", "close");
        Ok((answer, reusable))
    }

    pub(crate) async fn read_head(wire: &mut Wire) -> Result<Self, ExchangeError> {
        loop {
            if let Some(answer) = Self::take_head(&mut wire.buffer)? {
                return Ok(answer);
            }
            if wire.buffer.len() > MAX_HEAD {
                return Err(ExchangeError::Malformed(
                    "its headers are larger than 64 KiB",
                ));
            }
            let started = !wire.buffer.is_empty();
            if wire.fill().await? == 0 {
                return Err(if started {
                    ExchangeError::Malformed("it ends inside the headers")
                } else {
                    ExchangeError::Closed
                });
            }
        }
    }

    /// Whether the buffer contains a complete final answer, judging by its length.
    pub(crate) fn is_whole(buffer: &[u8]) -> bool {
        let mut rest = BytesMut::from(&buffer[..buffer.len().min(MAX_HEAD + 4)]);
        let before = rest.len();
        loop {
            match Self::take_head(&mut rest) {
                Ok(Some(interim)) if interim.status < 200 && interim.status != 101 => {}
                Ok(Some(answer)) => {
                    let body = buffer.len() - (before - rest.len());
                    return match answer.length(false) {
                        Ok(BodyLength::Known(length)) => body as u64 >= length,
                        Ok(BodyLength::Chunked) => buffer.ends_with(b"0\r\n\r\n"),
                        Ok(BodyLength::UntilClose) => false,
                        Err(_) => true,
                    };
                }
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    pub(crate) fn take_head(buffer: &mut BytesMut) -> Result<Option<Self>, ExchangeError> {
        let Some(end) = head_end(buffer) else {
            return Ok(None);
        };
        if end > MAX_HEAD + 4 {
            return Err(ExchangeError::Malformed(
                "its headers are larger than 64 KiB",
            ));
        }
        let head = buffer.split_to(end).freeze();
        let line_end = head
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(head.len(), |at| at + 1);
        let not_http = ExchangeError::Malformed("it does not start with an HTTP status line");
        let line = match without_line_end(&head[..line_end]) {
            Some(line) if line.starts_with(b"HTTP/1.") && line.len() >= 12 && line[8] == b' ' => {
                head.slice_ref(line)
            }
            _ => return Err(not_http),
        };
        let status = std::str::from_utf8(&line[9..12])
            .ok()
            .and_then(|text| text.parse().ok());
        let status: u16 = status.filter(|status| *status >= 100).ok_or(not_http)?;
        let reason = match line.get(12) {
            None => Bytes::new(),
            Some(b' ') => line.slice(13..),
            Some(_) => {
                return Err(ExchangeError::Malformed(
                    "its status is not a number of three digits",
                ));
            }
        };
        let fields = crate::http::header_fields(&head, line_end)
            .map_err(|_| ExchangeError::Malformed("it has an invalid header"))?;
        Ok(Some(Self {
            status,
            reason,
            fields,
            body: Bytes::new(),
        }))
    }

    /// The length of the body. Only a transfer encoding that is exactly `chunked` counts.
    pub(crate) fn length(&self, to_head: bool) -> Result<BodyLength, ExchangeError> {
        if to_head || matches!(self.status, 101 | 204 | 304) {
            return Ok(BodyLength::Known(0));
        }
        if self.is_chunked() {
            return Ok(BodyLength::Chunked);
        }
        match self.fields.get("Content-Length") {
            None => Ok(BodyLength::UntilClose),
            Some(text) => crate::http::parse_length(text)
                .map(BodyLength::Known)
                .ok_or(ExchangeError::Malformed(
                    "its Content-Length is not a number",
                )),
        }
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.fields
            .get("Transfer-Encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case(b"chunked"))
    }
}

/// The index after the empty line that ends the head. Lines may end with a bare line feed: the
/// host's client accepts that, unlike its server.
fn head_end(buffer: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let length = buffer[start..].iter().position(|byte| *byte == b'\n')? + 1;
        let line = &buffer[start..start + length];
        start += length;
        if matches!(line, b"\n" | b"\r\n") {
            return Some(start);
        }
    }
}
