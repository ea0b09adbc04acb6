//! A handler that gives the same bytes as its answer to every request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use devhost::Options;

pub(crate) struct RawHandler {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

impl RawHandler {
    pub(crate) async fn start(answer: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut accepting = JoinSet::new();
        accepting.spawn({
            let (requests, answer) = (Arc::clone(&requests), answer.to_owned());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    serve(stream, &requests, &answer).await;
                }
            }
        });
        Self {
            port,
            requests,
            _accepting: accepting,
        }
    }

    /// A 200 with this body of JSON.
    pub(crate) async fn answering_json(body: &serde_json::Value) -> Self {
        let body = body.to_string();
        Self::start(&format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    /// Options for a host that uses this handler.
    pub(crate) fn options(&self) -> Options {
        Options {
            attach: Some(self.port),
            ..Options::default()
        }
    }

    /// The requests so far, without the host's pings.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// One request for each connection.
async fn serve(mut stream: TcpStream, requests: &Mutex<Vec<String>>, answer: &str) {
    let mut request = Vec::new();
    while !is_complete(&request) {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let request = String::from_utf8(request).unwrap();
    if request.starts_with("GET / ") {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .await;
        return;
    }
    requests.lock().unwrap().push(request);
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn is_complete(request: &[u8]) -> bool {
    let chunked = request
        .windows(26)
        .any(|window| window == b"Transfer-Encoding: chunked");
    request.ends_with(if chunked {
        b"\r\n0\r\n\r\n".as_slice()
    } else {
        b"\r\n\r\n"
    })
}
