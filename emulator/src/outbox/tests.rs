//! Tests of the outbox.

use std::pin::pin;
use std::task::{Context, Waker};

use super::*;
use crate::message::{Data, Source};

fn text(text: &str) -> Arc<Message> {
    Arc::new(Message::new(Source::Server, Data::Text(text.into())))
}

fn to_a_crowd(text: &str) -> Arc<Message> {
    let mut message = Message::new(Source::Server, Data::Text(text.into()));
    message.crowded = true;
    Arc::new(message)
}

fn expiring(at_ms: i64) -> Arc<Message> {
    let mut message = Message::new(Source::Server, Data::Text("short-lived".into()));
    message.expires_at = Some(at_ms);
    Arc::new(message)
}

async fn sequences(outbox: &Outbox, epoch: SocketEpoch) -> Vec<Option<u64>> {
    let mut batch = VecDeque::new();
    assert_eq!(outbox.next(epoch, &mut batch).await, Next::Batch);
    batch
        .iter()
        .map(|outgoing| match outgoing {
            Outgoing::Message(_, sequence) => *sequence,
            Outgoing::Frame(frame) => panic!("no message: {frame:?}"),
        })
        .collect()
}

#[tokio::test]
async fn messages_of_a_reliable_connection_are_numbered_from_one() {
    let outbox = Outbox::new(true);
    let epoch = outbox.attach(0);

    outbox.push_message(&text("a"), 0);
    outbox.push_message(&text("b"), 0);

    assert_eq!(sequences(&outbox, epoch).await, [Some(1), Some(2)]);
}

#[tokio::test]
async fn a_new_socket_gets_the_unacknowledged_messages() {
    let outbox = Outbox::new(true);
    let first = outbox.attach(0);
    for n in 0..3 {
        outbox.push_message(&text(&n.to_string()), 0);
    }
    outbox.acknowledge(1);
    outbox.detach(first);
    outbox.push_message(&text("while away"), 0);

    let second = outbox.attach(0);

    assert_eq!(
        sequences(&outbox, second).await,
        [Some(2), Some(3), Some(4)]
    );
    assert_eq!(outbox.interrupted(first).await, Interruption::Replaced);
}

#[tokio::test]
async fn an_expired_message_is_not_written_again() {
    let outbox = Outbox::new(true);
    let first = outbox.attach(0);
    outbox.push_message(&expiring(1_000), 0);
    outbox.push_message(&text("lasting"), 0);
    outbox.detach(first);

    let second = outbox.attach(1_000);

    assert_eq!(sequences(&outbox, second).await, [Some(2)]);
}

#[tokio::test]
async fn too_many_unacknowledged_messages_end_the_connection() {
    let outbox = Outbox::new(true);
    let epoch = outbox.attach(0);

    for _ in 0..=unacked::MAX_MESSAGES {
        outbox.push_message(&text("x"), 0);
    }

    assert_eq!(outbox.interrupted(epoch).await, Interruption::Overflowed);
}

#[tokio::test]
async fn the_buffer_of_a_client_that_reads_nothing_is_bounded() {
    let outbox = Outbox::new(false);
    let epoch = outbox.attach(0);
    let big = text(&"x".repeat(1024 * 1024));

    for _ in 0..17 {
        outbox.push_message(&big, 0);
    }

    assert_eq!(outbox.interrupted(epoch).await, Interruption::Overflowed);
    assert_eq!(outbox.state.lock().queue.len(), 0);
}

#[tokio::test]
async fn a_close_frame_follows_earlier_messages() {
    let outbox = Outbox::new(false);
    let epoch = outbox.attach(0);
    outbox.push_message(&text("last words"), 0);

    let close_reason = CloseReason::new(CloseCode::Normal, "");
    outbox.close(close_reason.clone());
    outbox.push_message(&text("too late"), 0);

    let mut batch = VecDeque::new();
    assert_eq!(outbox.next(epoch, &mut batch).await, Next::Batch);
    assert_eq!(batch.len(), 1);
    batch.clear();
    assert_eq!(
        outbox.next(epoch, &mut batch).await,
        Next::Closed(close_reason)
    );
}

/// Lets a writer wait, wakes it with the first message, runs it once, and sends the second. Returns
/// how many messages each batch has.
async fn batches(first: &Arc<Message>, second: &Arc<Message>) -> Vec<usize> {
    let outbox = Outbox::new(false);
    let epoch = outbox.attach(0);
    let mut batch = VecDeque::new();
    let early = {
        let mut context = Context::from_waker(Waker::noop());
        let mut next = pin!(outbox.next(epoch, &mut batch));
        assert!(next.as_mut().poll(&mut context).is_pending());
        outbox.push_message(first, 0);
        let early = next.as_mut().poll(&mut context).is_ready();
        outbox.push_message(second, 0);
        if !early {
            assert_eq!(next.await, Next::Batch);
        }
        early
    };
    let mut sizes = vec![batch.len()];
    if early {
        batch.clear();
        assert_eq!(outbox.next(epoch, &mut batch).await, Next::Batch);
        sizes.push(batch.len());
    }
    sizes
}

#[tokio::test]
async fn messages_to_a_crowd_that_arrive_before_the_writers_turn_go_out_together() {
    let sizes = batches(&to_a_crowd("first"), &to_a_crowd("second")).await;

    assert_eq!(sizes, [2]);
}

#[tokio::test]
async fn a_message_to_few_is_written_at_once() {
    let sizes = batches(&text("first"), &text("second")).await;

    assert_eq!(sizes, [1, 1]);
}

#[tokio::test]
async fn a_crowds_message_delays_only_its_own_batch() {
    let outbox = Outbox::new(false);
    let epoch = outbox.attach(0);
    outbox.push_message(&to_a_crowd("first"), 0);
    let mut batch = VecDeque::new();
    assert_eq!(outbox.next(epoch, &mut batch).await, Next::Batch);
    batch.clear();

    outbox.push_message(&text("second"), 0);
    let mut next = pin!(outbox.next(epoch, &mut batch));
    let polled = next.as_mut().poll(&mut Context::from_waker(Waker::noop()));

    assert!(polled.is_ready());
}
