//! The HTTP server of the double.

use std::io;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::call::Call;
use super::reply::Reply;
use super::{Double, Fault, documents, proof};

/// The longest request, in bytes.
const MAX_REQUEST_SIZE: usize = 2 * 1024 * 1024;

/// Dropping the future closes all connections.
pub(super) async fn serve(double: Double, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        while connections.try_join_next().is_some() {}
        let double = double.clone();
        connections.spawn(async move {
            let service = service_fn(|request| answer(&double, request));
            // A broken connection is the client's concern.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An error ends the connection.
async fn answer(double: &Double, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let broken = || io::Error::from(io::ErrorKind::ConnectionReset);
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await;
    let segments = head.uri.path().split('/').filter(|part| !part.is_empty());
    let call = Call {
        method: head.method,
        path: segments
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect(),
        headers: head.headers,
        body: body.map_err(io::Error::other)?,
    };
    let fault = match call.is_about_documents() {
        true => double.faults.lock().unwrap().next(),
        false => None,
    };
    match fault {
        Some(Fault::BreaksBefore) => return Err(broken()),
        Some(Fault::Status(status)) => {
            return Ok(Reply::error(status, "").into_response());
        }
        Some(Fault::Throttled(milliseconds)) => {
            let reply = Reply::error(429, "The request rate is too large.").sub_status(3200);
            let reply = reply.with("x-ms-retry-after-ms", milliseconds);
            return Ok(reply.into_response());
        }
        Some(Fault::BreaksAfter | Fault::NeverAnswers) | None => {}
    }
    let reply = reply(double, &call).unwrap_or_else(|refusal| refusal);
    match fault {
        Some(Fault::BreaksAfter) => Err(broken()),
        Some(Fault::NeverAnswers) => std::future::pending().await,
        _ => Ok(reply.into_response()),
    }
}

fn reply(double: &Double, call: &Call) -> Result<Reply, Reply> {
    let proof = proof::check(call, &double.key, &double.options)?;
    if call.body.len() > MAX_REQUEST_SIZE {
        return Err(Reply::error(413, "Request size is too large"));
    }
    let mut account = double.account();
    match call.is_about_documents() {
        true => documents::reply(&mut account, call, &double.options),
        false => account.reply(call, proof, &double.options),
    }
}
