//! Carrying out one message of the queue.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use super::{MAX_DEQUEUE_COUNT, TIME_LIMIT};
use crate::app::App;
use crate::conversation::garbage::Garbage;
use crate::conversation::log::{ResendError, Resent};
use crate::conversation::outbox::{Order, QUEUE, QueuedOrder};
use crate::conversation::room::settle::{self, SettleError};
use crate::conversation::sweep;
use crate::conversation::{Conversation, ConversationError};
use crate::logging::trace::TARGET;

/// When a message that failed ten times is tried again.
const RESEND_PAUSE: Duration = Duration::from_mins(5);

/// Why a message was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    /// It never will be.
    #[error("{0}")]
    Invalid(String),
    #[error("failed to remove what was deleted")]
    Clear(#[source] ConversationError),
    #[error("failed to send what is stored")]
    Resend(#[from] ResendError),
    #[error("failed to match live connections with their room's record")]
    Settle(#[from] SettleError),
    #[error("failed to hand the rest to a new message")]
    Rest,
}

/// Carries out a message that was taken `dequeue_count` times.
pub(super) async fn carry_out(
    app: &Arc<App>,
    text: Option<&str>,
    dequeue_count: u32,
) -> Result<(), OrderError> {
    let text = text.ok_or_else(|| OrderError::Invalid("it is not text".to_owned()))?;
    let queued: QueuedOrder =
        serde_json::from_str(text).map_err(|error| OrderError::Invalid(error.to_string()))?;
    let sender = queued.traceparent.map(|sender| sender.to_string());
    let span = tracing::debug_span!(
        target: TARGET,
        "carry out order",
        traceparent = sender.as_deref(),
        otel.name = format_args!("process {QUEUE}"),
        otel.kind = "consumer",
        messaging.system = "azqueues",
        messaging.operation.r#type = "process",
        messaging.destination.name = QUEUE,
        otel.status_code = Empty,
    );
    let carrying_out = dispatch(app, queued.order, dequeue_count);
    let result = carrying_out.instrument(span.clone()).await;
    if result.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    result
}

async fn dispatch(app: &Arc<App>, order: Order, dequeue_count: u32) -> Result<(), OrderError> {
    let until = Instant::now() + TIME_LIMIT;
    match order {
        Order::Clear(garbage) => {
            conversation(&garbage.conversation)?;
            clear(app, garbage, until).await
        }
        Order::Resend {
            conversation: group,
            generation,
        } => {
            resend(
                app,
                &conversation(&group)?,
                generation,
                dequeue_count,
                until,
            )
            .await
        }
        Order::Settle {
            conversation: group,
        } => settle(app, &conversation(&group)?).await,
    }
}

fn conversation(group: &str) -> Result<Conversation, OrderError> {
    Conversation::of_group(group)
        .ok_or_else(|| OrderError::Invalid("it names no conversation".to_owned()))
}

async fn clear(app: &App, garbage: Garbage, until: Instant) -> Result<(), OrderError> {
    let in_time = || Instant::now() < until;
    let cleared = sweep::clear_all(&*app.store, &app.attachments, &garbage, in_time).await;
    match cleared.map_err(OrderError::Clear)? {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => hand_on(app, &Order::Clear(garbage), Duration::ZERO).await,
    }
}

async fn resend(
    app: &App,
    conversation: &Conversation,
    generation: u64,
    dequeue_count: u32,
    until: Instant,
) -> Result<(), OrderError> {
    let order = Order::resend(conversation, generation);
    let mut is_handed_on = false;
    // Before the last try and not after it, since a crash may end that one.
    if dequeue_count >= MAX_DEQUEUE_COUNT
        && app
            .messages
            .owes(conversation, generation)
            .await
            .unwrap_or(true)
    {
        is_handed_on = app.outbox.put(&order, RESEND_PAUSE).await;
    }
    match app.messages.resend(conversation, generation, until).await {
        Ok(Resent::All) => Ok(()),
        Ok(Resent::Some) if is_handed_on => Ok(()),
        Ok(Resent::Some) => hand_on(app, &order, Duration::ZERO).await,
        Err(error) if is_handed_on => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "messages of {conversation} are still unsent; next try in five minutes"
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

async fn hand_on(app: &App, order: &Order, delay: Duration) -> Result<(), OrderError> {
    if app.outbox.put(order, delay).await {
        Ok(())
    } else {
        Err(OrderError::Rest)
    }
}

/// Only rooms have guards that live connections must match.
async fn settle(app: &App, conversation: &Conversation) -> Result<(), OrderError> {
    match conversation {
        Conversation::Room(id) => Ok(settle::settle(&app.hub, &*app.store, id).await?),
        Conversation::Chat(_) | Conversation::Session(_) => Ok(()),
    }
}
