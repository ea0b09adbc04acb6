//! Queue triggers.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::by_hand::{MessageProperties, queue_firing, queue_metadata};
use super::fire::fire;
use crate::app::{DataType, Function, Trigger};
use crate::event::{Fate, HostEvent, Outcome};
use crate::host::Host;
use crate::queue::{Message, Queue, QueueError};

const MIN_POLLING_INTERVAL: Duration = Duration::from_millis(100);
/// How long a message is hidden while its function runs; extended after half of it.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(600);
/// How long to wait if the service cannot be reached.
const FAILURE_DELAY: Duration = Duration::from_secs(5);

/// Reads a function's queue forever.
pub(crate) async fn listen(host: Arc<Host>, index: usize) {
    let Some(function) = host.app.functions.get(index) else {
        return;
    };
    let Trigger::Queue {
        queue, connection, ..
    } = &function.trigger
    else {
        return;
    };
    let queue = match host.queues.queue(connection, queue) {
        Ok(Some(queue)) => Arc::new(queue),
        Ok(None) => {
            return host.report(HostEvent::Notice(format!(
                "{}: the setting {connection} is missing, so the queue {queue} is not read; POST to \
                 /admin/functions/{} to run the function",
                function.name, function.name
            )));
        }
        Err(error) => {
            let notice = format!("{}: the setting {connection}: {error}", function.name);
            return host.report(HostEvent::Notice(notice));
        }
    };
    if host.wait_until_ready().await.is_ok() {
        poll(&host, index, &queue).await;
    }
}

async fn poll(host: &Arc<Host>, index: usize, queue: &Arc<Queue>) {
    let options = &host.app.host.queues;
    let mut running = JoinSet::new();
    let mut interval = MIN_POLLING_INTERVAL;
    let mut is_reachable = true;
    loop {
        // Get the next batch while the last messages of this one are still being processed.
        while running.len() > options.new_batch_threshold {
            running.join_next().await;
        }
        let received = queue.get(options.batch_size, VISIBILITY_TIMEOUT).await;
        let messages = match received {
            Ok(messages) => {
                is_reachable = true;
                messages
            }
            Err(error) => {
                // Report it once, not after each attempt.
                if std::mem::take(&mut is_reachable) {
                    host.report(HostEvent::Notice(format!(
                        "queue {}: {error}",
                        queue.name()
                    )));
                }
                tokio::time::sleep(FAILURE_DELAY).await;
                continue;
            }
        };
        if messages.is_empty() {
            tokio::time::sleep(interval).await;
            interval = (interval * 2).min(options.max_polling_interval);
            continue;
        }
        interval = MIN_POLLING_INTERVAL;
        for message in messages {
            let (host, queue) = (Arc::clone(host), Arc::clone(queue));
            running.spawn(async move { handle(&host, index, &queue, message).await });
        }
    }
}

async fn handle(host: &Host, index: usize, queue: &Queue, mut message: Message) {
    let Some(function) = host.app.functions.get(index) else {
        return;
    };
    let id = message.id.clone();
    let event = match process(host, function, queue, &mut message).await {
        Ok(fate) => HostEvent::Message {
            function: function.name.clone(),
            queue: queue.name().to_owned(),
            id,
            fate,
        },
        Err(error) => HostEvent::Notice(format!("{}: message {id}: {error}", function.name)),
    };
    host.report(event);
}

async fn process(
    host: &Host,
    function: &Function,
    queue: &Queue,
    message: &mut Message,
) -> Result<Fate, QueueError> {
    let options = &host.app.host.queues;
    let Some(text) = queue.decode(message) else {
        host.report(HostEvent::Notice(format!(
            "{}: message {} is not base64; for messages in plain text, set \
             extensions.queues.messageEncoding to \"none\" in host.json",
            function.name, message.id,
        )));
        return move_to_poison(queue, message).await;
    };
    if message.dequeue_count > options.max_dequeue_count {
        return move_to_poison(queue, message).await;
    }

    match run(host, function, queue, message, text).await? {
        Outcome::Succeeded => {
            queue.delete(message).await?;
            Ok(Fate::Deleted)
        }
        Outcome::Failed(_) if message.dequeue_count >= options.max_dequeue_count => {
            move_to_poison(queue, message).await
        }
        Outcome::Failed(_) => {
            queue.hide(message, options.visibility_timeout).await?;
            Ok(Fate::Returned)
        }
    }
}

/// Runs the function, and keeps the message hidden until it ends.
async fn run(
    host: &Host,
    function: &Function,
    queue: &Queue,
    message: &mut Message,
    text: String,
) -> Result<Outcome, QueueError> {
    let data_type = match &function.trigger {
        Trigger::Queue { data_type, .. } => *data_type,
        _ => DataType::Unset,
    };
    let metadata = queue_metadata(MessageProperties {
        id: message.id.clone(),
        pop_receipt: message.pop_receipt.clone(),
        dequeue_count: message.dequeue_count,
        inserted: message.inserted,
        expires: message.expires,
        next_visible: message.next_visible,
    });
    let run = fire(host, function, Ok(queue_firing(text, metadata, data_type)));
    tokio::pin!(run);
    loop {
        tokio::select! {
            outcome = &mut run => return Ok(outcome),
            () = tokio::time::sleep(VISIBILITY_TIMEOUT / 2) => queue.hide(message, VISIBILITY_TIMEOUT).await?,
        }
    }
}

/// Copies the message before deleting it: it may exist twice for a moment, but is never lost.
async fn move_to_poison(queue: &Queue, message: &Message) -> Result<Fate, QueueError> {
    queue.poison().put_raw(&message.raw).await?;
    queue.delete(message).await?;
    Ok(Fate::Poisoned)
}
