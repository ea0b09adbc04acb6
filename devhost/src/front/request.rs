use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::app::Plan;
use crate::http::{BodyError, BodyLength, BodyReader, Refusal, RequestHead, Target, Version, Wire};

/// A caller's request whose head has been read.
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

/// A caller that sends nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the server reads on after an answer, to be able to use the connection again.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyFailure {
    #[error("the body is larger than the limit of {0} bytes")]
    TooLarge(u64),
    #[error("the caller did not send the body it announced")]
    TooSlow,
    #[error(transparent)]
    Broken(#[from] BodyError),
}

impl Request {
    /// `limit` is the largest body the host takes.
    pub(crate) fn new(
        mut head: RequestHead,
        peer: SocketAddr,
        plan: Plan,
        limit: u64,
    ) -> Result<Self, Refusal> {
        let length = BodyLength::of_request(&head.fields).ok_or(Refusal::Malformed)?;
        let mut scheme = "http";
        if plan == Plan::Flex {
            scheme = believe_the_front_end(&mut head);
        }
        let text = std::str::from_utf8(&head.target).map_err(|_| Refusal::Malformed)?;
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

    /// Whether the body has been read to its end.
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

    /// The URL as the host's own code would print it.
    pub(crate) fn display_url(&self) -> String {
        let host = self.header("Host").unwrap_or_default();
        let question = if self.target.query.is_empty() {
            ""
        } else {
            "?"
        };
        format!(
            "{}://{host}{}{question}{}",
            self.scheme, self.target.path, self.target.query
        )
    }

    /// The path as the caller wrote it: the query may hold a key and is nobody's business, and
    /// control characters would steer the terminal they are shown on.
    pub(crate) fn shown_path(&self) -> String {
        let target = String::from_utf8_lossy(&self.head.target);
        let path = target.split('?').next().unwrap_or_default();
        path.replace(char::is_control, "?")
    }

    pub(crate) fn announces_too_much(&self) -> bool {
        matches!(self.length, BodyLength::Known(length) if length > self.limit)
    }

    /// The whole body, in memory as the host has it.
    pub(crate) async fn body(&mut self, wire: &mut Wire) -> Result<Bytes, BodyFailure> {
        if self.announces_too_much() {
            return Err(BodyFailure::TooLarge(self.limit));
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
                return Err(BodyFailure::TooLarge(self.limit));
            }
        }
        Ok(whole.into())
    }

    /// The next piece of the body, as it comes.
    pub(crate) async fn piece(&mut self, wire: &mut Wire) -> Result<Option<Bytes>, BodyFailure> {
        if self.reader.is_done() {
            return Ok(None);
        }
        self.encourage(wire).await?;
        let next = self.reader.next(wire);
        Ok(tokio::time::timeout(PATIENCE, next)
            .await
            .map_err(|_| BodyFailure::TooSlow)??)
    }

    /// Tells a caller that waits for it to go on; one that already sent something did not wait.
    async fn encourage(&mut self, wire: &mut Wire) -> Result<(), BodyError> {
        if wire.buffer.is_empty() && self.head.fields.lists("Expect", "100-continue") {
            wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            // Said once; the header itself still goes to the handler, which has its own copy.
            self.head.fields.remove("Expect");
        }
        Ok(())
    }

    /// Reads what nobody wanted; false if the connection cannot be used again.
    pub(crate) async fn drain(&mut self, wire: &mut Wire) -> bool {
        if self.reader.is_done() {
            return true;
        }
        let waits = wire.buffer.is_empty() && self.head.fields.lists("Expect", "100-continue");
        if self.announces_too_much() || waits || self.head.version == Version::Http10 {
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
        tokio::time::timeout(DRAIN_WITHIN, all)
            .await
            .unwrap_or(false)
    }
}

/// On Linux Consumption and Flex the platform's front end tells, in headers, what the caller
/// really asked for.
fn believe_the_front_end(head: &mut RequestHead) -> &'static str {
    if let Some(public) = head.fields.get("DISGUISED-HOST").cloned() {
        head.fields.replace("Host", public);
    }
    match head.fields.text("X-Forwarded-Proto") {
        Some(proto) if proto.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    }
}
