//! What clients say: a frame comes in, its reply goes back in the same answer.

mod chats;
pub mod frame;
mod speech;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use webpubsub::upstream::EventData;

use crate::access::binding::Binding;
use crate::app::App;
use crate::azure::web_pubsub::join_with_timeout;
use crate::config::ExpiredSignIn;
use crate::functions::message_event::frame::audio::AudioChunk;
use crate::functions::upstream::{Connection, SignedEvent, state_header};
use crate::http::problem::Problem;
use crate::ids::target::Channel;
use frame::{Authenticate, Code, Frame, FrameError, Incoming, Reply};

/// A user event. Once its state is opened, what is wrong with it is said in a frame with status 200:
/// any other would cost a plain WebSocket its connection.
pub async fn user_event(
    app: &App,
    mut event: SignedEvent,
    name: &str,
) -> Result<Response, Problem> {
    let mut connection = Connection::of(app, &event)?;
    let incoming = match read(&mut event, name).await {
        Ok(data) => frame::parse(name, &data),
        Err(error) => Incoming {
            frame: Err(error),
            request_id: None,
        },
    };
    let outcome = carry_out(app, &mut connection, incoming.frame).await;
    let reply = outcome.unwrap_or_else(|error| {
        tracing::debug!(
            connection.id = connection.id(),
            "refused a frame: {}",
            error.message
        );
        Some(Reply::Error(error))
    });
    let request_id = incoming.request_id.as_ref();
    let reply = match (reply, request_id) {
        // Whoever put a question gets an answer.
        (None, Some(_)) => Some(Reply::Ok),
        // Others see what became of it, the speaker too.
        (Some(Reply::MessageSent(_)), None) => None,
        (reply, _) => reply,
    };
    let body = reply.map(|reply| reply.to_json(request_id));
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
        tracing::debug!("event {name} cannot be read: {error}");
        FrameError::new(Code::BadFrame, "a frame is JSON text")
    })
}

async fn carry_out(
    app: &App,
    connection: &mut Connection,
    frame: Result<Frame, FrameError>,
) -> Result<Option<Reply>, FrameError> {
    if !matches!(frame, Ok(Frame::Authenticate(_))) {
        check_sign_in(app, connection.binding())?;
    }
    let reply = match frame? {
        Frame::Ping(ping) => Reply::Pong(ping.reply(&app.clock)),
        Frame::Test(test) => Reply::TestResponse(test.reply(&app.clock)),
        Frame::Audio(chunk) => audio(connection, &chunk)?,
        Frame::AudioEnd => audio_end(connection)?,
        Frame::Authenticate(request) => authenticate(app, connection, request).await?,
        Frame::GetChats(request) => chats::list(app, connection, request).await?,
        Frame::CreateChat(request) => chats::create(app, connection, request).await?,
        Frame::ChangeChat(request) => chats::change(app, connection, request).await?,
        Frame::SendMessage(request) => speech::send_in_chat(app, connection, request).await?,
        Frame::PostMessage(request) => speech::say(app, connection, request).await?,
        Frame::GetHistory(request) => speech::history(app, connection, request).await?,
        Frame::Typing(request) => return speech::typing(app, connection, request).await,
        Frame::MarkRead(request) => return speech::read(app, connection, request).await,
    };
    Ok(Some(reply))
}

/// Who stays connected past the end of the sign-in may listen, but not speak.
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

fn audio(connection: &mut Connection, chunk: &AudioChunk) -> Result<Reply, FrameError> {
    check_audio(connection.binding())?;
    let tally = &mut connection.state_mut().audio;
    let received = tally.get_or_insert_default().receive(chunk);
    Ok(Reply::AudioReceived(received))
}

/// The next chunk begins a new stream.
fn audio_end(connection: &mut Connection) -> Result<Reply, FrameError> {
    check_audio(connection.binding())?;
    let tally = connection.state_mut().audio.take();
    Ok(Reply::AudioSummary(tally.unwrap_or_default().summary()))
}

fn check_audio(binding: &Binding) -> Result<(), FrameError> {
    if binding.has_channel(Channel::Audio) {
        return Ok(());
    }
    Err(FrameError::new(
        Code::Forbidden,
        "this connection is not for audio: negotiate it with `channel=audio`",
    ))
}

/// Groups that the new token no longer gives are left first: if that fails, the sign-in stays
/// the old one and the client tries again.
async fn authenticate(
    app: &App,
    connection: &mut Connection,
    request: Authenticate,
) -> Result<Reply, FrameError> {
    let renewal = request.renew(&app.callers, connection.binding()).await?;
    let groups = renewal
        .lost
        .iter()
        .filter_map(|target| target.group(&renewal.binding.user));
    let id = connection.id();
    let leaving = groups
        .map(|group| async move { Ok(app.hub.remove_connection_from_group(&group, id).await?) });
    join_with_timeout(leaving).await.map_err(|error| {
        tracing::error!(
            connection.id = id,
            error = &error as &dyn std::error::Error,
            "a connection could not be taken out of its groups"
        );
        FrameError::new(Code::Unavailable, "try again shortly")
    })?;
    let reply = renewal.reply();
    connection.state_mut().binding = renewal.binding;
    Ok(Reply::Authenticated(reply))
}
