//! Taking messages from a queue in a container, where no Functions host does it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

use super::{Invocation, MAX_DEQUEUE_COUNT, QueueFunction, TIME_LIMIT, carry_out, log};
use crate::app::App;
use crate::azure::rest::RestError;
use crate::azure::storage_account::queue::Message;
use crate::azure::storage_account::work_queue::WorkQueue;

const INTERVAL: Duration = Duration::from_secs(1);
/// While the queue cannot be reached.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// As many as the Functions host carries out at once.
const MAX_MESSAGES: usize = 16;
/// Longer than a message may take, with its last steps.
const HIDDEN_FOR: Duration = TIME_LIMIT.saturating_add(Duration::from_secs(60));
/// `visibilityTimeout` in host.json: when a message that failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(15);

/// Takes messages until `stop`, and ends when those that were taken are carried out. Returns at
/// once where there is no queue.
pub async fn poll<F: QueueFunction>(app: Arc<App>, stop: impl Future<Output = ()>) {
    let Some(queue) = F::queue(&app).cloned() else {
        return;
    };
    let mut stop = pin!(stop);
    let mut is_reachable = true;
    let mut running = FuturesUnordered::new();
    loop {
        let room = MAX_MESSAGES - running.len();
        if room == 0 {
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = running.next() => continue,
            }
        }
        // A message that was taken is never dropped half-way: it would stay hidden.
        let taken = tokio::select! {
            biased;
            () = &mut stop => break,
            taken = take_beside(&queue, room, &mut running) => taken,
        };
        let pause = match taken {
            Ok(messages) => {
                is_reachable = true;
                let is_empty = messages.is_empty();
                running.extend(messages.into_iter().map(|m| process::<F>(&app, &queue, m)));
                if is_empty { INTERVAL } else { Duration::ZERO }
            }
            Err(error) => {
                // Logged once, not after each attempt.
                if std::mem::take(&mut is_reachable) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the queue {} cannot be read",
                        F::QUEUE
                    );
                }
                FAILURE_PAUSE
            }
        };
        let mut pausing = pin!(sleep(pause));
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return while_running(running).await,
                () = &mut pausing => break,
                _ = running.next(), if !running.is_empty() => {}
            }
        }
    }
    while_running(running).await;
}

/// Takes messages while those taken before go on.
async fn take_beside(
    queue: &WorkQueue,
    room: usize,
    running: &mut FuturesUnordered<impl Future<Output = ()>>,
) -> Result<Vec<Message>, RestError> {
    let mut taking = pin!(queue.messages().take(room, HIDDEN_FOR));
    loop {
        tokio::select! {
            taken = &mut taking => return taken,
            _ = running.next(), if !running.is_empty() => {}
        }
    }
}

async fn while_running(mut running: FuturesUnordered<impl Future<Output = ()>>) {
    while running.next().await.is_some() {}
}

/// A message that this fails for becomes visible again by itself.
async fn process<F: QueueFunction>(app: &Arc<App>, queue: &WorkQueue, mut message: Message) {
    let count = message.dequeue_count;
    let invocation = Invocation {
        text: message.text.clone(),
        id: Some(message.id.clone()),
        dequeue_count: count,
    };
    let ended = match carry_out::<F>(app, &invocation).await {
        Ok(()) => queue.messages().delete(&message).await.map(drop),
        Err(error) => {
            // This process logs a message once: it is not shown again.
            let is_invalid = F::is_invalid(&error);
            log::<F>(&error, if is_invalid { 1 } else { count });
            if is_invalid || count >= MAX_DEQUEUE_COUNT {
                queue.poison(&message).await
            } else {
                let messages = queue.messages();
                messages.hide(&mut message, RETRY_AFTER).await.map(drop)
            }
        }
    };
    if let Err(error) = ended {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a message on the queue {} is shown again",
            F::QUEUE
        );
    }
}
