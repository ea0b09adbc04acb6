//! Several processes on one file, and processes that are killed. A kill shows what survives the
//! end of a process, not what survives a power cut.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures_util::future::join_all;
use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Write, WriteError};

use super::Folder;
use crate::store::place::{Place, key};

/// The exit code of a test binary with a failed test.
const FAILED: i32 = 101;

const FILE: &str = "SWITCHBOARD_TEST_SENDER_FILE";
const SENDS: &str = "SWITCHBOARD_TEST_SENDER_SENDS";

/// A test of its own, which the other tests also start as processes that report what they stored.
#[tokio::test]
async fn a_sender_counts_its_sends() {
    let folder = Folder::new();
    let told = setting(FILE).zip(setting(SENDS));
    let (path, sends) = match &told {
        Some((path, sends)) => (path.into(), sends.parse().unwrap()),
        None => (folder.path(), 5),
    };
    let store = SqliteStore::new(path, Ids::random());
    let place = conversation(&store);

    join_all((0..4).map(|_| async {
        for _ in 0..sends {
            let n = send(&place).await;
            if told.is_some() {
                // Not `println!`, which the test harness captures.
                writeln!(std::io::stdout(), "stored {n}").unwrap();
            }
        }
    }))
    .await;

    assert!(read_back(&place).await.len() as u64 >= 4 * sends);
}

#[tokio::test]
async fn eight_processes_count_without_a_gap() {
    let folder = Folder::new();

    let senders: Vec<_> = (0..8).map(|_| Sender::start(&folder.path(), 10)).collect();
    let mut stored = BTreeSet::new();
    for sender in senders {
        for n in sender.finish() {
            assert!(stored.insert(n), "{n} was given twice");
        }
    }

    let store = folder.store();
    assert_eq!(stored, (1..=320).collect());
    assert_eq!(read_back(&conversation(&store)).await, stored);
}

#[tokio::test]
async fn an_acknowledged_write_survives_a_killed_process() {
    let folder = Folder::new();
    let mut stored = BTreeSet::new();

    for round in 1..=15 {
        let senders: Vec<_> = (0..3)
            .map(|_| Sender::start(&folder.path(), u64::MAX))
            .collect();
        for mut sender in senders {
            stored.extend(sender.stored().take(5));
            // At once, while a write that was acknowledged too early is not on the disk yet.
            stored.extend(sender.kill());
        }

        let store = folder.store();
        let there = read_back(&conversation(&store)).await;
        let lost: Vec<_> = stored.difference(&there).collect();
        assert!(lost.is_empty(), "lost in round {round}: {lost:?}");
    }

    assert!(stored.len() >= 15 * 3 * 5);
}

fn conversation(store: &SqliteStore) -> Place<'_> {
    Place::named(store, Collection::Messages, "conversation")
}

/// Increments the head and inserts the message with its number.
async fn send(place: &Place<'_>) -> u64 {
    loop {
        let head = place.get("head").await;
        let n = match &head {
            Some(head) => head.read::<u64>().unwrap() + 1,
            None => 1,
        };
        let head = match head {
            Some(head) => Write::replace(key("head"), head.version, &n),
            None => Write::insert(key("head"), &n),
        };
        let message = Write::insert(
            key(&format!("m:{n:08}")),
            &json!({ "text": "hello", "n": n }),
        );
        match place.write(vec![head.unwrap(), message.unwrap()]).await {
            Ok(()) => return n,
            Err(WriteError::Conflict { position }) => assert_eq!(position, 0),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// The numbers of all messages. Checks that there is no gap up to the head, in the same read.
async fn read_back(place: &Place<'_>) -> BTreeSet<u64> {
    let all = key("head")..key("m:").prefix_range().end;
    let mut records = place
        .store
        .range(&place.partition, all, usize::MAX)
        .await
        .unwrap()
        .into_iter();
    let head: u64 = records.next().unwrap().read().unwrap();
    let mut numbers = BTreeSet::new();
    for (expected, message) in (1..).zip(records) {
        let body: Value = message.read().unwrap();
        assert_eq!(body["n"], expected);
        numbers.insert(expected);
    }
    assert_eq!(numbers.len() as u64, head);
    numbers
}

/// A process that sends.
struct Sender {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Sender {
    fn start(path: &Path, sends: u64) -> Self {
        let itself = std::env::current_exe().unwrap();
        let mut child = Command::new(itself)
            .args(["--exact", "--nocapture"])
            .arg("store::sqlite::processes::a_sender_counts_its_sends")
            .env(FILE, path)
            .env(SENDS, sends.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The numbers that it reports. A line that a kill truncated does not count.
    fn stored(&mut self) -> impl Iterator<Item = u64> {
        self.lines.by_ref().filter_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("stored ")?.parse().ok()
        })
    }

    fn finish(mut self) -> Vec<u64> {
        let stored = self.stored().collect();
        assert!(self.child.wait().unwrap().success());
        stored
    }

    fn kill(mut self) -> Vec<u64> {
        self.child.kill().unwrap();
        let stored = self.stored().collect();
        let ended = self.child.wait().unwrap();
        assert_ne!(ended.code(), Some(FAILED), "it ended before it was killed");
        stored
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn setting(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "configures the process that this test starts"
    )]
    std::env::var(name).ok()
}
