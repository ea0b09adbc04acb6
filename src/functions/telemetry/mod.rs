//! `telemetry`: the trigger of the hub's event stream. Only the Functions host can read the stream,
//! so in a container there is no telemetry.

mod invocation;

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use invocation::{Batch, InvocationError};

/// A batch has at most a hundred messages of 256 KiB, which the host encodes twice.
const MAX_BODY: usize = 256 * 1024 * 1024;

/// A call of the Functions host in JSON mode. Every status but 2xx is a failure to it: by the retry
/// policy of `function.json` it sends the same batch again, without end, and does not move on.
pub(super) async fn receive(app: &Arc<App>, body: Body) -> Response {
    if !app.config.devices.enabled {
        tracing::warn!(
            "telemetry is dropped because IOT_HUB_ENABLE is `false`: set \
             AzureWebJobs.telemetry.Disabled=true too, so that the host does not read it"
        );
        return done();
    }
    let batch = match to_bytes(body, MAX_BODY).await {
        Ok(bytes) => Batch::read(&bytes),
        Err(_) => Err(InvocationError::Unreadable),
    };
    let batch = match batch {
        Ok(batch) => batch,
        Err(error) => {
            tracing::error!("a call of the function telemetry failed: {error}");
            return failed();
        }
    };
    for passed_over in &batch.passed_over {
        tracing::warn!("{passed_over}");
    }
    let taken = app
        .ingest
        .take(&batch.source, batch.messages, batch.retries);
    match taken.await {
        Ok(()) => done(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a batch of telemetry failed, and comes again"
            );
            failed()
        }
    }
}

/// An empty answer would never complete the invocation.
fn done() -> Response {
    Json(json!({})).into_response()
}

fn failed() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))).into_response()
}
