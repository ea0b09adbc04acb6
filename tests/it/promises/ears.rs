use std::collections::BTreeMap;

use serde_json::Value;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::person::negotiated;
use super::{Handler, Service};
use crate::support::Socket;

/// How many rooms one connection may be bound to.
const ROOMS_A_SOCKET: usize = 20;

/// Real sockets at the service, that listen in rooms.
pub(super) struct Ears {
    sockets: Vec<JoinHandle<Vec<Value>>>,
    live: UnboundedReceiver<Value>,
}

/// The numbers that were heard in each room, in the order in which they came.
pub(super) type Heard = BTreeMap<String, Vec<u64>>;

impl Ears {
    pub(super) async fn listen(handler: &Handler, rooms: &[String]) -> Self {
        let http = SharedHttpClient::new().client().unwrap();
        let (sender, live) = unbounded_channel();
        let mut sockets = Vec::new();
        for rooms in rooms.chunks(ROOMS_A_SOCKET) {
            let negotiated = negotiated(&http, &handler.base, "ears", rooms).await;
            let url = negotiated["url"].as_str().unwrap();
            let mut socket = Socket::dial(url).await.unwrap();
            let sender = sender.clone();
            sockets.push(tokio::spawn(async move {
                let mut heard = Vec::new();
                loop {
                    let frame = socket.waits_for_a_frame().await;
                    if frame["type"] == "end" {
                        return heard;
                    }
                    // Who does not listen along does not care.
                    let _ = sender.send(frame.clone());
                    heard.push(frame);
                }
            }));
        }
        Self { sockets, live }
    }

    /// Waits until this was said.
    pub(super) async fn hear(&mut self, id: &str) {
        while self.live.recv().await.unwrap()["client_id"] != id {}
    }

    /// All that was heard until now.
    pub(super) async fn end(self, service: &Service) -> Heard {
        service.ends().await;
        let mut all = Heard::new();
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

/// Whatever order they came in.
#[track_caller]
pub(super) fn assert_heard_once(heard: &Heard, room: &str, last: u64) {
    let mut numbers = heard.get(room).cloned().unwrap_or_default();
    numbers.sort_unstable();
    let wanted: Vec<_> = (1..=last).collect();
    assert!(numbers == wanted, "{room}: {}", odd_ones(&numbers, last));
}

#[track_caller]
pub(super) fn assert_heard(heard: &Heard, room: &str, last: u64) {
    let mut numbers = heard.get(room).cloned().unwrap_or_default();
    numbers.sort_unstable();
    let repeats = numbers.len();
    numbers.dedup();
    let wanted: Vec<_> = (1..=last).collect();
    let repeats = repeats - numbers.len();
    assert!(
        numbers == wanted,
        "{room}, {repeats} repeats: {}",
        odd_ones(&numbers, last)
    );
}

fn odd_ones(numbers: &[u64], last: u64) -> String {
    let times = |seq| numbers.iter().filter(|n| **n == seq).count();
    let odd = (1..=last).filter(|seq| times(*seq) != 1);
    let odd = odd.map(|seq| format!("{seq} came {} times", times(seq)));
    odd.take(20).collect::<Vec<_>>().join(", ")
}
