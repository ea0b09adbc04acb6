//! A WebSocket client as small as a check needs: it sends one text and waits for an answer.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::Upgraded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use url::Url;

use super::finding::explain;
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Ids;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);
/// Greetings and replies are short.
const MAX_MESSAGE: u64 = 64 * 1024;

/// What came of connecting.
pub(super) enum Dialled {
    /// The answer to the text arrived.
    Answered,
    /// Connected, but the answer did not come.
    Silent,
    Refused(StatusCode),
    Unreachable(String),
}

/// Connects, sends `text` and waits for a text message that contains `expected`.
pub(super) async fn dial(
    http: &SharedHttpClient,
    address: &str,
    text: &str,
    expected: &str,
) -> Dialled {
    let mut socket = match connect(http, address).await {
        Ok(socket) => socket,
        Err(failed) => return failed,
    };
    let answer = async {
        socket.write_all(&frame(TEXT, text.as_bytes())).await?;
        while let Some(message) = next_text(&mut socket).await? {
            if message.contains(expected) {
                socket.write_all(&frame(CLOSE, &NORMAL_CLOSE)).await?;
                return Ok(true);
            }
        }
        std::io::Result::Ok(false)
    };
    match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(Ok(true)) => Dialled::Answered,
        _ => Dialled::Silent,
    }
}

async fn connect(http: &SharedHttpClient, address: &str) -> Result<Upgraded, Dialled> {
    let unreachable = |why: String| Dialled::Unreachable(why);
    // The scheme of a WebSocket differs from that of its handshake.
    let address = match address.split_once("://") {
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        _ => return Err(unreachable("the address is no WebSocket's".to_owned())),
    };
    let url = Url::parse(&address).map_err(|error| unreachable(error.to_string()))?;
    let client = http
        .client()
        .map_err(|error| unreachable(explain(&error)))?;
    let key = STANDARD.encode(Ids::random().uuid().as_bytes());
    let request = client
        .get(url)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, key);
    // Without its address, which holds the token.
    let explained = |error: reqwest::Error| unreachable(explain(&error.without_url()));
    let answer = request.send().await.map_err(explained)?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Dialled::Refused(answer.status()));
    }
    answer.upgrade().await.map_err(explained)
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const NORMAL_CLOSE: [u8; 2] = 1000_u16.to_be_bytes();

/// A whole message in one frame. Clients must mask; a mask of zeros changes nothing, and what we
/// send is no secret.
fn frame(kind: u8, data: &[u8]) -> Vec<u8> {
    const FINAL: u8 = 0x80;
    const MASKED: u8 = 0x80;
    let mut frame = vec![FINAL | kind];
    match u8::try_from(data.len()) {
        Ok(length) if length < 126 => frame.push(MASKED | length),
        _ => {
            frame.push(MASKED | 126);
            let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(data);
    frame
}

/// The next text; `None` when the other side closes. Messages in several frames, pings and binary
/// data are passed over.
async fn next_text(socket: &mut Upgraded) -> std::io::Result<Option<String>> {
    loop {
        let head = [socket.read_u8().await?, socket.read_u8().await?];
        let length = match head[1] & 0x7f {
            126 => u64::from(socket.read_u16().await?),
            127 => socket.read_u64().await?,
            length => u64::from(length),
        };
        if length > MAX_MESSAGE {
            return Ok(None);
        }
        let mut data = vec![0; usize::try_from(length).unwrap_or_default()];
        socket.read_exact(&mut data).await?;
        match head[0] & 0x0f {
            TEXT => return Ok(Some(String::from_utf8_lossy(&data).into_owned())),
            CLOSE => return Ok(None),
            _ => {}
        }
    }
}
