//! Properties of the log itself: several of them on one file are what several instances are.

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

/// One message: through which instance, by which sender, under which id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Post {
    instance: usize,
    sender: usize,
    id: usize,
}

/// What is said in each wave is said at once.
fn waves() -> impl Strategy<Value = Vec<Vec<Post>>> {
    let say = (0..INSTANCES, 0..2_usize, 0..8_usize);
    let say = say.prop_map(|(instance, sender, id)| Post {
        instance,
        sender,
        id,
    });
    prop::collection::vec(prop::collection::vec(say, 1..10), 1..4)
}

fn lobby() -> Conversation {
    Conversation::Room("lobby".parse().unwrap())
}

fn draft(sender: usize, id: &str, content: String) -> Draft {
    let sender = UserId::parse(&format!("s{sender}")).unwrap();
    Draft {
        uuid: Ids::random().uuid(),
        content,
        client_id: Some(id.to_owned()),
        dedup_key: DedupKey::client_id(sender.as_str(), id),
        sender_name: sender.to_string(),
        sender,
        author: Author::Publisher(lobby()),
        attachment: None,
        join: None,
    }
}

fn log(store: Arc<dyn Store>, hub: &HubClient) -> MessageLog {
    let courier = Courier::new(hub.clone());
    let outbox = Outbox::default();
    MessageLog::new(store, courier, outbox, Clock::system(), Ids::random())
}

fn sqlite(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::new(path, Ids::random()))
}

#[test]
fn instances_give_each_message_one_number_without_a_gap() {
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
        let saying = wave.iter().enumerate().map(|(n, say)| {
            let content = format!("wave {number}, {n}");
            let draft = draft(say.sender, &say.id.to_string(), content);
            let log = &logs[say.instance];
            async move { log.append(&lobby(), draft).await }
        });
        let answers = join_all(saying).await;
        let known: BTreeSet<_> = model.keys().copied().collect();
        let mut stored = BTreeSet::new();
        for (say, answer) in wave.iter().zip(answers) {
            let answer = answer.unwrap();
            let key = (say.sender, say.id);
            if !answer.duplicate {
                prop_assert!(!known.contains(&key), "{:?} was stored twice", say);
                prop_assert!(stored.insert(key), "{:?} was stored twice", say);
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
        let top = ConversationState::read(store, &lobby()).await.unwrap();
        let part = Part::After(all.last().map_or(0, |last| last.seq));
        let page = page(store, &lobby(), &top, part, Some(limit))
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
        let top = ConversationState::read(store, &lobby()).await.unwrap();
        let page = page(store, &lobby(), &top, part, Some(limit))
            .await
            .unwrap();
        all.splice(0..0, page.messages);
        if !page.has_more {
            return all;
        }
        part = Part::Before(all[0].seq);
    }
}

/// On one thread: all are in the queue before it is looked at.
#[tokio::test]
async fn what_is_said_at_once_is_one_write_and_one_record() {
    let service = Service::start().await;
    let path = fresh_folder().join("switchboard.db");
    let store = Arc::new(Counted::new(sqlite(&path)));
    let log = log(store.clone(), &service.hub());
    let lobby = lobby();
    let before = service.gate.calls();

    let saying = (0..20).map(|n| {
        let draft = draft(n, "1", "hello".to_owned());
        log.append(&lobby, draft)
    });
    for said in join_all(saying).await {
        said.unwrap();
    }
    store.settled(1).await;

    let messages = ["message id"; 20].join(" ");
    let write = format!("write head {messages}");
    assert_eq!(
        store.calls(),
        ["read top", &write, "read top", "write head"]
    );
    assert_eq!(service.gate.calls() - before, 20);
}
