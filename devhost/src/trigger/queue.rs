use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::by_hand::{QueueFacts, queue_firing, queue_metadata};
use super::fire;

use crate::app::{DataType, Function, Trigger};
use crate::event::{Fate, HostEvent, Outcome};
use crate::host::Host;
use crate::queue::{Message, Queue, QueueError};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long a message is hidden while its function runs; renewed at half time.
const HIDDEN_FOR: Duration = Duration::from_secs(600);
/// After the service could not be reached.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Reads a function's queue for ever.
pub(crate) async fn listen(host: Arc<Host>, at: usize) {
    let Some(function) = host.app.functions.get(at) else {
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
                "{}: the setting {connection} is not there, so the queue {queue} is not read; POST to \
                 /admin/functions/{} to run it",
                function.name, function.name
            )));
        }
        Err(error) => {
            let notice = format!("{}: the setting {connection}: {error}", function.name);
            return host.report(HostEvent::Notice(notice));
        }
    };
    if host.wait_until_ready().await.is_ok() {
        poll(&host, at, &queue).await;
    }
}

async fn poll(host: &Arc<Host>, at: usize, queue: &Arc<Queue>) {
    let options = &host.app.host.queues;
    let mut running = JoinSet::new();
    let mut pause = FIRST_PAUSE;
    let mut reachable = true;
    loop {
        // The next batch is fetched while the last messages of this one are still worked on.
        while running.len() > options.new_batch_threshold {
            running.join_next().await;
        }
        let taken = queue.take(options.batch_size, HIDDEN_FOR).await;
        let messages = match taken {
            Ok(messages) => {
                reachable = true;
                messages
            }
            Err(error) => {
                // Told once, not at every try.
                if std::mem::take(&mut reachable) {
                    host.report(HostEvent::Notice(format!(
                        "queue {}: {error}",
                        queue.name()
                    )));
                }
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
        };
        if messages.is_empty() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(options.max_polling_interval);
            continue;
        }
        pause = FIRST_PAUSE;
        for message in messages {
            let (host, queue) = (Arc::clone(host), Arc::clone(queue));
            running.spawn(async move { work(&host, at, &queue, message).await });
        }
    }
}

async fn work(host: &Host, at: usize, queue: &Queue, mut message: Message) {
    let Some(function) = host.app.functions.get(at) else {
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
            "{}: message {} is not base64; a producer that sends plain text needs \
             extensions.queues.messageEncoding \"none\" in host.json",
            function.name, message.id,
        )));
        return poison(queue, message).await;
    };
    if message.dequeue_count > options.max_dequeue_count {
        return poison(queue, message).await;
    }

    match run(host, function, queue, message, text).await? {
        Outcome::Succeeded => {
            queue.delete(message).await?;
            Ok(Fate::Deleted)
        }
        Outcome::Failed(_) if message.dequeue_count >= options.max_dequeue_count => {
            poison(queue, message).await
        }
        Outcome::Failed(_) => {
            queue.hide(message, options.visibility_timeout).await?;
            Ok(Fate::Returned)
        }
    }
}

/// Runs the function, and keeps the message hidden for as long as that takes.
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
    let metadata = queue_metadata(QueueFacts {
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
            () = tokio::time::sleep(HIDDEN_FOR / 2) => queue.hide(message, HIDDEN_FOR).await?,
        }
    }
}

/// Copied first: a message may be there twice, but never not at all.
async fn poison(queue: &Queue, message: &Message) -> Result<Fate, QueueError> {
    queue.poison().put_raw_creating(&message.raw).await?;
    queue.delete(message).await?;
    Ok(Fate::Poisoned)
}
