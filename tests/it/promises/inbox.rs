//! An inbox on each store: concurrent notifications, repeats and read marks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use switchboard::azure::courier::Courier;
use switchboard::clock::{Clock, Ids};
use switchboard::feeds::inbox::Inboxes;
use switchboard::feeds::list::{Filter, Page};
use switchboard::feeds::notification::NewNotification;
use switchboard::feeds::read_marks::ReadMarks;
use switchboard::feeds::size_limit::SizeLimit;
use switchboard::ids::user_id::UserId;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;
use webpubsub::HubClient;

use super::{LOAD_TEST_LOCK, Service, StoreSettings};
use crate::notifications::{ids, inbox, mark_read, notify, open_tab, unread};
use crate::support::{TestApp, World, fresh_folder};

/// Tests share an account.
fn somebody() -> String {
    format!("user-{}", Ids::random().uuid())
}

/// 50 notifications at once; every second one has an id that another one has too.
async fn store_concurrent_notifications_once(stores: StoreSettings) {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let settings = stores
        .settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let world = World::with(&settings.collect::<Vec<_>>()).await;
    let user = somebody();
    let mut tab = open_tab(&world, &user).await;
    let number = "123456789012345678901234567890";

    let sending = (0..50).map(|n| {
        let id = if n % 2 == 0 { n } else { n / 10 * 10 };
        let notification = json!({ "id": id.to_string(), "n": n, "text": "\u{1F469} \\ \"\n" });
        let (world, user) = (&world, &user);
        async move { notify_until_accepted(world, user, &notification).await }
    });
    let answers = join_all(sending).await;
    let raw = format!(r#"{{"user_id":"{user}","notification":{{"id":"big","n":{number}}}}}"#);
    let raw = || {
        let call = world.app.call(Method::POST, "/api/notifications");
        let call = call.bearer_auth(TestApp::API_TOKEN);
        call.body(raw.clone()).send()
    };
    while raw().await.unwrap().status() != 202 {}

    let expected: BTreeSet<_> = answers.into_iter().chain(["big".to_owned()]).collect();
    assert_eq!(expected.len(), 26, "{}", stores.name);
    let listed = ids(&world, &user, "limit=100").await;
    assert_eq!(listed.len(), expected.len(), "{}: {listed:?}", stores.name);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(unread(&world, &user).await, 26);
    let received = tab.drain().await;
    let id = |frame: &Value| frame["notification"]["id"].as_str().unwrap().to_owned();
    assert_eq!(received.len(), 26, "{}", stores.name);
    assert_eq!(received.iter().map(id).collect::<BTreeSet<_>>(), expected);

    // Two pages mark the same ones at once.
    let marks = json!({ "ids": ["0", "10", "big"] });
    join_all((0..4).map(|_| mark_until_done(&world, &user, &marks))).await;
    assert_eq!(unread(&world, &user).await, 23);
    let all = json!({ "all": true });
    join_all((0..4).map(|_| mark_until_done(&world, &user, &all))).await;
    assert_eq!(unread(&world, &user).await, 0);
    let page = inbox(&world, &user, "limit=100").await;
    let entries = page["notifications"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["read"] == true));
    let kept = entries.iter().find(|entry| entry["id"] == "big").unwrap();
    let expected: Value = serde_json::from_str(number).unwrap();
    assert_eq!(kept["n"], expected, "{}", stores.name);
}

/// As a back end does: on a busy machine a store may be too slow.
async fn notify_until_accepted(world: &World, user: &str, notification: &Value) -> String {
    loop {
        let answer = notify(world, user, notification).await;
        match answer.status.as_u16() {
            202 => return answer.json()["id"].as_str().unwrap().to_owned(),
            500 | 503 => {}
            _ => panic!("{answer:?}"),
        }
    }
}

async fn mark_until_done(world: &World, user: &str, marks: &Value) {
    loop {
        let answer = mark_read(world, user, marks).await;
        match answer.status.as_u16() {
            200 => return,
            500 | 503 => {}
            _ => panic!("{answer:?}"),
        }
    }
}

#[tokio::test]
async fn concurrent_notifications_are_stored_and_sent_once_on_sqlite() {
    store_concurrent_notifications_once(StoreSettings::sqlite()).await;
}

/// The same on every store, whose calls need the real clock. `deliver` tries again as the queue does,
/// so a slow machine only costs time.
async fn store_concurrent_deliveries_once(stores: StoreSettings) {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let service = Service::start().await;
    let inboxes = inboxes(stores.open(), &service.hub(), Clock::system());
    let user = UserId::parse(&somebody()).unwrap();

    let delivering = (0..50).map(|n| {
        let id = if n % 2 == 0 { n } else { n / 10 * 10 };
        let (inboxes, user) = (&inboxes, &user);
        async move { deliver(inboxes, user, &id.to_string()).await }
    });
    join_all(delivering).await;

    let page = list(&inboxes, &user, None, 100).await;
    let listed: Vec<_> = page
        .notifications
        .iter()
        .map(|n| id_of(&n.notification))
        .collect();
    let distinct: BTreeSet<_> = listed.iter().collect();
    assert_eq!((listed.len(), distinct.len()), (25, 25), "{}", stores.name);
    assert_eq!(inboxes.unread_count(&user).await.unwrap(), 25);
    assert!(service.gate.calls() >= 25, "{}", stores.name);
    let some = ReadMarks::new(Some(vec!["0".to_owned(), "10".to_owned()]), None).unwrap();
    for (marks, left) in [(some, 23), (ReadMarks::All, 0)] {
        join_all((0..4).map(|_| mark(&inboxes, &user, &marks))).await;
        assert_eq!(inboxes.unread_count(&user).await.unwrap(), left);
    }
}

#[tokio::test]
async fn concurrent_deliveries_are_stored_once_on_sqlite() {
    store_concurrent_deliveries_once(StoreSettings::sqlite()).await;
}

#[tokio::test]
async fn concurrent_deliveries_are_stored_once_on_azurite() {
    store_concurrent_deliveries_once(StoreSettings::azurite().await).await;
}

#[tokio::test]
async fn concurrent_deliveries_are_stored_once_on_the_cosmos_double() {
    store_concurrent_deliveries_once(StoreSettings::cosmos().await).await;
}

/// Several instances, whose clock is the real one: order, pages, repeats and expiry.
async fn read_an_inbox_in_order(stores: StoreSettings) {
    let service = Service::start().await;
    let instances: Vec<_> = (0..2)
        .map(|_| inboxes(stores.open(), &service.hub(), Clock::system()))
        .collect();
    let user = UserId::parse(&somebody()).unwrap();
    for n in 0..30 {
        deliver(&instances[n % 2], &user, &n.to_string()).await;
    }
    let after_expiry = Clock::system().now() + jiff::SignedDuration::from_hours(24 * 30);
    let later = Clock::from_fn(move || after_expiry);
    let later = inboxes(stores.open(), &service.hub(), later);

    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = list(&instances[0], &user, before.as_deref(), 7).await;
        seen.extend(page.notifications.iter().map(|n| id_of(&n.notification)));
        before = seen.last().cloned();
        if !page.has_more {
            break;
        }
    }
    let expected: Vec<_> = (0..30).rev().map(|n| n.to_string()).collect();
    assert_eq!(seen, expected, "{}", stores.name);
    assert!(list(&later, &user, None, 7).await.notifications.is_empty());
    assert_eq!(later.unread_count(&user).await.unwrap(), 0);
    // 20 of them are removed at a time.
    for _ in 0..2 {
        later.mark_read(&user, ReadMarks::All).await.unwrap();
    }
    let gone = list(&instances[0], &user, None, 7).await;
    assert!(gone.notifications.is_empty(), "{}", stores.name);
}

#[tokio::test]
async fn an_inbox_is_read_in_order_until_it_expires_on_sqlite() {
    read_an_inbox_in_order(StoreSettings::sqlite()).await;
}

#[tokio::test]
async fn an_inbox_is_read_in_order_until_it_expires_on_azurite() {
    read_an_inbox_in_order(StoreSettings::azurite().await).await;
}

#[tokio::test]
async fn an_inbox_is_read_in_order_until_it_expires_on_the_cosmos_double() {
    read_an_inbox_in_order(StoreSettings::cosmos().await).await;
}

fn inboxes(store: Arc<dyn Store>, hub: &HubClient, clock: Clock) -> Inboxes {
    Inboxes::new(store, Courier::new(hub.clone()), clock, 30)
}

/// Until it is stored and sent: each attempt is one of the same call.
async fn deliver(inboxes: &Inboxes, user: &UserId, id: &str) {
    let json = RawValue::from_string(json!({ "id": id }).to_string()).unwrap();
    let call = Ids::random().uuid();
    loop {
        let new = NewNotification::parse(&json, SizeLimit::HTTP).unwrap();
        match inboxes.deliver(user, new, call).await {
            Ok(delivered) if delivered.sent.is_ok() => return,
            Ok(_) => {}
            Err(error) => assert!(!error.is_permanent(), "{error}"),
        }
    }
}

async fn mark(inboxes: &Inboxes, user: &UserId, marks: &ReadMarks) {
    while let Err(error) = inboxes.mark_read(user, marks.clone()).await {
        assert!(!error.is_permanent(), "{error}");
    }
}

async fn list(inboxes: &Inboxes, user: &UserId, before: Option<&str>, limit: u64) -> Page {
    let page = inboxes.list(user, Filter::All, before, Some(limit)).await;
    page.unwrap()
}

fn id_of(notification: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(notification).unwrap();
    value["id"].as_str().unwrap().to_owned()
}

#[derive(Debug, Clone)]
enum Step {
    Deliver(u8),
    Read(Vec<u8>),
    ReadAll,
}

/// The steps of one wave happen at the same time.
fn waves() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        6 => (0..8_u8).prop_map(Step::Deliver),
        2 => prop::collection::vec(0..8_u8, 1..4).prop_map(Step::Read),
        1 => Just(Step::ReadAll),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..8), 1..5)
}

#[test]
fn whatever_happens_at_once_every_id_is_in_the_inbox_once_and_what_was_read_stays_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };

    let result = TestRunner::new(config).run(&waves(), |waves| {
        runtime.block_on(check_waves(&service.hub(), waves))
    });

    result.unwrap();
}

async fn check_waves(hub: &HubClient, waves: Vec<Vec<Step>>) -> Result<(), TestCaseError> {
    let path = fresh_folder().join("switchboard.db");
    let instance = || {
        let store = Arc::new(SqliteStore::new(&path, Ids::random()));
        inboxes(store, hub, Clock::system())
    };
    let instances = [instance(), instance()];
    let user = UserId::parse("alice").unwrap();
    // Whether each notification must be read. `None`: it arrived or was read in the same wave.
    let mut model: BTreeMap<String, Option<bool>> = BTreeMap::new();
    for wave in waves {
        let known: BTreeSet<_> = model.keys().cloned().collect();
        let running = wave.iter().enumerate().map(|(n, step)| {
            let (inboxes, user) = (&instances[n % 2], &user);
            async move {
                match step {
                    Step::Deliver(id) => deliver(inboxes, user, &id.to_string()).await,
                    Step::Read(ids) => {
                        let ids = ids.iter().map(u8::to_string).collect();
                        let marks = ReadMarks::new(Some(ids), None).unwrap();
                        inboxes.mark_read(user, marks).await.unwrap();
                    }
                    Step::ReadAll => inboxes.mark_read(user, ReadMarks::All).await.unwrap(),
                }
            }
        });
        join_all(running).await;
        for step in &wave {
            if let Step::Deliver(id) = step {
                model.entry(id.to_string()).or_insert(Some(false));
            }
        }
        for step in &wave {
            let covered: Vec<_> = match step {
                Step::Deliver(_) => Vec::new(),
                Step::Read(ids) => ids.iter().map(u8::to_string).collect(),
                Step::ReadAll => model.keys().cloned().collect(),
            };
            for id in covered {
                if let Some(is_read) = model.get_mut(&id) {
                    let is_certain = known.contains(&id);
                    *is_read = match is_certain {
                        true => Some(true),
                        false if *is_read == Some(true) => Some(true),
                        false => None,
                    };
                }
            }
        }
        let page = list(&instances[0], &user, None, 100).await;
        let listed: Vec<_> = page.notifications.iter().collect();
        prop_assert_eq!(listed.len(), model.len());
        let mut unread = 0;
        for listed in listed {
            let id = id_of(&listed.notification);
            let expected = model.get_mut(&id);
            prop_assert!(expected.is_some(), "{} twice, or never sent", id);
            if let Some(expected) = expected {
                prop_assert!(expected.is_none_or(|read| read == listed.is_read), "{}", id);
                *expected = Some(listed.is_read);
            }
            unread += usize::from(!listed.is_read);
        }
        prop_assert_eq!(instances[1].unread_count(&user).await.unwrap(), unread);
    }
    Ok(())
}
