//! `message_event`: what clients send. A frame comes in, and its reply goes back in the same
//! answer.

pub mod frame;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use webpubsub::upstream::EventData;

use crate::access::binding::Binding;
use crate::app::App;
use crate::config::ExpiredSignIn;
use crate::functions::upstream::{Connection, SignedEvent, state_header};
use crate::http::problem::Problem;
use frame::code::{Code, FrameError};
use frame::{Call, Frame, Incoming, Reply};

/// A user event. Once its state is opened the status is 200 and errors go into a frame: any other
/// status would cost a plain WebSocket its connection.
pub async fn user_event(
    app: &App,
    mut event: SignedEvent,
    name: &str,
) -> Result<Response, Problem> {
    let mut connection = Connection::of(app, &event)?;
    let Incoming { frame, request_id } = match read(&mut event, name).await {
        Ok(data) => frame::parse(name, &data),
        Err(error) => Incoming {
            frame: Err(error),
            request_id: None,
        },
    };
    let mut call = Call {
        app,
        connection: &mut connection,
        request_id,
    };
    let outcome = dispatch(&mut call, frame).await;
    let request_id = call.request_id;
    let reply = match outcome {
        // A frame with a `requestId` always gets an answer.
        Ok(None) => request_id.is_some().then(Reply::ok),
        Ok(reply) => reply,
        Err(error) => {
            log(&connection, &error);
            Some(Reply::error(&error))
        }
    };
    let body = reply.map(|reply| reply.to_json(request_id.as_ref()));
    let mut response = (StatusCode::OK, body.unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(sealed) = connection.sealed_change(app)? {
        headers.extend(state_header(&sealed));
    }
    Ok(response)
}

async fn read(event: &mut SignedEvent, name: &str) -> Result<EventData, FrameError> {
    let body = event.read_body().await;
    let body = body.map_err(|_| FrameError::new(Code::BadFrame, "the frame is too large"))?;
    EventData::read(event.content_type(), body).map_err(|error| {
        tracing::debug!("failed to read event {name}: {error}");
        FrameError::new(Code::BadFrame, "a frame is JSON text")
    })
}

async fn dispatch(
    call: &mut Call<'_>,
    frame: Result<Frame, FrameError>,
) -> Result<Option<Reply>, FrameError> {
    let now = call.app.clock.now();
    call.app.frame_limit.admit(call.connection.id(), now)?;
    if !matches!(frame, Ok(Frame::Authenticate(_))) {
        check_sign_in(call.app, call.binding())?;
    }
    frame?.apply(call).await
}

/// After its sign-in has expired a connection may receive, but not send.
fn check_sign_in(app: &App, binding: &Binding) -> Result<(), FrameError> {
    if app.config.expired_sign_in == ExpiredSignIn::Allow
        || !binding.is_expired(app.clock.seconds())
    {
        return Ok(());
    }
    Err(FrameError {
        close_code: Some(if binding.has_session() { 4003 } else { 4001 }),
        ..FrameError::new(
            Code::TokenExpired,
            "your sign-in has expired: send `authenticate` with a fresh token",
        )
    })
}

fn log(connection: &Connection, error: &FrameError) {
    let (id, message) = (connection.id(), &error.message);
    match &error.cause {
        Some(cause) => tracing::error!(
            connection.id = id,
            error = &**cause as &dyn std::error::Error,
            "failed to carry out a frame: {message}"
        ),
        None => tracing::debug!(connection.id = id, "refused a frame: {message}"),
    }
}
