//! One connection: reads requests, checks who sends them, and answers.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HeaderValue, ORIGIN, SERVER};
use http::{Request, Response, request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::access::Access;
use crate::account::Account;
use crate::blob::{self, Blobs};
use crate::call::Call;
use crate::queue::{self, Queues};
use crate::reply::Reply;
use crate::service::Service;
use crate::service_error::ServiceError;
use crate::settings::CorsSettings;
use crate::{clock, cors};

/// A caller that sends nothing of its body for this long is disconnected.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may stay open without a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(130);
/// How long to read on after the last answer, see [`close`].
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// For the request line and the headers together, in bytes.
const MAX_HEAD: usize = 40 * 1024;
/// The version of the REST interface that is emulated.
const API_VERSION: &str = "2021-12-02";

/// The state that all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) account: Account,
    pub(crate) blobs: Blobs,
    pub(crate) queues: Queues,
    pub(crate) cors: Option<CorsSettings>,
    pub(crate) max_blob_size: u64,
    /// Held as long as the folder is in use.
    pub(crate) _folder_lock: std::fs::File,
}

/// Serves one connection until it is closed.
pub(crate) async fn serve(shared: Arc<Shared>, service: Service, stream: TcpStream) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let answer = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(respond(&shared, service, request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .title_case_headers(true)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), answer)
        .without_shutdown()
        .await;
    if let Ok(parts) = served {
        let _ = timeout(CLOSE_TIMEOUT, close(parts.io.into_inner())).await;
    }
}

/// Reads on until the other side has closed too: closing while it still sends would reset the
/// connection, and it might never see the answer.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut discarded = [0; 4096];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

async fn respond(
    shared: &Arc<Shared>,
    service: Service,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, mut body) = request.into_parts();
    let mut response = answer(shared, service, &head, &mut body)
        .await
        .into_response();
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("devhost"));
    if !body.is_end_stream() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer(
    shared: &Arc<Shared>,
    service: Service,
    head: &request::Parts,
    body: &mut Incoming,
) -> Reply {
    let from_page = service == Service::Queue && head.headers.contains_key(ORIGIN);
    if !names_this_machine(head) || from_page {
        return ServiceError::Foreign.reply();
    }
    let cors = shared.cors.as_ref();
    if cors::is_preflight(&head.method, &head.headers) {
        return cors::preflight(cors, &head.headers);
    }
    let answered = answer_authorized(shared, service, head, body).await;
    let mut reply = answered
        .unwrap_or_else(ServiceError::reply)
        .with("x-ms-version", API_VERSION)
        .with("x-ms-request-id", clock::new_id().to_string());
    cors::expose(cors, &head.headers, &mut reply);
    reply
}

/// A web page can have its own host name resolve to this machine; such requests are refused.
fn names_this_machine(head: &request::Parts) -> bool {
    let host = head.headers.get("Host").map(HeaderValue::as_bytes);
    let Some(Ok(host)) = host.map(std::str::from_utf8) else {
        return false;
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// Reads the body only after the caller is authorized.
async fn answer_authorized(
    shared: &Arc<Shared>,
    service: Service,
    head: &request::Parts,
    body: &mut Incoming,
) -> Result<Reply, ServiceError> {
    let mut call = Call::parse(head)?;
    let access = shared.account.authorize(service, &call)?;
    let max_size = match service {
        Service::Blob => shared.max_blob_size,
        Service::Queue => queue::MAX_BODY,
    };
    call.body = read(body, max_size).await?;
    match service {
        Service::Queue => queue::answer(&shared.queues, &call, &access),
        Service::Blob => with_files(Arc::clone(shared), call, access).await,
    }
}

async fn with_files(
    shared: Arc<Shared>,
    call: Call,
    access: Access,
) -> Result<Reply, ServiceError> {
    tokio::task::spawn_blocking(move || blob::answer(&shared.blobs, &call, &access))
        .await
        .unwrap_or(Err(ServiceError::Disk))
}

async fn read(body: &mut Incoming, max_size: u64) -> Result<Bytes, ServiceError> {
    if body.size_hint().lower() > max_size {
        return Err(ServiceError::TooLarge);
    }
    let mut whole = BytesMut::new();
    loop {
        let frame = match timeout(BODY_TIMEOUT, body.frame()).await {
            Ok(None) => return Ok(whole.freeze()),
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) | Err(_) => return Err(ServiceError::BodyIncomplete),
        };
        if let Some(data) = frame.data_ref() {
            whole.extend_from_slice(data);
        }
        if whole.len() as u64 > max_size {
            return Err(ServiceError::TooLarge);
        }
    }
}
