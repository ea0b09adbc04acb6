//! The queue of frames for a client. On a reliable connection it also keeps the messages that the
//! client has not acknowledged.

mod limits;
mod unacked;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::frame::{Outgoing, ServerFrame};
use crate::lock::Mutex;
use crate::message::Message;
use limits::{MAX_BYTES, MAX_KEPT_CAPACITY, MAX_QUEUED};
use unacked::Unacked;

#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    /// Wakes the writer. One socket waits at a time.
    filled: Notify,
    /// Wakes the socket that must end.
    interrupted: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Identifies the latest socket, the only one that may write.
    epoch: SocketEpoch,
    attached: bool,
    queue: VecDeque<Outgoing>,
    queued_bytes: usize,
    /// A queued message goes to a crowd.
    crowded: bool,
    unacked: Option<Box<Unacked>>,
    close_reason: Option<CloseReason>,
    overflowed: bool,
    cut: Option<SocketEpoch>,
}

/// Counts the sockets of a connection; each recovery starts a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SocketEpoch(u32);

/// What the writer must do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Batch,
    /// Close the connection: everything queued before is written.
    Closed(CloseReason),
}

/// The close frame with which the service ends a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloseReason {
    pub(crate) code: CloseCode,
    pub(crate) text: String,
}

impl CloseReason {
    pub(crate) fn new(code: CloseCode, text: &str) -> Self {
        Self {
            code,
            text: text.to_owned(),
        }
    }
}

/// Why a socket, or the wait for one, must end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Another socket recovered the connection.
    Replaced,
    /// A test cut the socket, like a failing network.
    Cut,
    /// The client is too slow.
    Overflowed,
    /// The service closed the connection while it had no socket.
    Closed,
}

impl Outbox {
    pub(crate) fn new(reliable: bool) -> Self {
        let state = State {
            unacked: reliable.then(Box::default),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            filled: Notify::new(),
            interrupted: Notify::new(),
        }
    }

    /// The outbox of an imported reliable connection, which has no socket yet.
    pub(crate) fn restored(last_sequence: u64, messages: Vec<(u64, Arc<Message>)>) -> Self {
        let outbox = Self::new(true);
        let unacked = Unacked::restored(last_sequence, messages);
        outbox.state.lock().unacked = Some(Box::new(unacked));
        outbox
    }

    /// The last sequence id, and the messages that the client has not acknowledged.
    pub(crate) fn unacknowledged(&self) -> (u64, Vec<(u64, Arc<Message>)>) {
        match &self.state.lock().unacked {
            Some(unacked) => {
                let messages = unacked.messages().cloned().collect();
                (unacked.last_sequence(), messages)
            }
            None => (0, Vec::new()),
        }
    }

    /// Switches to a new socket, and queues the unacknowledged messages again, in order.
    pub(crate) fn attach(&self, now_ms: i64) -> SocketEpoch {
        let mut state = self.state.lock();
        state.epoch.0 += 1;
        state.attached = true;
        // Acknowledgements and pongs that the old socket lost are not sent again: a client that
        // repeats its request gets `Duplicate`.
        state.queue.clear();
        state.queued_bytes = 0;
        if let Some(mut unacked) = state.unacked.take() {
            unacked.drop_expired(now_ms);
            for (sequence, message) in unacked.messages() {
                state.queued_bytes += message.size();
                state
                    .queue
                    .push_back(Outgoing::Message(message.clone(), Some(*sequence)));
            }
            state.unacked = Some(unacked);
        }
        let epoch = state.epoch;
        drop(state);
        self.interrupted.notify_waiters();
        self.filled.notify_one();
        epoch
    }

    /// Notes that the socket is gone. Another one may recover the connection.
    pub(crate) fn detach(&self, epoch: SocketEpoch) {
        let mut state = self.state.lock();
        if state.epoch == epoch {
            state.attached = false;
            state.queue.clear();
            state.queued_bytes = 0;
        }
    }

    pub(crate) fn push_message(&self, message: &Arc<Message>, now_ms: i64) {
        self.push_copies(message, now_ms, 1);
    }

    /// Writes the message this many times. It stays one message with one sequence id, and a
    /// reliable client that reconnects gets it unless it was acknowledged.
    pub(crate) fn push_copies(&self, message: &Arc<Message>, now_ms: i64, copies: usize) {
        let mut state = self.state.lock();
        if state.close_reason.is_some() || state.overflowed {
            return;
        }
        let sequence = match &mut state.unacked {
            Some(unacked) => match unacked.push(message, now_ms) {
                Some(sequence) => Some(sequence),
                None => return self.overflow(&mut state),
            },
            None => None,
        };
        state.crowded |= message.crowded;
        for _ in 0..copies {
            let outgoing = Outgoing::Message(message.clone(), sequence);
            self.push(&mut state, outgoing, message.size());
        }
    }

    pub(crate) fn push_frame(&self, frame: ServerFrame) {
        let mut state = self.state.lock();
        if state.close_reason.is_none() {
            self.push(&mut state, Outgoing::Frame(Arc::new(frame)), 64);
        }
    }

    fn push(&self, state: &mut State, outgoing: Outgoing, bytes: usize) {
        if !state.attached {
            return;
        }
        state.queue.push_back(outgoing);
        state.queued_bytes += bytes;
        if state.queue.len() > MAX_QUEUED || state.queued_bytes > MAX_BYTES {
            self.overflow(state);
        } else if state.queue.len() == 1 {
            self.filled.notify_one();
        }
    }

    /// Messages were lost, so the connection cannot continue.
    fn overflow(&self, state: &mut State) {
        state.overflowed = true;
        state.queue = VecDeque::new();
        state.unacked = None;
        self.interrupted.notify_waiters();
    }

    /// Closes the connection once everything queued is written.
    pub(crate) fn close(&self, close_reason: CloseReason) {
        let mut state = self.state.lock();
        if state.close_reason.is_some() {
            return;
        }
        state.close_reason = Some(close_reason);
        if state.attached {
            self.filled.notify_one();
        } else {
            self.interrupted.notify_waiters();
        }
    }

    /// Cuts the socket, like a failing network.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock();
        state.cut = Some(state.epoch);
        self.interrupted.notify_waiters();
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.state.lock().attached
    }

    pub(crate) fn is_replaced(&self, epoch: SocketEpoch) -> bool {
        self.state.lock().epoch != epoch
    }

    /// Drops all messages up to this sequence id: the client received them.
    pub(crate) fn acknowledge(&self, sequence: u64) {
        if let Some(unacked) = &mut self.state.lock().unacked {
            unacked.acknowledge(sequence);
        }
    }

    /// Waits for frames and swaps them into `batch`, which must be empty.
    ///
    /// A message to a crowd wakes many writers, and each would write it with a system call of its
    /// own while the next message arrives. So the writer lets the others run first, and then writes
    /// all that arrived at once. With few receivers this would only delay the message.
    pub(crate) async fn next(&self, epoch: SocketEpoch, batch: &mut VecDeque<Outgoing>) -> Next {
        loop {
            if self.is_replaced(epoch) {
                // The wake-up was for the socket that took over.
                self.filled.notify_one();
                return std::future::pending().await;
            }
            if let Some(next) = self.state.lock().next(batch) {
                return next;
            }
            self.filled.notified().await;
            if self.state.lock().crowded {
                yield_now().await;
            }
        }
    }

    /// Waits until this socket, or the wait for its successor, must end.
    pub(crate) async fn interrupted(&self, epoch: SocketEpoch) -> Interruption {
        loop {
            let notified = self.interrupted.notified();
            {
                let state = self.state.lock();
                if state.overflowed {
                    return Interruption::Overflowed;
                }
                if state.epoch != epoch {
                    return Interruption::Replaced;
                }
                if state.cut == Some(epoch) && state.attached {
                    return Interruption::Cut;
                }
                if state.close_reason.is_some() && !state.attached {
                    return Interruption::Closed;
                }
            }
            notified.await;
        }
    }
}

impl State {
    fn next(&mut self, batch: &mut VecDeque<Outgoing>) -> Option<Next> {
        if self.queue.is_empty() {
            return self.close_reason.clone().map(Next::Closed);
        }
        std::mem::swap(&mut self.queue, batch);
        self.queued_bytes = 0;
        self.crowded = false;
        if self.queue.capacity() > MAX_KEPT_CAPACITY {
            self.queue = VecDeque::new();
        }
        Some(Next::Batch)
    }
}

#[cfg(test)]
mod tests;
