//! The handler in the tests of recorded exchanges.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::vector::{Vector, body, from_latin1, header_lines, latin1};

/// A handler that records requests and answers as recorded.
pub(super) struct Recorder {
    pub(super) port: u16,
    script: Arc<Script>,
    pings: mpsc::UnboundedReceiver<Seen>,
    accepting: tokio::task::JoinHandle<()>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) chunked: bool,
}

struct Script {
    vector: Vector,
    seen: Mutex<Vec<Seen>>,
    /// The number of requests to answer with a plain 200 before the recorded one.
    rehearsals: AtomicUsize,
    connections: AtomicUsize,
    arrived: watch::Sender<usize>,
    wanted: AtomicUsize,
    pings: mpsc::UnboundedSender<Seen>,
}

impl Recorder {
    pub(super) async fn start(vector: &Vector) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let rehearses = vector.has_note("has served a request before")
            || vector.has_note("had closed the previous connection");
        let (sender, pings) = mpsc::unbounded_channel();
        let script = Arc::new(Script {
            vector: vector.clone(),
            seen: Mutex::default(),
            rehearsals: AtomicUsize::new(usize::from(rehearses)),
            connections: AtomicUsize::new(0),
            arrived: watch::Sender::new(0),
            wanted: AtomicUsize::new(0),
            pings: sender,
        });
        let accepting = {
            let script = Arc::clone(&script);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(Arc::clone(&script), stream));
                }
            })
        };
        Self {
            port,
            script,
            pings,
            accepting,
        }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().unwrap().clone()
    }

    pub(super) fn forget(&self) {
        self.script.seen.lock().unwrap().clear();
    }

    pub(super) async fn ping(&mut self) -> Seen {
        self.pings.recv().await.unwrap()
    }

    /// The number of connections with a request other than a ping.
    pub(super) fn connections(&self) -> usize {
        self.script.connections.load(Ordering::SeqCst)
    }

    /// Answers no request before this many have arrived.
    pub(super) fn hold_answers_until(&self, count: usize) {
        self.script.wanted.store(count, Ordering::SeqCst);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(script: Arc<Script>, mut stream: TcpStream) {
    let mut buffer = Vec::new();
    let mut counted = false;
    while let Some(seen) = read(&script, &mut stream, &mut buffer).await {
        if seen.target == "/" && seen.headers.len() == 1 {
            let _ = script.pings.send(seen);
            let _ = stream
                .write_all(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
                .await;
            continue;
        }
        script
            .connections
            .fetch_add(usize::from(!counted), Ordering::SeqCst);
        counted = true;
        script.seen.lock().unwrap().push(seen);
        let wanted = script.wanted.load(Ordering::SeqCst);
        script.arrived.send_modify(|count| *count += 1);
        script
            .arrived
            .subscribe()
            .wait_for(|count| *count >= wanted)
            .await
            .unwrap();
        if rehearse(&script, &mut stream).await {
            continue;
        }
        if !answer(&script, &mut stream).await {
            return;
        }
    }
}

/// Answers a request that only prepares the connection; returns whether it was one.
async fn rehearse(script: &Script, stream: &mut TcpStream) -> bool {
    if script.rehearsals.swap(0, Ordering::SeqCst) == 0 {
        return false;
    }
    let _ = stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await;
    if script.vector.has_note("had closed the previous connection") {
        let _ = stream.shutdown().await;
    }
    true
}

async fn read(script: &Script, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        (stream.read_buf(buffer).await.ok()? > 0).then_some(())?;
    };
    let head = from_latin1(&buffer[..end]);
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .unwrap()
        })
        .collect();
    let header = |name: &str| {
        headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    };
    let chunked = header("Transfer-Encoding") == Some("chunked");
    let mut length: usize = header("Content-Length").map_or(0, |length| length.parse().unwrap());
    if header("Expect") == Some("100-continue") {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .ok()?;
    }
    if script.vector.name().contains("before-body-read") {
        length = 0;
    }
    let mut body = Vec::new();
    if chunked {
        while !buffer.ends_with(b"0\r\n\r\n") {
            (stream.read_buf(buffer).await.ok()? > 0).then_some(())?;
        }
        let all = std::mem::take(buffer);
        let mut rest = all.as_slice();
        loop {
            let at = rest.windows(2).position(|window| window == b"\r\n")?;
            let size = usize::from_str_radix(&from_latin1(&rest[..at]), 16).ok()?;
            if size == 0 {
                break;
            }
            body.extend(&rest[at + 2..at + 2 + size]);
            rest = &rest[at + 2 + size + 2..];
        }
    } else {
        while buffer.len() < length {
            (stream.read_buf(buffer).await.ok()? > 0).then_some(())?;
        }
        body.extend(buffer.drain(..length));
    }
    Some(Seen {
        method,
        target,
        headers,
        body,
        chunked,
    })
}

/// Returns whether the connection stays open.
async fn answer(script: &Script, stream: &mut TcpStream) -> bool {
    let answer = &script.vector.value["handlerAnswered"];
    if let Some(reason) = answer["none"].as_str() {
        if reason.contains("reset") {
            stream.set_zero_linger().unwrap();
        }
        return false;
    }
    if let Some(raw) = answer["raw"].as_str() {
        let _ = stream.write_all(&latin1(raw)).await;
        return false;
    }
    let bytes = bytes(&script.vector, answer);
    match answer["steps"]
        .as_array()
        .filter(|_| script.wanted.load(Ordering::SeqCst) == 0)
    {
        None => drop(stream.write_all(&bytes).await),
        Some(steps) => {
            let mut rest = bytes.as_slice();
            for step in steps.iter().map(|step| step.as_str().unwrap()) {
                match step.strip_suffix(" bytes") {
                    Some(count) => {
                        let (piece, after) = rest.split_at(count.parse().unwrap());
                        let _ = stream.write_all(piece).await;
                        rest = after;
                    }
                    None => tokio::time::sleep(pause(&script.vector, step)).await,
                }
            }
        }
    }
    if script.vector.name().contains("before-body-read") {
        // Without reading on, closing would reset the connection, and the answer would be lost.
        let _ = stream.shutdown().await;
        while matches!(stream.read(&mut [0; 65536]).await, Ok(read) if read > 0) {}
        return false;
    }
    answer["thenCloses"] != true
}

/// The recorded pause is needed only for function timeouts; otherwise a short one is enough.
fn pause(vector: &Vector, step: &str) -> Duration {
    let seconds = step
        .strip_prefix("sleep ")
        .unwrap()
        .trim_end_matches('s')
        .parse()
        .unwrap();
    if vector.variant().contains("functionTimeout")
        || vector.value["clientGot"].get("none").is_some()
    {
        Duration::from_secs_f64(seconds)
    } else {
        Duration::from_millis(50)
    }
}

fn bytes(vector: &Vector, answer: &Value) -> Vec<u8> {
    let version = if vector.name() == "answer-http-1.0" {
        "1.0"
    } else {
        "1.1"
    };
    let reason = answer["reason"].as_str().unwrap_or_default();
    let mut bytes = latin1(&format!("HTTP/{version} {} {reason}\r\n", answer["status"]));
    bytes.extend(header_lines(answer, 0));
    bytes.extend(b"\r\n");
    let body = body(answer);
    if answer["framing"] != "chunked" {
        bytes.extend(body);
        return bytes;
    }
    if answer["bodyComplete"] == false {
        return bytes;
    }
    let text = String::from_utf8(body).unwrap();
    for chunk in text.split_inclusive("\n\n") {
        bytes.extend(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
    }
    let trailer = if vector.name() == "answer-chunked-trailers" {
        "X-T: 1\r\n"
    } else {
        ""
    };
    bytes.extend(format!("0\r\n{trailer}\r\n").as_bytes());
    bytes
}
