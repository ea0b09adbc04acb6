//! Sockets that collect every message of their rooms.

use std::collections::BTreeMap;

use serde_json::Value;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::person::negotiated;
use super::{Handler, Service};
use crate::support::Socket;

/// The number of rooms that one connection may join.
const MAX_ROOMS_PER_SOCKET: usize = 20;

/// Real sockets at the service, each a reader in some rooms.
pub(super) struct Listeners {
    sockets: Vec<JoinHandle<Vec<Value>>>,
    live: UnboundedReceiver<Value>,
}

/// The message numbers received in each room, in order of arrival.
pub(super) type Received = BTreeMap<String, Vec<u64>>;

impl Listeners {
    pub(super) async fn connect(handler: &Handler, rooms: &[String]) -> Self {
        let http = SharedHttpClient::new().client().unwrap();
        let (sender, live) = unbounded_channel();
        let mut sockets = Vec::new();
        for rooms in rooms.chunks(MAX_ROOMS_PER_SOCKET) {
            let negotiated = negotiated(&http, &handler.base, "listeners", rooms).await;
            let url = negotiated["url"].as_str().unwrap();
            let mut socket = Socket::dial(url).await.unwrap();
            let sender = sender.clone();
            sockets.push(tokio::spawn(async move {
                let mut received = Vec::new();
                loop {
                    let frame = socket.next_frame().await;
                    if frame["type"] == "end" {
                        return received;
                    }
                    // Fails only if the test dropped the `Listeners`.
                    let _ = sender.send(frame.clone());
                    received.push(frame);
                }
            }));
        }
        Self { sockets, live }
    }

    /// Waits for the message with this client id.
    pub(super) async fn wait_for(&mut self, id: &str) {
        while self.live.recv().await.unwrap()["client_id"] != id {}
    }

    /// Returns everything received so far.
    pub(super) async fn finish(self, service: &Service) -> Received {
        service.send_end().await;
        let mut all = Received::new();
        for socket in self.sockets {
            for frame in socket.await.unwrap() {
                let room = frame["room_id"].as_str().unwrap().to_owned();
                let seq = frame["seq"].as_u64().unwrap();
                all.entry(room).or_default().push(seq);
            }
        }
        all
    }
}

/// Every message arrived exactly once, in any order.
#[track_caller]
pub(super) fn assert_received_once(received: &Received, room: &str, last: u64) {
    let mut numbers = received.get(room).cloned().unwrap_or_default();
    numbers.sort_unstable();
    let expected: Vec<_> = (1..=last).collect();
    assert!(
        numbers == expected,
        "{room}: {}",
        mismatches(&numbers, last)
    );
}

/// Every message arrived at least once, in any order.
#[track_caller]
pub(super) fn assert_received(received: &Received, room: &str, last: u64) {
    let mut numbers = received.get(room).cloned().unwrap_or_default();
    numbers.sort_unstable();
    let repeats = numbers.len();
    numbers.dedup();
    let expected: Vec<_> = (1..=last).collect();
    let repeats = repeats - numbers.len();
    assert!(
        numbers == expected,
        "{room}, {repeats} repeats: {}",
        mismatches(&numbers, last)
    );
}

fn mismatches(numbers: &[u64], last: u64) -> String {
    let times = |seq| numbers.iter().filter(|n| **n == seq).count();
    let wrong = (1..=last).filter(|seq| times(*seq) != 1);
    let wrong = wrong.map(|seq| format!("{seq} came {} times", times(seq)));
    wrong.take(20).collect::<Vec<_>>().join(", ")
}
