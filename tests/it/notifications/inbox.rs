//! What an inbox holds, and what its owner does with it.

use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::ids::user_id::UserId;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Key, Partition, Record, Store, Write};

use super::{DAY, get, ids, inbox, mark_read, notified, notify, unread};
use crate::support::{World, fresh_folder};

/// A world, and its store from behind.
async fn with_store(settings: &[(&str, &str)]) -> (World, SqliteStore) {
    let file = fresh_folder().join("switchboard.db");
    let place = format!("sqlite:{}", file.display());
    let mut all = vec![("STORE", place.as_str())];
    all.extend_from_slice(settings);
    let world = World::with(&all).await;
    (world, SqliteStore::new(file, Ids::random()))
}

fn partition(user: &str) -> Partition {
    let user = UserId::parse(user).unwrap();
    Partition::new(Collection::Users, format!("inbox:{}", user.group_hash()))
}

async fn records(store: &SqliteStore, user: &str) -> Vec<Record> {
    let everything = Key::literal("-")..Key::literal("~");
    let records = store.range(&partition(user), everything, 10_000).await;
    records.unwrap()
}

#[tokio::test]
async fn a_notification_is_kept_as_it_was_sent_with_an_id_and_a_timestamp() {
    let world = World::start().await;
    let given = json!({
        "id": "n-1", "timestamp": "2025-01-15T10:30:00Z", "title": "Ä \u{1F469}", "link": "/a",
        "deep": { "list": [1, null, { "x": [] }] }, "read": "a key of the sender's",
    });

    assert_eq!(notified(&world, "alice", &given).await, "n-1");
    world.app.advance(1);
    let made = notified(&world, "alice", &json!({})).await;

    let page = inbox(&world, "alice", "").await;
    let mut kept = given;
    kept["read"] = json!(false);
    let added = json!({ "id": made, "timestamp": "2027-01-15T08:00:01.000000Z", "read": false });
    let expected = json!({ "notifications": [added, kept], "hasMore": false });
    assert_eq!(page, expected);
}

#[tokio::test]
async fn numbers_are_kept_as_they_were_written() {
    let world = World::start().await;
    let body = r#"{"user_id":"alice","notification":{"id":"1","n":[123456789012345678901234567890,1.10,-0.0]}}"#;
    let call = world.app.call(reqwest::Method::POST, "/api/notifications");
    let call = call.bearer_auth(crate::support::TestApp::API_TOKEN);
    assert_eq!(call.body(body).send().await.unwrap().status(), 202);

    let answer = get(&world, "alice", "").await;

    let numbers = "[123456789012345678901234567890,1.10,-0.0]";
    assert!(answer.body.contains(numbers), "{}", answer.body);
}

#[tokio::test]
async fn the_inbox_is_read_in_pages_newest_first() {
    let world = World::start().await;
    for n in 1..=7 {
        notified(&world, "alice", &json!({ "id": n.to_string() })).await;
        world.app.advance(1);
    }
    let read = mark_read(&world, "alice", &json!({ "ids": ["6", "3"] })).await;
    assert_eq!(read.status, 200);

    let first = inbox(&world, "alice", "limit=3").await;
    let marks: Vec<_> = first["notifications"].as_array().unwrap().iter().collect();

    assert_eq!(ids(&world, "alice", "limit=3").await, ["7", "6", "5"]);
    assert_eq!(first["hasMore"], true);
    assert_eq!(
        marks.iter().map(|n| &n["read"]).collect::<Vec<_>>(),
        [false, true, false]
    );
    let rest = ids(&world, "alice", "limit=3&before=5").await;
    assert_eq!(rest, ["4", "3", "2"]);
    let last = inbox(&world, "alice", "limit=3&before=2").await;
    assert_eq!(last["notifications"][0]["id"], "1");
    assert_eq!(last["hasMore"], false);
    assert!(ids(&world, "alice", "before=1").await.is_empty());
    let only = ids(&world, "alice", "unread=true&limit=3").await;
    assert_eq!(only, ["7", "5", "4"]);
    let more = inbox(&world, "alice", "unread=true&limit=3&before=4").await;
    assert_eq!(more["notifications"].as_array().unwrap().len(), 2);
    assert_eq!(more["hasMore"], false);
    assert_eq!(ids(&world, "alice", "unread=false").await.len(), 7);
}

#[tokio::test]
async fn a_large_inbox_is_cut_into_pages_that_fit_an_answer() {
    let world = World::start().await;
    let large = "x".repeat(60 * 1024);
    for n in 1..=20 {
        notified(&world, "alice", &json!({ "id": n.to_string(), "a": large })).await;
        world.app.advance(1);
    }

    for filter in ["", "&unread=true"] {
        let mut seen = Vec::new();
        let mut query = format!("limit=200{filter}");
        loop {
            let page = inbox(&world, "alice", &query).await;
            assert!(page.to_string().len() <= 512 * 1024 + 2000);
            let entries = page["notifications"].as_array().unwrap();
            seen.extend(entries.iter().map(|entry| entry["id"].clone()));
            if page["hasMore"] == false {
                break;
            }
            let last = seen.last().unwrap().as_str().unwrap();
            query = format!("limit=200{filter}&before={last}");
        }
        let expected: Vec<Value> = (1..=20).rev().map(|n| json!(n.to_string())).collect();
        assert_eq!(seen, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_repeated_id_changes_nothing_and_is_another_users_own() {
    let world = World::start().await;
    let first = json!({ "id": "n-1", "title": "first" });

    notified(&world, "alice", &first).await;
    mark_read(&world, "alice", &json!({ "all": true })).await;
    world.app.advance(60);
    let repeat = json!({ "id": "n-1", "title": "second" });
    assert_eq!(notified(&world, "alice", &repeat).await, "n-1");
    assert_eq!(notified(&world, "bob", &repeat).await, "n-1");

    let alices = inbox(&world, "alice", "").await;
    assert_eq!(alices["notifications"].as_array().unwrap().len(), 1);
    assert_eq!(alices["notifications"][0]["title"], "first");
    assert_eq!(alices["notifications"][0]["read"], true);
    let bobs = inbox(&world, "bob", "").await;
    assert_eq!(bobs["notifications"][0]["title"], "second");
    assert_eq!(unread(&world, "alice").await, 0);
    assert_eq!(unread(&world, "bob").await, 1);
}

#[tokio::test]
async fn a_user_marks_some_or_all_as_read() {
    let world = World::start().await;
    for id in ["1", "2", "3", "4"] {
        for user in ["alice", "bob"] {
            notified(&world, user, &json!({ "id": id })).await;
        }
    }

    let some = mark_read(
        &world,
        "alice",
        &json!({ "ids": ["1", "3", "1", "unknown"] }),
    )
    .await;
    let after_some = unread(&world, "alice").await;
    let again = mark_read(&world, "alice", &json!({ "ids": ["1"] })).await;
    let unknown = mark_read(&world, "alice", &json!({ "ids": ["x"] })).await;
    let all = mark_read(&world, "alice", &json!({ "all": true })).await;
    let all_again = mark_read(&world, "alice", &json!({ "all": true })).await;

    for answer in [some, again, unknown, all, all_again] {
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    }
    assert_eq!(after_some, 2);
    assert_eq!(unread(&world, "alice").await, 0);
    assert_eq!(unread(&world, "bob").await, 4);
    assert!(ids(&world, "alice", "unread=true").await.is_empty());
    assert_eq!(ids(&world, "alice", "").await.len(), 4);
}

#[tokio::test]
async fn a_notification_that_arrives_after_all_were_read_is_unread() {
    let world = World::start().await;
    notified(&world, "alice", &json!({ "id": "1" })).await;
    mark_read(&world, "alice", &json!({ "all": true })).await;

    // The clock stands still: it arrives in the same microsecond.
    notified(&world, "alice", &json!({ "id": "2" })).await;

    assert_eq!(ids(&world, "alice", "unread=true").await, ["2"]);
}

#[tokio::test]
async fn the_unread_count_ends_at_1000_and_all_of_them_can_be_read() {
    let (world, store) = with_store(&[]).await;
    notified(&world, "alice", &json!({})).await;
    let keys: Vec<_> = (0..1049).map(|n| format!("u:{n:016}:x")).collect();
    for keys in keys.chunks(100) {
        let inserts = keys.iter().map(|key| Write::Insert {
            key: Key::new(key.clone()),
            body: "{}".to_owned(),
        });
        let written = store.write(&partition("alice"), inserts.collect()).await;
        written.unwrap();
    }
    assert_eq!(unread(&world, "alice").await, 1000);

    mark_read(&world, "alice", &json!({ "all": true })).await;

    assert_eq!(unread(&world, "alice").await, 0);
    let left = records(&store, "alice").await;
    assert_eq!(left.len(), 2, "the notification and its id");
}

#[tokio::test]
async fn notifications_expire_and_their_records_are_removed() {
    let settings = [("NOTIFICATION_TTL_DAYS", "2")];
    let (world, store) = with_store(&settings).await;
    for n in 0..30 {
        notified(&world, "alice", &json!({ "id": format!("old-{n}") })).await;
    }
    mark_read(&world, "alice", &json!({ "ids": ["old-1", "old-2"] })).await;
    world.app.advance(2 * DAY - 1);
    notified(&world, "alice", &json!({ "id": "new" })).await;
    assert_eq!(ids(&world, "alice", "").await.len(), 31);

    world.app.advance(1);

    assert_eq!(ids(&world, "alice", "").await, ["new"]);
    assert_eq!(ids(&world, "alice", "unread=true").await, ["new"]);
    assert_eq!(unread(&world, "alice").await, 1);
    get(&world, "alice", "?before=old-3")
        .await
        .assert_problem(400, "invalid_parameter");
    // An expired id is free again, although its records are still there.
    let reused = json!({ "id": "old-5", "title": "again" });
    notified(&world, "alice", &reused).await;
    assert_eq!(unread(&world, "alice").await, 2);
    for _ in 0..2 {
        mark_read(&world, "alice", &json!({ "ids": ["new"] })).await;
    }
    let mut left = records(&store, "alice").await;
    left.retain(|record| !record.key.as_str().starts_with("u:"));
    assert_eq!(left.len(), 4, "two notifications and their ids: {left:?}");
    assert_eq!(ids(&world, "alice", "unread=true").await, ["old-5"]);
    assert_eq!(ids(&world, "alice", "before=old-5").await, ["new"]);
}

#[tokio::test]
async fn expired_notifications_of_a_user_who_never_reads_are_removed_too() {
    let (world, store) = with_store(&[("NOTIFICATION_TTL_DAYS", "1")]).await;
    for n in 0..40 {
        notified(&world, "alice", &json!({ "id": format!("old-{n}") })).await;
    }
    world.app.advance(DAY);

    for n in 0..100 {
        notify(&world, "alice", &json!({ "id": format!("new-{n}") })).await;
    }

    assert_eq!(records(&store, "alice").await.len(), 3 * 100);
}
