use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Message, Queue, QueueError};
use crate::app::{DataType, Function, Trigger};
use crate::event::{HostEvent, Outcome};
use crate::host::Host;
use crate::trigger::by_hand::{QueueFacts, queue_firing, queue_metadata};
use crate::trigger::fire;

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
    if let Err(error) = process(host, function, queue, &mut message).await {
        let notice = format!("{}: message {}: {error}", function.name, message.id);
        host.report(HostEvent::Notice(notice));
    }
}

async fn process(
    host: &Host,
    function: &Function,
    queue: &Queue,
    message: &mut Message,
) -> Result<(), QueueError> {
    let most = host.app.host.queues.max_dequeue_count;
    let data_type = match &function.trigger {
        Trigger::Queue { data_type, .. } => *data_type,
        _ => DataType::Unset,
    };
    let Some(text) = queue
        .decode(message)
        .filter(|_| message.dequeue_count <= most)
    else {
        host.report(HostEvent::Notice(format!(
            "{}: message {} is not base64, or was taken too often; it goes to {}-poison (a producer \
             that sends plain text needs extensions.queues.messageEncoding \"none\")",
            function.name,
            message.id,
            queue.name()
        )));
        return poison(queue, message).await;
    };
    let metadata = queue_metadata(QueueFacts {
        id: message.id.clone(),
        pop_receipt: message.pop_receipt.clone(),
        dequeue_count: message.dequeue_count,
        inserted: message.inserted,
        expires: message.expires,
        next_visible: message.next_visible,
    });
    let firing = queue_firing(text, metadata, data_type);
    let outcome = {
        let run = fire(host, function, Ok(firing));
        tokio::pin!(run);
        loop {
            tokio::select! {
                outcome = &mut run => break outcome,
                () = tokio::time::sleep(HIDDEN_FOR / 2) => queue.hide(message, HIDDEN_FOR).await?,
            }
        }
    };
    match outcome {
        Outcome::Succeeded => queue.delete(message).await,
        Outcome::Failed(_) if message.dequeue_count >= most => poison(queue, message).await,
        Outcome::Failed(_) => {
            queue
                .hide(message, host.app.host.queues.visibility_timeout)
                .await
        }
    }
}

/// Copied first: a message may be there twice, but never not at all.
async fn poison(queue: &Queue, message: &Message) -> Result<(), QueueError> {
    queue.poison().put_raw_creating(&message.raw).await?;
    queue.delete(message).await
}
