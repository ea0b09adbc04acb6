//! What waits to be written to a client, and on a reliable connection what it has not yet
//! acknowledged.

mod unacked;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::frame::{Outgoing, ServerFrame};
use crate::lock::Mutex;
use crate::message::Message;
use unacked::Unacked;

/// A client that reads so slowly that more than this waits for it is given up.
const MAX_WAITING: usize = 10_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// A queue that grew beyond this is given back after it was written.
const KEPT_CAPACITY: usize = 64;

#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    /// There is something to write. One socket waits at a time.
    filled: Notify,
    /// The socket that writes must let go.
    severed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the sockets that served this connection; the latest one may write.
    socket: Socket,
    attached: bool,
    queue: VecDeque<Outgoing>,
    queued_bytes: usize,
    unacked: Option<Box<Unacked>>,
    farewell: Option<Farewell>,
    overflowed: bool,
    cut: Option<Socket>,
}

/// One of the sockets that serve a connection one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Socket(u32);

/// What a writer finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Batch,
    /// The service closed the connection, and all that was to be said before is written.
    Closed(Farewell),
}

/// How the service parts with a client: the close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Farewell {
    pub(crate) code: CloseCode,
    pub(crate) text: String,
}

impl Farewell {
    pub(crate) fn new(code: CloseCode, text: &str) -> Self {
        Self {
            code,
            text: text.to_owned(),
        }
    }
}

/// Why a socket, or the wait for one, must end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severed {
    /// Another socket recovered the connection.
    Replaced,
    /// As if the network had failed.
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
            severed: Notify::new(),
        }
    }

    /// Of a reliable connection that has no socket yet.
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

    /// A new socket takes over. What was not acknowledged is written again, in order.
    pub(crate) fn attach(&self, now_ms: i64) -> Socket {
        let mut state = self.state.lock();
        state.socket.0 += 1;
        state.attached = true;
        // Acknowledgements and pongs that the old socket lost are not repeated: a client that
        // asks again is told `Duplicate`.
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
        let socket = state.socket;
        drop(state);
        self.severed.notify_waiters();
        self.filled.notify_one();
        socket
    }

    /// The socket is gone; the connection may be recovered by another.
    pub(crate) fn detach(&self, socket: Socket) {
        let mut state = self.state.lock();
        if state.socket == socket {
            state.attached = false;
            state.queue.clear();
            state.queued_bytes = 0;
        }
    }

    pub(crate) fn push_message(&self, message: &Arc<Message>, now_ms: i64) {
        self.push_copies(message, now_ms, 1);
    }

    /// Writes the message that often. Whatever the number, it is one message: it has one sequence
    /// id, and a reliable client that comes back gets it unless it was acknowledged.
    pub(crate) fn push_copies(&self, message: &Arc<Message>, now_ms: i64, copies: usize) {
        let mut state = self.state.lock();
        if state.farewell.is_some() || state.overflowed {
            return;
        }
        let sequence = match &mut state.unacked {
            Some(unacked) => match unacked.push(message, now_ms) {
                Some(sequence) => Some(sequence),
                None => return self.overflow(&mut state),
            },
            None => None,
        };
        for _ in 0..copies {
            let outgoing = Outgoing::Message(message.clone(), sequence);
            self.push(&mut state, outgoing, message.size());
        }
    }

    pub(crate) fn push_frame(&self, frame: ServerFrame) {
        let mut state = self.state.lock();
        if state.farewell.is_none() {
            self.push(&mut state, Outgoing::Frame(Arc::new(frame)), 64);
        }
    }

    fn push(&self, state: &mut State, outgoing: Outgoing, bytes: usize) {
        if !state.attached {
            return;
        }
        state.queue.push_back(outgoing);
        state.queued_bytes += bytes;
        if state.queue.len() > MAX_WAITING || state.queued_bytes > MAX_BYTES {
            self.overflow(state);
        } else if state.queue.len() == 1 {
            self.filled.notify_one();
        }
    }

    /// What the client did not take is lost, so the connection cannot go on.
    fn overflow(&self, state: &mut State) {
        state.overflowed = true;
        state.queue = VecDeque::new();
        state.unacked = None;
        self.severed.notify_waiters();
    }

    /// The service ends the connection, once what waits is written.
    pub(crate) fn close(&self, farewell: Farewell) {
        let mut state = self.state.lock();
        if state.farewell.is_some() {
            return;
        }
        state.farewell = Some(farewell);
        if state.attached {
            self.filled.notify_one();
        } else {
            self.severed.notify_waiters();
        }
    }

    /// Takes the socket away, as a failing network would.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock();
        state.cut = Some(state.socket);
        self.severed.notify_waiters();
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.state.lock().attached
    }

    pub(crate) fn is_replaced(&self, socket: Socket) -> bool {
        self.state.lock().socket != socket
    }

    /// The client has seen everything up to this sequence id.
    pub(crate) fn acknowledge(&self, sequence: u64) {
        if let Some(unacked) = &mut self.state.lock().unacked {
            unacked.acknowledge(sequence);
        }
    }

    /// Waits for something to write and swaps it into `batch`, which must be empty.
    pub(crate) async fn next(&self, socket: Socket, batch: &mut VecDeque<Outgoing>) -> Next {
        loop {
            if self.is_replaced(socket) {
                // The wake-up was meant for the socket that took over.
                self.filled.notify_one();
                return std::future::pending().await;
            }
            if let Some(next) = self.state.lock().next(batch) {
                return next;
            }
            self.filled.notified().await;
        }
    }

    /// Waits until this socket, or the wait for its successor, must end.
    pub(crate) async fn severed(&self, socket: Socket) -> Severed {
        loop {
            let notified = self.severed.notified();
            {
                let state = self.state.lock();
                if state.overflowed {
                    return Severed::Overflowed;
                }
                if state.socket != socket {
                    return Severed::Replaced;
                }
                if state.cut == Some(socket) && state.attached {
                    return Severed::Cut;
                }
                if state.farewell.is_some() && !state.attached {
                    return Severed::Closed;
                }
            }
            notified.await;
        }
    }
}

impl State {
    fn next(&mut self, batch: &mut VecDeque<Outgoing>) -> Option<Next> {
        if self.queue.is_empty() {
            return self.farewell.clone().map(Next::Closed);
        }
        std::mem::swap(&mut self.queue, batch);
        self.queued_bytes = 0;
        if self.queue.capacity() > KEPT_CAPACITY {
            self.queue = VecDeque::new();
        }
        Some(Next::Batch)
    }
}

#[cfg(test)]
mod tests;
