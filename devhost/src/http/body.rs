//! Bodies of requests and answers.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};

use super::fields::Fields;
use super::wire::Wire;

/// How a message marks the end of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Known(u64),
    Chunked,
    UntilClose,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the connection closed inside the body")]
    CutShort,
    #[error("the chunks of the body are malformed")]
    Malformed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl BodyLength {
    /// The length of a request's body; `None` if it is not a number.
    pub(crate) fn of_request(fields: &Fields) -> Option<Self> {
        if let Some(encoding) = fields.get("Transfer-Encoding") {
            return encoding
                .eq_ignore_ascii_case(b"chunked")
                .then_some(Self::Chunked);
        }
        let mut lengths = fields.all("Content-Length");
        match (lengths.next(), lengths.next()) {
            (None, _) => Some(Self::Known(0)),
            (Some(length), None) => parse_length(length).map(Self::Known),
            _ => None,
        }
    }
}

pub(crate) fn parse_length(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads a body piece by piece.
#[derive(Debug)]
pub(crate) struct BodyReader {
    state: State,
}

#[derive(Debug)]
enum State {
    Known { left: u64 },
    ChunkSize,
    Chunk { left: u64 },
    ChunkEnd,
    Trailers,
    UntilClose,
    Done,
}

impl BodyReader {
    pub(crate) fn new(length: BodyLength) -> Self {
        let state = match length {
            BodyLength::Known(0) => State::Done,
            BodyLength::Known(left) => State::Known { left },
            BodyLength::Chunked => State::ChunkSize,
            BodyLength::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The next piece; `None` at the end of the body.
    pub(crate) async fn next(&mut self, wire: &mut Wire) -> Result<Option<Bytes>, BodyError> {
        loop {
            if let Some(piece) = self.step(&mut wire.buffer)? {
                return Ok(Some(piece));
            }
            if self.is_done() {
                return Ok(None);
            }
            if wire.fill().await? == 0 {
                if matches!(self.state, State::UntilClose) {
                    self.state = State::Done;
                    return Ok(None);
                }
                return Err(BodyError::CutShort);
            }
        }
    }

    /// Takes the next piece from the buffer, if one is there.
    fn step(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, BodyError> {
        loop {
            match &mut self.state {
                State::Done => return Ok(None),
                State::UntilClose if buffer.is_empty() => return Ok(None),
                State::UntilClose => return Ok(Some(buffer.split().freeze())),
                State::Known { left } | State::Chunk { left } => {
                    if buffer.is_empty() {
                        return Ok(None);
                    }
                    let here = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(buffer.len());
                    let piece = buffer.split_to(here).freeze();
                    *left -= here as u64;
                    if *left == 0 {
                        self.state = match self.state {
                            State::Chunk { .. } => State::ChunkEnd,
                            _ => State::Done,
                        };
                    }
                    return Ok(Some(piece));
                }
                State::ChunkSize => {
                    let Some(line) = take_line(buffer)? else {
                        return Ok(None);
                    };
                    self.state = match chunk_size(&line)? {
                        0 => State::Trailers,
                        left => State::Chunk { left },
                    };
                }
                State::ChunkEnd => {
                    if buffer.len() < 2 {
                        return Ok(None);
                    }
                    if &buffer[..2] != b"\r\n" {
                        return Err(BodyError::Malformed);
                    }
                    buffer.advance(2);
                    self.state = State::ChunkSize;
                }
                State::Trailers => {
                    let Some(line) = take_line(buffer)? else {
                        return Ok(None);
                    };
                    if line.is_empty() {
                        self.state = State::Done;
                    }
                }
            }
        }
    }

    /// Reads the whole body.
    pub(crate) async fn collect(&mut self, wire: &mut Wire) -> Result<Bytes, BodyError> {
        let Some(first) = self.next(wire).await? else {
            return Ok(Bytes::new());
        };
        if self.is_done() {
            return Ok(first);
        }
        let mut whole = BytesMut::from(first);
        if let State::Known { left } = self.state {
            // Do not trust an announced length with more memory than this.
            whole.reserve(usize::try_from(left).unwrap_or(usize::MAX).min(1 << 20));
        }
        while let Some(piece) = self.next(wire).await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// The maximum length of a chunk header or a trailer line.
const MAX_LINE: usize = 16 * 1024;

fn take_line(buffer: &mut BytesMut) -> Result<Option<Bytes>, BodyError> {
    let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else {
        return if buffer.len() > MAX_LINE {
            Err(BodyError::Malformed)
        } else {
            Ok(None)
        };
    };
    let line = buffer.split_to(end + 1).freeze();
    let text = line.strip_suffix(b"\r\n").ok_or(BodyError::Malformed)?;
    Ok(Some(if text.is_empty() {
        Bytes::new()
    } else {
        line.slice_ref(text)
    }))
}

fn chunk_size(line: &[u8]) -> Result<u64, BodyError> {
    let digits = line
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    let text = std::str::from_utf8(digits).map_err(|_| BodyError::Malformed)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BodyError::Malformed);
    }
    u64::from_str_radix(text, 16).map_err(|_| BodyError::Malformed)
}
