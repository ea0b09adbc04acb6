//! What all queue functions share. Under the Functions host the host takes the messages and calls
//! `receive`; in a container `poll` takes them. A queue function says in `QueueFunction` what its
//! messages do.

mod invocation;
mod poll;

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::Instrument;
use tracing::field::Empty;

use crate::app::App;
use crate::azure::storage_account::work_queue::{WorkQueue, sender_of};
use crate::logging::trace::TARGET;

pub use invocation::Invocation;
pub use poll::poll;

/// `maxDequeueCount` in host.json: after so many failures a message goes to the poison queue.
pub const MAX_DEQUEUE_COUNT: u32 = 10;
/// A call works no longer and hands the rest to a new message: at the host's time limit it kills
/// the handler with every call in it.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);
/// A queue message has at most 64 KiB, which the host encodes twice.
const MAX_BODY: usize = 512 * 1024;

/// The trigger of one queue.
pub trait QueueFunction {
    /// The queue's name, for the log.
    const QUEUE: &'static str;
    /// Why a message was not carried out.
    type Error: Error + Send + 'static;

    /// The queue; `None` without a storage account.
    fn queue(app: &App) -> Option<&Arc<WorkQueue>>;

    /// Carries out a message.
    fn carry_out(
        app: &Arc<App>,
        message: &Invocation,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Whether the message can never succeed.
    fn is_invalid(error: &Self::Error) -> bool;

    /// Whether the failure is expected to happen, and needs no warning.
    fn is_expected(_error: &Self::Error) -> bool {
        false
    }
}

/// A call of the Functions host in JSON mode. Every status but 2xx is a failure to it: it shows
/// the message again, and in the end puts it into the poison queue.
pub(super) async fn receive<F: QueueFunction>(app: &Arc<App>, body: Body) -> Response {
    let invocation = match to_bytes(body, MAX_BODY).await {
        Ok(bytes) => Invocation::read(&bytes),
        Err(_) => Invocation::unreadable(),
    };
    match carry_out::<F>(app, &invocation).await {
        // An empty answer would never complete the invocation.
        Ok(()) => Json(json!({})).into_response(),
        Err(error) => {
            log::<F>(&error, invocation.dequeue_count);
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))).into_response()
        }
    }
}

/// Carries out a message as part of the trace in which it was put on the queue.
async fn carry_out<F: QueueFunction>(app: &Arc<App>, message: &Invocation) -> Result<(), F::Error> {
    let sender = tracing::span_enabled!(target: TARGET, tracing::Level::DEBUG)
        .then(|| sender_of(message.text.as_deref()?))
        .flatten();
    let span = tracing::debug_span!(
        target: TARGET,
        "take from queue",
        traceparent = sender.map(|sender| sender.to_string()).as_deref(),
        otel.name = format_args!("process {}", F::QUEUE),
        otel.kind = "consumer",
        messaging.system = "azqueues",
        messaging.operation.r#type = "process",
        messaging.destination.name = F::QUEUE,
        otel.status_code = Empty,
    );
    let result = F::carry_out(app, message).instrument(span.clone()).await;
    if result.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    result
}

/// One line for each message that can never succeed, although it is shown ten times.
fn log<F: QueueFunction>(error: &F::Error, dequeue_count: u32) {
    let queue = F::QUEUE;
    match (F::is_invalid(error), F::is_expected(error)) {
        (true, _) if dequeue_count <= 1 => tracing::error!(
            "a message on the queue {queue} can never succeed and ends in the poison queue: {error}"
        ),
        (true, _) => {
            tracing::debug!("shown {dequeue_count} times and still invalid: {error}");
        }
        (false, true) => tracing::debug!("a message on the queue {queue} must wait: {error}"),
        (false, false) => tracing::warn!(
            error = error as &dyn Error,
            "a message on the queue {queue} failed, for the {dequeue_count}. time"
        ),
    }
}
