//! Deleting a room deletes its messages, invites and sanctions.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Key, Partition, Record, Store};

use super::{create_invite, delete_room, member, negotiate_by_post, put_room};
use crate::support::{Client, TestApp, World, fresh_folder};

const WRITER: &str = "room_id=lobby&role=writer&username=alice";

fn message(content: &str) -> Value {
    json!({ "type": "message", "content": content, "requestId": 1 })
}

async fn history(client: &mut Client<'_>) -> Vec<(u64, String)> {
    let page = client
        .request(json!({ "type": "history", "limit": 200 }))
        .await;
    let messages = page["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("{page}"));
    let seen = |message: &Value| {
        let content = message["content"].as_str().unwrap();
        (message["seq"].as_u64().unwrap(), content.to_owned())
    };
    messages.iter().map(seen).collect()
}

#[tokio::test]
async fn a_recreated_room_starts_at_one_without_old_messages() {
    let world = World::start().await;
    let app = &world.app;
    put_room(
        app,
        "lobby",
        json!({ "access": "password", "password": "x" }),
    )
    .await;
    let (mut alice, _) = member(&world, "alice", "room_id=lobby&role=writer&password=x").await;
    let frame = json!({ "type": "message", "content": "old", "id": "m1" });
    assert_eq!(alice.request(frame.clone()).await["seq"], 1);
    assert_eq!(
        alice
            .request(json!({ "type": "message", "content": "older" }))
            .await["seq"],
        2
    );

    delete_room(app, "lobby").await;
    alice.wait_until_closed().await;
    put_room(app, "lobby", json!({})).await;
    let (mut alice, _) = member(&world, "alice", "room_id=lobby&role=writer").await;
    let empty = alice.request(json!({ "type": "history" })).await;
    let sent = alice.request(frame).await;

    assert_eq!(
        (&empty["messages"], &empty["last_seq"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(
        (&sent["seq"], &sent["duplicate"]),
        (&json!(1), &json!(false))
    );
    let page = alice.request(json!({ "type": "history" })).await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bans_and_mutes_end_with_the_room() {
    let world = World::start().await;
    let app = &world.app;
    super::apply_sanction(app, "lobby", "ban", "mallory").await;
    super::negotiate(app, "mallory", "room_id=lobby")
        .await
        .assert_problem(403, "banned");

    delete_room(app, "lobby").await;

    super::negotiate(app, "mallory", "room_id=lobby").await.ok();
}

#[tokio::test]
async fn a_message_during_a_deletion_lands_before_or_after_it() {
    let world = World::start().await;
    let app = &world.app;
    let names = ["alice", "bob", "carol"];
    let senders = names.map(|name| async move {
        let query = format!("room_id=lobby&role=writer&username={name}");
        let mut client = Client::negotiate(app, &query).await;
        let mut seqs = Vec::new();
        for n in 0..40 {
            let sent = client.request(message(&format!("{name}-{n}"))).await;
            seqs.push((
                sent["seq"].as_u64().unwrap_or_else(|| panic!("{sent}")),
                format!("{name}-{n}"),
            ));
        }
        seqs
    });
    let deletions = async {
        for _ in 0..5 {
            for _ in 0..5 {
                app.get("/api/health?live=1").await.ok();
            }
            delete_room(app, "lobby").await;
        }
    };

    let (posted, ()) = tokio::join!(futures_util::future::join_all(senders), deletions);

    let mut reader = Client::negotiate(app, WRITER).await;
    let seen = history(&mut reader).await;
    let seqs: Vec<u64> = seen.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=seen.len() as u64).collect::<Vec<_>>());
    let posted: Vec<_> = posted.into_iter().flatten().collect();
    for message in &seen {
        assert!(posted.contains(message), "{message:?}");
    }
}

/// A world, and direct access to its store.
async fn world_with_store() -> (World, Arc<dyn Store>) {
    let file: PathBuf = fresh_folder().join("rooms.db");
    let store = format!("sqlite:{}", file.display());
    let world = World::with(&[("STORE", &store)]).await;
    (world, Arc::new(SqliteStore::new(file, Ids::random())))
}

async fn stored(store: &dyn Store, partition: &str) -> Vec<Record> {
    let partition = Partition::new(Collection::Messages, partition);
    let everything = Key::literal("-")..Key::literal("~");
    store.range(&partition, everything, 10_000).await.unwrap()
}

fn count(records: &[Record], prefix: &str) -> usize {
    let keys = records.iter().map(|record| record.key.as_str());
    keys.filter(|key| key.starts_with(prefix)).count()
}

/// Makes unrelated calls until only this many records are left.
async fn call_until_left(app: &TestApp, store: &dyn Store, partition: &str, left: usize) {
    for _ in 0..2000 {
        if stored(store, partition).await.len() == left {
            return;
        }
        app.negotiate("room_id=elsewhere").await.ok();
    }
    panic!("{:?}", stored(store, partition).await);
}

#[tokio::test]
async fn later_calls_clean_up_the_remains_of_a_deleted_room() {
    let (world, store) = world_with_store().await;
    let app = &world.app;
    put_room(app, "lobby", json!({ "access": "invite" })).await;
    let invite = create_invite(app, "lobby", json!({ "role": "writer", "uses": 2 })).await;
    let body = json!({ "room_id": "lobby", "role": "writer", "username": "alice", "invite": invite["invite"] });
    let mut alice = Client::connect(app, negotiate_by_post(app, None, body).await).await;
    for n in 0..250 {
        assert_eq!(alice.request(message(&n.to_string())).await["seq"], n + 1);
    }
    let before = stored(&*store, "room:lobby").await;

    delete_room(app, "lobby").await;
    put_room(app, "lobby", json!({ "access": "invite" })).await;
    let fresh = create_invite(app, "lobby", json!({ "role": "writer" })).await;
    let body = json!({ "room_id": "lobby", "role": "writer", "username": "bob", "invite": fresh["invite"] });
    let mut bob = Client::connect(app, negotiate_by_post(app, None, body).await).await;
    assert_eq!(bob.request(message("new")).await["seq"], 1);
    // Guard, head, one message with its dedup record, one invite.
    call_until_left(app, &*store, "room:lobby", 5).await;

    assert_eq!(
        (
            count(&before, "m:"),
            count(&before, "id:"),
            count(&before, "invite:")
        ),
        (250, 250, 1)
    );
    assert_eq!(history(&mut bob).await, [(1, "new".to_owned())]);
}

#[tokio::test]
async fn later_calls_clean_up_the_remains_of_a_deleted_chat() {
    let (world, store) = world_with_store().await;
    let app = &world.app;
    let token = app.token("alice", json!({}));
    let negotiated = app.negotiate_as(&token, "channel=chats").await;
    let mut alice = Client::connect(app, negotiated).await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a" }))
        .await;
    let chat = created["chat"]["id"].as_str().unwrap().to_owned();
    for n in 0..60 {
        let message = json!({ "content": n.to_string() });
        let sent = alice
            .request(json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message }))
            .await;
        assert_eq!(sent["message"]["seq"], n + 1, "{sent}");
    }

    alice
        .request(json!({ "type": "DELETE_CHAT", "chatId": chat }))
        .await;

    call_until_left(app, &*store, &format!("chat:{chat}"), 2).await;
}
