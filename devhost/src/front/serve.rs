//! Serves the connections of callers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::answered::Content;
use super::pipeline;
use super::redact::redacted;
use super::request::Request;
use crate::event::{Call, Headers, HostEvent};
use crate::host::Host;
use crate::http::{Reply, ReplyContext, RequestError, Version, Wire};

/// Serves one connection until it is closed.
///
/// It does not notice if a caller disconnects during a call: the handler runs to its end.
pub(crate) async fn serve(host: Arc<Host>, mut wire: Wire, peer: SocketAddr) {
    loop {
        let request = match wire.next_head().await {
            Ok(None) => return,
            Ok(Some(head)) => Request::new(head, peer, host.app.options.plan, host.body_limit),
            Err(error) => Err(error),
        };
        let keeps_alive = match request {
            Ok(request) => answer(&host, &mut wire, request).await,
            Err(error) => {
                refuse(&host, &mut wire, error).await;
                false
            }
        };
        if !keeps_alive {
            return wire.close_gently().await;
        }
    }
}

/// Answers an invalid request.
async fn refuse(host: &Host, wire: &mut Wire, error: RequestError) {
    let context = ReplyContext {
        is_head: false,
        version: Version::Http11,
    };
    let status = error.status();
    let _ = Reply::empty(status).write(wire, &context, false).await;
    host.report(HostEvent::Called(Call {
        function: None,
        invocation: None,
        method: String::new(),
        path: String::new(),
        status,
        elapsed: Duration::ZERO,
        failure: Some("the request is not valid HTTP, or too large".to_owned()),
        headers: None,
    }));
}

/// Returns whether the connection stays open.
async fn answer(host: &Arc<Host>, wire: &mut Wire, mut request: Request) -> bool {
    let started = Instant::now();
    let context = ReplyContext {
        is_head: request.is_head(),
        version: request.head.version,
    };
    let mut headers = host.app.options.headers.then(|| Headers {
        request: redacted(&request.head.fields),
        answer: Vec::new(),
    });
    let answered = pipeline::answer(host, wire, &mut request).await;
    if let (Some(headers), Content::Reply(reply)) = (&mut headers, &answered.content) {
        headers.answer = redacted(&reply.fields);
    }
    let mut call = Call {
        function: answered.function,
        invocation: answered.invocation,
        method: request.head.method_text().to_owned(),
        path: request.printable_path(),
        status: 0,
        elapsed: Duration::ZERO,
        failure: answered.failure,
        headers,
    };
    let stays_open = match answered.content {
        Content::Streamed {
            status,
            keeps_alive,
        } => {
            call.status = status;
            keeps_alive && request.drain(wire).await
        }
        Content::Reply(reply) => {
            call.status = reply.status;
            let keeps_alive = request.keeps_alive() && !reply.asks_to_close();
            let cut = reply.cuts_connection;
            let written = reply.write(wire, &context, keeps_alive).await.is_ok();
            written && keeps_alive && !cut && request.drain(wire).await
        }
    };
    call.elapsed = started.elapsed();
    host.report(HostEvent::Called(call));
    stays_open
}
