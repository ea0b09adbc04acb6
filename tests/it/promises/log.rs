//! Properties of the message log: several logs on one file stand for several instances.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use switchboard::azure::courier::Courier;
use switchboard::clock::{Clock, Ids};
use switchboard::conversation::history::{Part, page};
use switchboard::conversation::log::MessageLog;
use switchboard::conversation::message::{DedupKey, Draft, Message};
use switchboard::conversation::outbox::Outbox;
use switchboard::conversation::{Author, Conversation, ConversationState};
use switchboard::ids::user_id::UserId;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;
use webpubsub::HubClient;

use super::Service;
use super::counted::Counted;
use crate::support::fresh_folder;

const INSTANCES: usize = 3;

/// One message: its instance, its sender and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Post {
    instance: usize,
    sender: usize,
    id: usize,
}

/// The messages of one wave are posted at the same time.
fn waves() -> impl Strategy<Value = Vec<Vec<Post>>> {
    let post = (0..INSTANCES, 0..2_usize, 0..8_usize);
    let post = post.prop_map(|(instance, sender, id)| Post {
        instance,
        sender,
        id,
    });
    prop::collection::vec(prop::collection::vec(post, 1..10), 1..4)
}

pub(super) fn lobby() -> Conversation {
    Conversation::Room("lobby".parse().unwrap())
}

pub(super) fn draft(sender: usize, id: &str, content: String) -> Draft {
    let sender = UserId::parse(&format!("s{sender}")).unwrap();
    Draft {
        uuid: Ids::random().uuid(),
        content,
        client_id: Some(id.to_owned()),
        dedup_key: DedupKey::client_id(sender.as_str(), id),
        sender_name: sender.to_string(),
        sender,
        author: Author::Publisher(lobby()),
        asking: None,
        answering: None,
        attachment: None,
        join: None,
    }
}

pub(super) fn log(store: Arc<dyn Store>, hub: &HubClient) -> MessageLog {
    let courier = Courier::new(hub.clone());
    let outbox = Outbox::default();
    let (clock, ids) = (Clock::system(), Ids::random());
    MessageLog::new(store, courier, outbox, clock, ids, 8)
}

fn sqlite(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::new(path, Ids::random()))
}

#[test]
fn instances_number_messages_without_gaps_or_repeats() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let config = Config {
        cases: 16,
        failure_persistence: None,
        ..Config::default()
    };

    let result = TestRunner::new(config).run(&waves(), |waves| {
        runtime.block_on(check_waves(&service.hub(), waves))
    });

    result.unwrap();
}

async fn check_waves(hub: &HubClient, waves: Vec<Vec<Post>>) -> Result<(), TestCaseError> {
    let path = fresh_folder().join("switchboard.db");
    let logs: Vec<_> = (0..INSTANCES).map(|_| log(sqlite(&path), hub)).collect();
    let mut model: BTreeMap<(usize, usize), Message> = BTreeMap::new();
    for (number, wave) in waves.into_iter().enumerate() {
        let posting = wave.iter().enumerate().map(|(n, post)| {
            let content = format!("wave {number}, {n}");
            let draft = draft(post.sender, &post.id.to_string(), content);
            let log = &logs[post.instance];
            async move { log.append(&lobby(), draft).await }
        });
        let answers = join_all(posting).await;
        let known: BTreeSet<_> = model.keys().copied().collect();
        let mut stored = BTreeSet::new();
        for (post, answer) in wave.iter().zip(answers) {
            let answer = answer.unwrap();
            let key = (post.sender, post.id);
            if !answer.duplicate {
                prop_assert!(!known.contains(&key), "{:?} was stored twice", post);
                prop_assert!(stored.insert(key), "{:?} was stored twice", post);
            }
            let first = model.entry(key).or_insert_with(|| answer.message.clone());
            prop_assert_eq!(&answer.message, first);
        }
        let all: BTreeSet<_> = model.keys().copied().collect();
        prop_assert_eq!(&known | &stored, all);
    }
    let mut messages: Vec<_> = model.into_values().collect();
    messages.sort_by_key(|message| message.seq);
    let numbers: Vec<_> = messages.iter().map(|message| message.seq).collect();
    prop_assert_eq!(numbers, (1..=messages.len() as u64).collect::<Vec<_>>());
    let store = sqlite(&path);
    for limit in [1, 2, 3, 7, 50] {
        prop_assert_eq!(&forwards(&*store, limit).await, &messages);
        prop_assert_eq!(&backwards(&*store, limit).await, &messages);
    }
    Ok(())
}

async fn forwards(store: &dyn Store, limit: u64) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    loop {
        let state = ConversationState::read(store, &lobby()).await.unwrap();
        let part = Part::After(all.last().map_or(0, |last| last.seq));
        let page = page(store, &lobby(), &state, part, Some(limit))
            .await
            .unwrap();
        all.extend(page.messages);
        if !page.has_more {
            return all;
        }
    }
}

async fn backwards(store: &dyn Store, limit: u64) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    let mut part = Part::Newest;
    loop {
        let state = ConversationState::read(store, &lobby()).await.unwrap();
        let page = page(store, &lobby(), &state, part, Some(limit))
            .await
            .unwrap();
        all.splice(0..0, page.messages);
        if !page.has_more {
            return all;
        }
        part = Part::Before(all[0].seq);
    }
}

/// On one thread, so that all messages are queued before the log reads its queue.
#[tokio::test]
async fn messages_posted_at_once_share_one_write_and_one_sent_record() {
    let service = Service::start().await;
    let path = fresh_folder().join("switchboard.db");
    let store = Arc::new(Counted::new(sqlite(&path)));
    let log = log(store.clone(), &service.hub());
    let lobby = lobby();
    let before = service.gate.calls();

    let posting = (0..20).map(|n| {
        let draft = draft(n, "1", "hello".to_owned());
        log.append(&lobby, draft)
    });
    for posted in join_all(posting).await {
        posted.unwrap();
    }
    store.wait_for_sent_records(1).await;

    let messages = ["message id"; 20].join(" ");
    let write = format!("write head {messages}");
    assert_eq!(store.take_calls(), ["read state", &write, "write head"]);
    assert_eq!(service.gate.calls() - before, 20);
}
