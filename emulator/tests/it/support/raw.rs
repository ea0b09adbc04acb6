//! Raw HTTP, which can send any bytes.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{TestEmulator, within};

impl TestEmulator {
    /// Sends these bytes and returns the status of the response.
    pub(crate) async fn raw_status(&self, request: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(request).await.unwrap();
        status(&read_head(&mut stream).await)
    }

    /// The head of the response to a WebSocket handshake with these headers, in lower case.
    pub(crate) async fn raw_handshake(&self, path: &str, headers: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let handshake = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n",
            self.addr
        );
        stream.write_all(handshake.as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        (stream, head)
    }

    /// The socket of a JSON client after the handshake.
    pub(crate) async fn raw_socket(&self) -> TcpStream {
        let path = self.client_path("chat", json!({}));
        let offer = "Sec-WebSocket-Protocol: json.webpubsub.azure.v1\r\n";
        let (stream, head) = self.raw_handshake(&path, offer).await;
        assert_eq!(status(&head), 101, "{head}");
        stream
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("an answer", stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

pub(crate) fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}
