//! A minimal handler with one answer for all requests, to measure the cost of the host.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the host passes the port in the environment"
    )]
    let port = std::env::var("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap_or_else(|_| "7072".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    writeln!(std::io::stdout(), "answering on {}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream));
    }
}

/// Requests have no bodies here, so each ends with an empty line.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    while stream.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            buffer.clear();
            stream.write_all(ANSWER).await?;
        }
    }
    Ok(())
}
