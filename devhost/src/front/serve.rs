use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::answered::Content;
use super::shown::shown;
use super::{Request, pipeline};
use crate::event::{Call, Headers, HostEvent};
use crate::host::Host;
use crate::http::{Asked, Refusal, Reply, Version, Wire};

/// Serves one connection until either side has enough of it.
///
/// While a request is with the handler nobody looks at the connection: a caller that leaves is
/// not noticed, and the handler runs to its end.
pub(crate) async fn serve(host: Arc<Host>, stream: TcpStream, peer: SocketAddr) {
    let Ok(mut wire) = Wire::new(stream) else {
        return;
    };
    loop {
        let started = match wire.next_head().await {
            Ok(None) => return,
            Ok(Some(head)) => Request::new(head, peer, host.app.options.plan, host.body_limit),
            Err(refusal) => Err(refusal),
        };
        let keeps_alive = match started {
            Ok(request) => answer(&host, &mut wire, request).await,
            Err(refusal) => {
                refuse(&host, &mut wire, refusal).await;
                false
            }
        };
        if !keeps_alive {
            return wire.close_gently().await;
        }
    }
}

/// A request the server does not even show to the host.
async fn refuse(host: &Host, wire: &mut Wire, refusal: Refusal) {
    let asked = Asked {
        is_head: false,
        version: Version::Http11,
    };
    let status = refusal.status();
    let _ = Reply::empty(status).write(wire, &asked, false).await;
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

/// Whether the connection lives on.
async fn answer(host: &Arc<Host>, wire: &mut Wire, mut request: Request) -> bool {
    let started = Instant::now();
    let asked = Asked {
        is_head: request.is_head(),
        version: request.head.version,
    };
    let mut headers = host.app.options.headers.then(|| Headers {
        request: shown(&request.head.fields),
        answer: Vec::new(),
    });
    let answered = pipeline::answer(host, wire, &mut request).await;
    if let (Some(headers), Content::Reply(reply)) = (&mut headers, &answered.content) {
        headers.answer = shown(&reply.fields);
    }
    let mut call = Call {
        function: answered.function,
        invocation: answered.invocation,
        method: request.head.method_text().to_owned(),
        path: request.shown_path(),
        status: 0,
        elapsed: Duration::ZERO,
        failure: answered.failure,
        headers,
    };
    let lives_on = match answered.content {
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
            let written = reply.write(wire, &asked, keeps_alive).await.is_ok();
            written && keeps_alive && !cut && request.drain(wire).await
        }
    };
    call.elapsed = started.elapsed();
    host.report(HostEvent::Called(call));
    lives_on
}
