//! `broadcast`: the trigger of the queue `switchboard-broadcast`. Under the Functions host the
//! host takes the messages and calls `receive`; in a container `poll` takes them.

mod invocation;
mod order;
mod poll;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use invocation::Invocation;
use order::{OrderError, carry_out};

pub use poll::poll;

/// `maxDequeueCount` in host.json: after so many failures a message goes to the poison queue.
const MAX_DEQUEUE_COUNT: u32 = 10;
/// A call works no longer and hands the rest to a new message: at the host's time limit it kills
/// the handler with every call in it.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// A queue message has at most 64 KiB, which the host encodes twice.
const MAX_BODY: usize = 512 * 1024;

/// A call of the Functions host in JSON mode. Every status but 2xx is a failure to it: it shows
/// the message again, and in the end puts it into the poison queue.
pub(super) async fn receive(app: &Arc<App>, body: Body) -> Response {
    let invocation = match to_bytes(body, MAX_BODY).await {
        Ok(bytes) => Invocation::read(&bytes),
        Err(_) => Invocation::unreadable(),
    };
    let Invocation {
        text,
        id,
        dequeue_count,
    } = invocation;
    match carry_out(app, text.as_deref(), id.as_deref(), dequeue_count).await {
        // An empty answer would never complete the invocation.
        Ok(()) => Json(json!({})).into_response(),
        Err(error) => {
            log(&error, dequeue_count);
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))).into_response()
        }
    }
}

/// One line for each message that can never succeed, although it is shown ten times.
fn log(error: &OrderError, dequeue_count: u32) {
    match error {
        OrderError::Invalid(why) if dequeue_count <= 1 => tracing::error!(
            "a message on the queue switchboard-broadcast can never succeed and ends in the \
             poison queue: {why}"
        ),
        OrderError::Invalid(why) => {
            tracing::debug!("shown {dequeue_count} times and still invalid: {why}");
        }
        passing => tracing::warn!(
            error = passing as &dyn std::error::Error,
            "a message on the queue switchboard-broadcast failed, for the {dequeue_count}. time"
        ),
    }
}
