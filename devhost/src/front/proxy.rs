//! Proxying mode (`enableProxyingHttpRequest`): requests and answers are streamed unchanged.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt as _, WriteHalf, split};
use tokio::time::timeout;
use uuid::Uuid;

use super::answered::{CallError, Content, add_common_headers, replied};
use super::proxy_head::{self, is_hop_by_hop};
use super::request::Request;
use crate::handler::{ExchangeError, HandlerAnswer, while_listening};
use crate::host::Host;
use crate::http::{BodyLength, BodyReader, Reply, ReplyBody, ReplyContext, Stream, Version, Wire};

/// How often to try to connect to the handler.
const MAX_CONNECT_ATTEMPTS: u32 = 10;

/// How long the handler may send nothing, whatever the function's timeout.
const IDLE_TIMEOUT: Duration = Duration::from_secs(240);

/// Streams a request to the handler and its answer to the caller.
pub(super) async fn pass(
    host: &Host,
    wire: &mut Wire,
    request: &mut Request,
    invocation: Uuid,
) -> (Content, Option<String>) {
    let mut upstream = match connect(host).await {
        Ok(upstream) => upstream,
        Err(error) => return bad_gateway(&error),
    };
    let to_head = request.is_head();
    let exchange = send_request(&mut upstream, wire, request, host.link.port, invocation);
    let answer = timeout(IDLE_TIMEOUT, host.within_function_timeout(exchange));
    let Ok(answer) = answer.await else {
        let reason = "the handler sent nothing for too long".to_owned();
        return (Content::Reply(Reply::empty(504)), Some(reason));
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(ExchangeError::TimedOut) => {
            return replied(Err(CallError::new(ExchangeError::TimedOut)));
        }
        Err(error) => return bad_gateway(&error),
    };
    let length = match answer.length(to_head) {
        Ok(length) => length,
        Err(error) => return bad_gateway(&error),
    };
    let status = answer.status;
    match send_answer(host, wire, &mut upstream, request, answer, length).await {
        Ok(reusable) => {
            if reusable {
                host.link.keep(upstream);
            }
            (
                Content::Streamed {
                    status,
                    keeps_alive: request.keeps_alive(),
                },
                None,
            )
        }
        // The status was already sent, so the only way to report an error is to disconnect.
        Err(error) => (
            Content::Streamed {
                status,
                keeps_alive: false,
            },
            Some(error.to_string()),
        ),
    }
}

fn bad_gateway(error: &ExchangeError) -> (Content, Option<String>) {
    (Content::Reply(Reply::empty(502)), Some(error.to_string()))
}

async fn connect(host: &Host) -> Result<Wire, ExchangeError> {
    host.wait_until_ready().await?;
    let mut attempt = 1;
    loop {
        match host.link.connection().await {
            Err(_) if attempt < MAX_CONNECT_ATTEMPTS => {
                let pause = (50 * attempt).min(250);
                tokio::time::sleep(std::time::Duration::from_millis(pause.into())).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// Sends the whole request, then reads the head of the answer.
async fn send_request(
    upstream: &mut Wire,
    wire: &mut Wire,
    request: &mut Request,
    port: u16,
    invocation: Uuid,
) -> Result<HandlerAnswer, ExchangeError> {
    let head = proxy_head::of(request, port, invocation);
    let (mut reader, mut writer) = split(&mut upstream.stream);
    let upload = upload(&mut writer, &head, wire, request);
    match while_listening(&mut reader, &mut upstream.buffer, upload).await {
        // A handler that stops reading may have answered first.
        None | Some(Ok(()) | Err(ExchangeError::Io(_))) => {}
        Some(Err(error)) => return Err(error),
    }
    let mut answer = HandlerAnswer::read_head(upstream).await?;
    while (100..200).contains(&answer.status) && answer.status != 101 {
        answer = HandlerAnswer::read_head(upstream).await?;
    }
    Ok(answer)
}

async fn upload(
    writer: &mut WriteHalf<&mut Stream>,
    head: &[u8],
    wire: &mut Wire,
    request: &mut Request,
) -> Result<(), ExchangeError> {
    writer.write_all(head).await?;
    let chunked = request.length == BodyLength::Chunked;
    while let Some(piece) = request
        .piece(wire)
        .await
        .map_err(|_| ExchangeError::Malformed("the caller's body is incomplete"))?
    {
        if chunked {
            writer.write_all(&chunk(&piece)).await?;
        } else {
            writer.write_all(&piece).await?;
        }
    }
    if chunked {
        writer.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

/// Returns whether the connection to the handler can be used again.
async fn send_answer(
    host: &Host,
    wire: &mut Wire,
    upstream: &mut Wire,
    request: &Request,
    answer: HandlerAnswer,
    length: BodyLength,
) -> Result<bool, ExchangeError> {
    let context = ReplyContext {
        is_head: request.is_head(),
        version: request.head.version,
    };
    let mut reply = Reply::new(answer.status, ReplyBody::Absent);
    reply.reason = (!answer.reason.is_empty()).then(|| answer.reason.clone());
    for (name, value) in answer.fields.iter() {
        if !is_hop_by_hop(name) {
            reply.fields.push(name.clone(), value.clone());
        }
    }
    add_common_headers(host, &mut reply.fields, request);
    let sized = matches!(length, BodyLength::Known(_));
    // HTTP/1.0 has no chunks: the body ends with the connection.
    let chunked = !sized && request.head.version == Version::Http11;
    if chunked {
        reply.fields.push("Transfer-Encoding", "chunked");
    }
    reply.write(wire, &context, request.keeps_alive()).await?;

    let mut reader = BodyReader::new(length);
    loop {
        let next = timeout(IDLE_TIMEOUT, reader.next(upstream)).await;
        let next =
            next.map_err(|_| ExchangeError::Malformed("it stopped in the middle of the body"))?;
        let Some(piece) = next.map_err(ExchangeError::Body)? else {
            break;
        };
        let piece: Bytes = if chunked { chunk(&piece).into() } else { piece };
        wire.write_all(&piece).await?;
    }
    if chunked {
        wire.write_all(b"0\r\n\r\n").await?;
    }
    let closes = answer.fields.lists("Connection", "close") || length == BodyLength::UntilClose;
    Ok(!closes && upstream.buffer.is_empty() && request.is_read())
}
