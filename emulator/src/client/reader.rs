//! Reads frames from a client, and notes whether the client is alive.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use tokio_tungstenite::tungstenite::{Error as WsError, Message as WsMessage};

use super::socket::Socket;

/// The most frames that are read ahead to look for a cancellation.
const MAX_HELD_FRAMES: usize = 16;

/// The frames of a client, in order.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    stream: SplitStream<Socket>,
    pulse: &'a Pulse,
    /// Frames that arrived during an invocation, to be handled after it.
    held: VecDeque<Frame>,
}

/// A frame, or the error that ended the socket.
pub(super) type Frame = Result<WsMessage, WsError>;

impl<'a> Reader<'a> {
    pub(super) fn new(stream: SplitStream<Socket>, pulse: &'a Pulse) -> Self {
        Self {
            stream,
            pulse,
            held: VecDeque::new(),
        }
    }

    pub(super) fn into_stream(self) -> SplitStream<Socket> {
        self.stream
    }

    pub(super) fn set_busy(&self, busy: bool) {
        self.pulse.busy.store(busy, Ordering::Relaxed);
    }

    /// Keeps a frame for later. Returns false once so many are held that reading should pause.
    pub(super) fn hold(&mut self, frame: Frame) -> bool {
        self.held.push_back(frame);
        self.held.len() < MAX_HELD_FRAMES
    }

    pub(super) async fn next(&mut self) -> Option<Frame> {
        if let Some(held) = self.held.pop_front() {
            return Some(held);
        }
        self.read().await
    }

    /// Reads from the socket, skipping the held frames.
    pub(super) async fn read(&mut self) -> Option<Frame> {
        let frame = self.stream.next().await;
        self.pulse.heard.store(true, Ordering::Relaxed);
        frame
    }
}

/// Signs of life from the client.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    heard: AtomicBool,
    /// While an event is handled nothing is read, so silence means nothing.
    busy: AtomicBool,
}

impl Pulse {
    /// Whether there was a sign of life since the last call.
    pub(super) fn take(&self) -> bool {
        self.heard.swap(false, Ordering::Relaxed) || self.busy.load(Ordering::Relaxed)
    }
}
