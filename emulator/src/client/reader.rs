//! What a client sends, and that it is still there.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use tokio_tungstenite::tungstenite::{Error as WsError, Message as WsMessage};

use super::socket::Socket;

/// Frames that are read ahead, looking for a cancellation, before reading stops.
const MAX_HELD: usize = 16;

/// What a client sends, one frame after the other.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    stream: SplitStream<Socket>,
    pulse: &'a Pulse,
    /// Read while an invocation ran, to be acted on after it.
    held: VecDeque<Frame>,
}

/// A frame, or why there are no more.
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

    /// Keeps a frame for later. False when so many are kept that no more should be read.
    pub(super) fn hold(&mut self, frame: Frame) -> bool {
        self.held.push_back(frame);
        self.held.len() < MAX_HELD
    }

    pub(super) async fn next(&mut self) -> Option<Frame> {
        if let Some(held) = self.held.pop_front() {
            return Some(held);
        }
        self.read().await
    }

    /// Past what is held.
    pub(super) async fn read(&mut self) -> Option<Frame> {
        let frame = self.stream.next().await;
        self.pulse.heard.store(true, Ordering::Relaxed);
        frame
    }
}

/// Whether the client shows signs of life.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    heard: AtomicBool,
    /// While an event is handled nothing is read, so silence means nothing.
    busy: AtomicBool,
}

impl Pulse {
    /// Since the last time it was taken.
    pub(super) fn take(&self) -> bool {
        self.heard.swap(false, Ordering::Relaxed) || self.busy.load(Ordering::Relaxed)
    }
}
