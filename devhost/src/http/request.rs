//! Parses the head of a request.

use bytes::{Bytes, BytesMut};

use super::fields::Fields;

const MAX_REQUEST_LINE: usize = 8192;
const MAX_HEADERS_SIZE: usize = 32 * 1024 + 2;
const MAX_HEADER_COUNT: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// A request line and headers.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Bytes,
    pub(crate) target: Bytes,
    pub(crate) version: Version,
    pub(crate) fields: Fields,
}

/// Why a request is refused before the host sees it. The server then closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestError {
    Malformed,
    LineTooLong,
    HeadersTooLarge,
    UnknownVersion,
    TooSlow,
}

impl RequestError {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::TooSlow => 408,
            Self::LineTooLong => 414,
            Self::HeadersTooLarge => 431,
            Self::UnknownVersion => 505,
        }
    }
}

impl RequestHead {
    /// Takes a complete head from the start of `buffer`; `None` while the head is incomplete.
    pub(crate) fn take(buffer: &mut BytesMut) -> Result<Option<Self>, RequestError> {
        let Some(line_end) = line_end(buffer, 0, MAX_REQUEST_LINE) else {
            return if buffer.len() >= MAX_REQUEST_LINE {
                Err(RequestError::LineTooLong)
            } else {
                Ok(None)
            };
        };
        if !buffer[..line_end].ends_with(b"\r\n") {
            return Err(RequestError::Malformed);
        }
        let Some(head_end) = head_end(buffer, line_end)? else {
            return if buffer.len() - line_end >= MAX_HEADERS_SIZE {
                Err(RequestError::HeadersTooLarge)
            } else {
                Ok(None)
            };
        };

        let head = buffer.split_to(head_end).freeze();
        let (method, target, version) = request_line(&head.slice(..line_end))?;
        let fields = fields(&head, line_end)?;
        if fields.len() > MAX_HEADER_COUNT {
            return Err(RequestError::HeadersTooLarge);
        }
        check_host(&fields, version)?;
        Ok(Some(Self {
            method,
            target,
            version,
            fields,
        }))
    }

    pub(crate) fn method_text(&self) -> &str {
        std::str::from_utf8(&self.method).unwrap_or_default()
    }

    /// Whether the caller wants to keep the connection.
    pub(crate) fn keeps_alive(&self) -> bool {
        match self.version {
            Version::Http11 => !self.fields.lists("Connection", "close"),
            Version::Http10 => self.fields.lists("Connection", "keep-alive"),
        }
    }
}

/// The index after the first line feed within `limit` bytes.
fn line_end(buffer: &[u8], from: usize, limit: usize) -> Option<usize> {
    let window = &buffer[from..buffer.len().min(from + limit)];
    window
        .iter()
        .position(|byte| *byte == b'\n')
        .map(|at| from + at + 1)
}

/// The index after the empty line that ends the headers.
fn head_end(buffer: &[u8], line_end_at: usize) -> Result<Option<usize>, RequestError> {
    let mut start = line_end_at;
    while let Some(end) = line_end(buffer, start, MAX_HEADERS_SIZE) {
        if end - line_end_at > MAX_HEADERS_SIZE {
            return Err(RequestError::HeadersTooLarge);
        }
        // A bare line feed does not end a line. Refuse it: the end of such a head would never come.
        if !buffer[..end].ends_with(b"\r\n") {
            return Err(RequestError::Malformed);
        }
        if &buffer[start..end] == b"\r\n" {
            return Ok(Some(end));
        }
        start = end;
    }
    Ok(None)
}

fn request_line(line: &Bytes) -> Result<(Bytes, Bytes, Version), RequestError> {
    let text = line.strip_suffix(b"\r\n").ok_or(RequestError::Malformed)?;
    let mut parts = text.splitn(3, |byte| *byte == b' ');
    let (Some(method), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(RequestError::Malformed);
    };
    if method.is_empty() || !method.iter().copied().all(is_token_byte) || target.is_empty() {
        return Err(RequestError::Malformed);
    }
    let version = match version {
        b"HTTP/1.1" => Version::Http11,
        b"HTTP/1.0" => Version::Http10,
        other if other.starts_with(b"HTTP/") => return Err(RequestError::UnknownVersion),
        _ => return Err(RequestError::Malformed),
    };
    if !target.is_ascii() || target.contains(&0) {
        return Err(RequestError::Malformed);
    }
    Ok((line.slice_ref(method), line.slice_ref(target), version))
}

/// A line without its end: CRLF or a bare line feed.
pub(crate) fn without_line_end(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

/// Parses the headers of a head whose first line ends at `start`. Allows bare line feeds, which
/// answers may contain; [`RequestHead::take`] refuses those of a request before.
pub(crate) fn fields(head: &Bytes, mut start: usize) -> Result<Fields, RequestError> {
    let mut fields = Fields::default();
    while let Some(end) = line_end(head, start, usize::MAX - start) {
        let line = without_line_end(&head[start..end]).ok_or(RequestError::Malformed)?;
        if line.is_empty() {
            break;
        }
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .ok_or(RequestError::Malformed)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().copied().all(is_token_byte) {
            return Err(RequestError::Malformed);
        }
        if value.iter().any(|byte| matches!(byte, 0 | b'\r')) {
            return Err(RequestError::Malformed);
        }
        let value = if value.is_empty() {
            Bytes::new()
        } else {
            head.slice_ref(value)
        };
        fields.push(head.slice_ref(name), value);
        start = end;
    }
    Ok(fields)
}

/// Allows UTF-8 (which fails later, in the host's client), but no other byte above 127.
fn check_host(fields: &Fields, version: Version) -> Result<(), RequestError> {
    if fields
        .iter()
        .any(|(_, value)| !value.is_ascii() && std::str::from_utf8(value).is_err())
    {
        return Err(RequestError::Malformed);
    }
    let mut hosts = fields.all("Host");
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::Http11 => Err(RequestError::Malformed),
        (Some(_), Some(_)) => Err(RequestError::Malformed),
        (Some(host), None) if !host.iter().copied().all(is_host_byte) => {
            Err(RequestError::Malformed)
        }
        _ => Ok(()),
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:[]%".contains(&byte)
}

pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{RequestError, RequestHead};

    fn take(text: &str) -> Result<Option<RequestHead>, RequestError> {
        RequestHead::take(&mut BytesMut::from(text))
    }

    #[test]
    fn a_head_is_taken_only_when_it_is_complete() {
        let mut buffer = BytesMut::from("GET / HTTP/1.1\r\nHost: x\r\n");
        assert!(RequestHead::take(&mut buffer).unwrap().is_none());

        buffer.extend_from_slice(b"\r\nrest");

        assert!(RequestHead::take(&mut buffer).unwrap().is_some());
        assert_eq!(&buffer[..], b"rest");
    }

    #[test]
    fn a_request_line_of_8192_bytes_passes_and_one_more_does_not() {
        let line = |length: usize| {
            format!(
                "GET /{} HTTP/1.1\r\nHost: x\r\n\r\n",
                "a".repeat(length - 16)
            )
        };

        assert!(take(&line(8192)).unwrap().is_some());
        assert_eq!(take(&line(8193)).unwrap_err(), RequestError::LineTooLong);
    }

    #[test]
    fn too_large_headers_are_refused_before_their_end() {
        let flood = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(40_000));

        assert_eq!(take(&flood).unwrap_err(), RequestError::HeadersTooLarge);
    }
}
