//! Taking messages from the queue in a container, where no Functions host does it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::order::{OrderError, carry_out};
use super::{MAX_DEQUEUE_COUNT, TIME_LIMIT, log};
use crate::app::App;
use crate::azure::rest::RestError;
use crate::azure::storage_account::queue::Message;
use crate::conversation::outbox::Queues;

const INTERVAL: Duration = Duration::from_secs(1);
/// While the queue cannot be reached.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
const MAX_MESSAGES: usize = 16;
/// Longer than a message may take, with its last steps.
const HIDDEN_FOR: Duration = TIME_LIMIT.saturating_add(Duration::from_secs(60));
/// `visibilityTimeout` in host.json: when a message that failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(15);
const POISON_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Takes messages until `stop`, and ends when those that were taken are carried out. Returns at
/// once where there is no queue.
pub async fn poll(app: Arc<App>, stop: impl Future<Output = ()>) {
    let Some(queues) = app.outbox.queues().cloned() else {
        return;
    };
    let mut stop = pin!(stop);
    let mut is_reachable = true;
    loop {
        let taken = tokio::select! {
            biased;
            () = &mut stop => return,
            taken = queues.orders.take(MAX_MESSAGES, HIDDEN_FOR) => taken,
        };
        let pause = match taken {
            Ok(messages) => {
                is_reachable = true;
                let is_empty = messages.is_empty();
                join_all(messages.into_iter().map(|m| process(&app, &queues, m))).await;
                if is_empty { INTERVAL } else { Duration::ZERO }
            }
            Err(error) => {
                // Logged once, not after each attempt.
                if std::mem::take(&mut is_reachable) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the queue switchboard-broadcast cannot be read"
                    );
                }
                FAILURE_PAUSE
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = sleep(pause) => {}
        }
    }
}

/// A message that this fails for becomes visible again by itself.
async fn process(app: &Arc<App>, queues: &Queues, mut message: Message) {
    let count = message.dequeue_count;
    let text = message.text.clone();
    let ended = match carry_out(app, text.as_deref(), Some(&message.id), count).await {
        Ok(()) => queues.orders.delete(&message).await.map(drop),
        Err(error) => {
            // This process logs a message once: it is not shown again.
            let is_invalid = matches!(error, OrderError::Invalid(_));
            log(&error, if is_invalid { 1 } else { count });
            if is_invalid || count >= MAX_DEQUEUE_COUNT {
                to_poison(queues, &message).await
            } else {
                queues
                    .orders
                    .hide(&mut message, RETRY_AFTER)
                    .await
                    .map(drop)
            }
        }
    };
    if let Err(error) = ended {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a message on the queue switchboard-broadcast is shown again"
        );
    }
}

async fn to_poison(queues: &Queues, message: &Message) -> Result<(), RestError> {
    queues.poison.put_again(message, POISON_LIFETIME).await?;
    queues.orders.delete(message).await.map(drop)
}
