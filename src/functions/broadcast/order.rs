//! Carrying out one message of the queue.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::{Builder, Uuid};

use super::{Invocation, MAX_DEQUEUE_COUNT, TIME_LIMIT};
use crate::app::App;
use crate::conversation::garbage::Garbage;
use crate::conversation::log::{ResendError, Resent};
use crate::conversation::outbox::Order;
use crate::conversation::room::settle::{self, SettleError};
use crate::conversation::sweep;
use crate::conversation::{Conversation, ConversationError};
use crate::feeds::FeedError;
use crate::feeds::publication::Publication;
use crate::store::hash::digest;

/// When a message that failed ten times is tried again.
const RESEND_PAUSE: Duration = Duration::from_mins(5);

/// Why a message was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It never will be.
    #[error("{0}")]
    Invalid(String),
    #[error("failed to remove what was deleted")]
    Clear(#[source] ConversationError),
    #[error("failed to send what is stored")]
    Resend(#[from] ResendError),
    #[error("failed to match live connections with their room's record")]
    Settle(#[from] SettleError),
    #[error("failed to publish")]
    Feed(#[source] FeedError),
    #[error("failed to hand the rest to a new message")]
    Rest,
}

impl From<FeedError> for OrderError {
    fn from(error: FeedError) -> Self {
        if error.is_permanent() {
            Self::Invalid(error.to_string())
        } else {
            Self::Feed(error)
        }
    }
}

/// Carries out a message: something that a back end publishes, or an order of ours.
pub(super) async fn carry_out(app: &Arc<App>, message: &Invocation) -> Result<(), OrderError> {
    let text = message.text.as_deref();
    let text = text.ok_or_else(|| OrderError::Invalid("it is not text".to_owned()))?;
    if let Some(publication) = Publication::read(text)? {
        return publish(app, publication, call_id(message.id.as_deref(), text)).await;
    }
    let order = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
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
                message.dequeue_count,
                until,
            )
            .await
        }
        Order::Settle {
            conversation: group,
        } => settle(app, &conversation(&group)?).await,
        Order::Notify { user_id, id } => Ok(app.inboxes.resend(&user_id, &id).await?),
    }
}

async fn publish(app: &App, publication: Publication, call: Uuid) -> Result<(), OrderError> {
    match publication {
        Publication::Notification { user, notification } => {
            let delivered = app.inboxes.deliver(&user, notification, call).await?;
            delivered.sent.map_err(FeedError::Send)?;
        }
        Publication::Event { org, event } => {
            event.send(&app.courier, &org, &call.to_string()).await?;
        }
    }
    Ok(())
}

/// Identifies a message each time that it is taken. The text counts as well, since a property of the
/// text can overwrite the id.
fn call_id(message_id: Option<&str>, text: &str) -> Uuid {
    let digest = digest(&["queue message", message_id.unwrap_or_default(), text]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

/// Says nothing of the text, since an error of serde quotes it, and this is logged.
fn unreadable(error: &serde_json::Error) -> OrderError {
    let (line, column) = (error.line(), error.column());
    let why = match error.is_data() {
        true => "its kind is unknown, or a field is missing or of another type",
        false => "it is not JSON",
    };
    OrderError::Invalid(format!("{why} (line {line}, column {column})"))
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
