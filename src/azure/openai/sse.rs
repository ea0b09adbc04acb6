//! Reads server-sent events from pieces of a body, which may end anywhere.

/// An event of a model is a few hundred bytes long.
const MAX_EVENT: usize = 1024 * 1024;

/// The stream is no event stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Keeps what is not a whole event yet.
#[derive(Debug, Default)]
pub(super) struct SseReader {
    /// Bytes after the last whole line.
    rest: Vec<u8>,
    /// The `data` lines of the event that is being read.
    data: Option<String>,
}

impl SseReader {
    /// Returns the data of each event that the piece completes.
    pub(super) fn read(&mut self, piece: &[u8]) -> Result<Vec<String>, TooLarge> {
        self.rest.extend_from_slice(piece);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some((end, next)) = line_end(&self.rest, start) {
            let line = String::from_utf8_lossy(&self.rest[start..end]).into_owned();
            start = next;
            if let Some(data) = self.line(&line) {
                events.push(data);
            }
        }
        self.rest.drain(..start);
        let held = self.rest.len() + self.data.as_ref().map_or(0, String::len);
        if held > MAX_EVENT {
            return Err(TooLarge);
        }
        Ok(events)
    }

    /// An empty line ends an event. Fields other than `data` and comments are ignored.
    fn line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            return self.data.take();
        }
        let value = match line.split_once(':') {
            Some(("data", value)) => value.strip_prefix(' ').unwrap_or(value),
            None if line == "data" => "",
            _ => return None,
        };
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => self.data = Some(value.to_owned()),
        }
        None
    }
}

/// The end of the line that begins at `start`, and the beginning of the next. A carriage return at
/// the very end may be half of a line break, so it waits for the next piece.
fn line_end(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let at = start
        + bytes[start..]
            .iter()
            .position(|b| matches!(b, b'\n' | b'\r'))?;
    match (bytes[at], bytes.get(at + 1)) {
        (b'\n', _) => Some((at, at + 1)),
        (_, Some(b'\n')) => Some((at, at + 2)),
        (_, Some(_)) => Some((at, at + 1)),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_in(pieces: &[&[u8]]) -> Vec<String> {
        let mut reader = SseReader::default();
        let read = pieces.iter().map(|piece| reader.read(piece).unwrap());
        read.flatten().collect()
    }

    #[test]
    fn events_end_with_an_empty_line() {
        let body =
            "data: {\"a\":1}\n\n: a comment\nid: 7\ndata:x\ndata: y\r\n\r\ndata\n\ndata: cut";

        assert_eq!(read_in(&[body.as_bytes()]), ["{\"a\":1}", "x\ny", ""]);
    }

    #[test]
    fn an_event_without_end_does_not_fill_the_memory() {
        let mut reader = SseReader::default();
        let piece = vec![b'x'; MAX_EVENT];

        assert_eq!(reader.read(b"data: "), Ok(Vec::new()));
        assert_eq!(reader.read(&piece), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_pieces_end(cuts in prop::collection::vec(0..60_usize, 0..12)) {
            let body = "data: ä\r\n\r\ndata: 😀\n\n:\n\rdata: b\rdata: c\r\r\ndata: [DONE]\n\n".as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|ends| &body[ends[0]..ends[1]]).collect();

            prop_assert_eq!(read_in(&pieces), ["ä", "😀", "b\nc", "[DONE]"]);
        }
    }
}
