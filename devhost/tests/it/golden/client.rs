//! The caller in the tests of recorded exchanges.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::vector::{Vector, body, from_latin1, header_lines, latin1};
use crate::support::TIMEOUT;

/// How long to wait to be sure that nothing comes.
pub(super) const ABSENCE_TIMEOUT: Duration = Duration::from_millis(400);

/// A caller with a raw TCP connection.
pub(super) struct Client {
    port: u16,
    handler: u16,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) chunked: bool,
}

impl Client {
    pub(super) fn new(port: u16, handler: u16) -> Self {
        Self {
            port,
            handler,
            stream: None,
            buffer: Vec::new(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Option<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: func.example.test\r\n\r\n");
        self.write(request.as_bytes()).await;
        self.answer(false, TIMEOUT).await
    }

    /// Sends a request to `/admin/`.
    pub(super) async fn post_admin(&mut self, path: &str, body: &Value) {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nx-functions-key: the-master-key\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        self.write(request.as_bytes()).await;
        assert_eq!(self.answer(false, TIMEOUT).await.unwrap().status, 202);
    }

    /// Sends a vector's request as it was recorded; `None` if there is no answer.
    pub(super) async fn call(&mut self, vector: &Vector) -> Option<Answer> {
        let request = &vector.value["clientRequest"];
        let method = request["method"].as_str().unwrap();
        let version = if vector.name() == "header-http-1.0" {
            "1.0"
        } else {
            "1.1"
        };
        let mut head = latin1(&format!(
            "{method} {} HTTP/{version}\r\n",
            request["target"].as_str().unwrap()
        ));
        head.extend(header_lines(request, self.handler));
        head.extend(b"\r\n");
        match request["sentAs"].as_array() {
            None => {
                if vector.name() != "own-body-over-limit-declared" {
                    head.extend(body(request));
                }
                self.write(&head).await;
            }
            Some(steps) => {
                // Without a recorded pause, send head and body together.
                let at_once = steps
                    .iter()
                    .all(|step| !step.as_str().unwrap().starts_with("sleep "));
                if !at_once {
                    self.write(&head).await;
                    head.clear();
                }
                for step in steps.iter().map(|step| step.as_str().unwrap()) {
                    match step.strip_prefix("sleep ") {
                        // The pieces must arrive separately; the length of the pause does not matter.
                        Some(_) => tokio::time::sleep(Duration::from_millis(30)).await,
                        None if at_once => head.extend(step.as_bytes()),
                        None => self.write(step.as_bytes()).await,
                    }
                }
                if at_once {
                    self.write(&head).await;
                }
            }
        }
        let got_none = vector.value["clientGot"].get("none").is_some();
        self.answer(
            method == "HEAD",
            if got_none { ABSENCE_TIMEOUT } else { TIMEOUT },
        )
        .await
    }

    /// Whether the host has closed the connection. If it should be open, another request proves it.
    pub(super) async fn is_closed(&mut self, expected: bool) -> bool {
        if !expected {
            return self.get("/nothing-here").await.is_none();
        }
        let stream = self.stream.as_mut().unwrap();
        matches!(
            timeout(TIMEOUT, stream.read(&mut [0; 64])).await,
            Ok(Ok(0) | Err(_))
        )
    }

    async fn write(&mut self, bytes: &[u8]) {
        if self.stream.is_none() {
            self.stream = Some(TcpStream::connect(("127.0.0.1", self.port)).await.unwrap());
        }
        // The host may have closed the connection already; the answer then shows why.
        let _ = self.stream.as_mut().unwrap().write_all(bytes).await;
    }

    async fn answer(&mut self, to_head: bool, limit: Duration) -> Option<Answer> {
        timeout(limit, self.read_answer(to_head))
            .await
            .ok()
            .flatten()
    }

    async fn read_answer(&mut self, to_head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break at;
            }
            self.fill().await?;
        };
        let head = from_latin1(&self.buffer[..end]);
        self.buffer.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let (status, reason) = lines.next()?.strip_prefix("HTTP/1.1 ")?.split_once(' ')?;
        let headers: Vec<(String, String)> = lines
            .map(|line| {
                line.split_once(": ")
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .unwrap()
            })
            .collect();
        let (status, reason) = (status.parse().ok()?, reason.to_owned());
        let header = |name: &str| {
            headers
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, value)| value.as_str())
        };
        let chunked = header("Transfer-Encoding") == Some("chunked");
        let length: Option<usize> = header("Content-Length").map(|length| length.parse().unwrap());
        let body = if to_head || matches!(status, 100..=199 | 204 | 304) {
            Vec::new()
        } else if chunked {
            self.chunks().await?
        } else {
            self.exactly(length.unwrap_or_default()).await?
        };
        Some(Answer {
            status,
            reason,
            headers,
            body,
            chunked,
        })
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                    break at;
                }
                self.fill().await?;
            };
            let size = usize::from_str_radix(&from_latin1(&self.buffer[..end]), 16).ok()?;
            self.buffer.drain(..end + 2);
            let chunk = self.exactly(size + 2).await?;
            body.extend(&chunk[..size]);
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Some(self.buffer.drain(..length).collect())
    }

    async fn fill(&mut self) -> Option<()> {
        let read = self
            .stream
            .as_mut()?
            .read_buf(&mut self.buffer)
            .await
            .ok()?;
        (read > 0).then_some(())
    }
}
