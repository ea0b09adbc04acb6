//! Puts the Functions host's invocation id into every log line of a call: the host does not.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

pub(crate) async fn log(request: Request, next: Next) -> Response {
    let ids = request.headers().get_all("x-azure-functions-invocationid");
    // The host adds its own behind whatever the caller sent, in a line of its own or after a
    // comma.
    let id = ids.iter().next_back().and_then(|value| value.to_str().ok());
    let id = id.and_then(|ids| ids.rsplit(',').next()).map(str::trim);
    match id.and_then(|id| uuid::Uuid::try_parse(id).ok()) {
        Some(id) => {
            let call = tracing::info_span!("call", invocation = %id);
            next.run(request).instrument(call).await
        }
        None => next.run(request).await,
    }
}
