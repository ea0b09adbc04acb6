//! A room that is removed is gone with everything that was said in it.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Key, Partition, Record, Store};

use super::{deletes, invites, member, posts, puts};
use crate::support::{Client, TestApp, World, fresh_folder};

const WRITER: &str = "room_id=lobby&role=writer&username=alice";

fn say(content: &str) -> Value {
    json!({ "type": "message", "content": content, "requestId": 1 })
}

async fn history(client: &mut Client<'_>) -> Vec<(u64, String)> {
    let page = client
        .sends(json!({ "type": "history", "limit": 200 }))
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
async fn a_room_made_anew_begins_at_one_and_shows_nothing_old() {
    let world = World::start().await;
    let app = &world.app;
    puts(
        app,
        "lobby",
        json!({ "access": "password", "password": "x" }),
    )
    .await;
    let (mut alice, _) = member(&world, "alice", "room_id=lobby&role=writer&password=x").await;
    let same = json!({ "type": "message", "content": "old", "id": "m1" });
    assert_eq!(alice.says(same.clone()).await["seq"], 1);
    assert_eq!(
        alice
            .says(json!({ "type": "message", "content": "older" }))
            .await["seq"],
        2
    );

    deletes(app, "lobby").await;
    alice.is_closed().await;
    puts(app, "lobby", json!({})).await;
    let (mut alice, _) = member(&world, "alice", "room_id=lobby&role=writer").await;
    let empty = alice.says(json!({ "type": "history" })).await;
    let said = alice.says(same).await;

    assert_eq!(
        (&empty["messages"], &empty["last_seq"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(
        (&said["seq"], &said["duplicate"]),
        (&json!(1), &json!(false))
    );
    let page = alice.says(json!({ "type": "history" })).await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bans_and_mutes_end_with_the_room() {
    let world = World::start().await;
    let app = &world.app;
    super::carries_out(app, "lobby", "ban", "mallory").await;
    super::asks(app, "mallory", "room_id=lobby")
        .await
        .assert_problem(403, "banned");

    deletes(app, "lobby").await;

    super::asks(app, "mallory", "room_id=lobby").await.ok();
}

#[tokio::test]
async fn whoever_speaks_while_a_room_goes_speaks_before_or_after() {
    let world = World::start().await;
    let app = &world.app;
    let names = ["alice", "bob", "carol"];
    let speakers = names.map(|name| async move {
        let query = format!("room_id=lobby&role=writer&username={name}");
        let mut client = Client::negotiated(app, &query).await;
        let mut seqs = Vec::new();
        for n in 0..40 {
            let sent = client.sends(say(&format!("{name}-{n}"))).await;
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
            deletes(app, "lobby").await;
        }
    };

    let (said, ()) = tokio::join!(futures_util::future::join_all(speakers), deletions);

    let mut reader = Client::negotiated(app, WRITER).await;
    let seen = history(&mut reader).await;
    let seqs: Vec<u64> = seen.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=seen.len() as u64).collect::<Vec<_>>());
    let said: Vec<_> = said.into_iter().flatten().collect();
    for message in &seen {
        assert!(said.contains(message), "{message:?}");
    }
}

/// A handler, and its store from behind.
async fn with_store() -> (World, Arc<dyn Store>) {
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

fn below(records: &[Record], prefix: &str) -> usize {
    let keys = records.iter().map(|record| record.key.as_str());
    keys.filter(|key| key.starts_with(prefix)).count()
}

/// Calls that have nothing to do with it, until what is left is what is meant to stay.
async fn handles_calls_until(app: &TestApp, store: &dyn Store, partition: &str, left: usize) {
    for _ in 0..2000 {
        if stored(store, partition).await.len() == left {
            return;
        }
        app.negotiate("room_id=elsewhere").await.ok();
    }
    panic!("{:?}", stored(store, partition).await);
}

#[tokio::test]
async fn what_is_left_of_a_room_is_cleared_away_while_later_calls_are_handled() {
    let (world, store) = with_store().await;
    let app = &world.app;
    puts(app, "lobby", json!({ "access": "invite" })).await;
    let invite = invites(app, "lobby", json!({ "role": "writer", "uses": 2 })).await;
    let body = json!({ "room_id": "lobby", "role": "writer", "username": "alice", "invite": invite["invite"] });
    let mut alice = Client::through(app, posts(app, None, body).await).await;
    for n in 0..250 {
        assert_eq!(alice.sends(say(&n.to_string())).await["seq"], n + 1);
    }
    let before = stored(&*store, "room:lobby").await;

    deletes(app, "lobby").await;
    puts(app, "lobby", json!({ "access": "invite" })).await;
    let fresh = invites(app, "lobby", json!({ "role": "writer" })).await;
    let body = json!({ "room_id": "lobby", "role": "writer", "username": "bob", "invite": fresh["invite"] });
    let mut bob = Client::through(app, posts(app, None, body).await).await;
    assert_eq!(bob.sends(say("new")).await["seq"], 1);
    // Guard, head, one message with its mark, one invite.
    handles_calls_until(app, &*store, "room:lobby", 5).await;

    assert_eq!(
        (
            below(&before, "m:"),
            below(&before, "id:"),
            below(&before, "invite:")
        ),
        (250, 250, 1)
    );
    assert_eq!(history(&mut bob).await, [(1, "new".to_owned())]);
}

#[tokio::test]
async fn what_is_left_of_a_chat_is_cleared_away_too() {
    let (world, store) = with_store().await;
    let app = &world.app;
    let token = app.token("alice", json!({}));
    let negotiated = app.negotiate_as(&token, "channel=chats").await;
    let mut alice = Client::through(app, negotiated).await;
    let created = alice
        .sends(json!({ "type": "CREATE_CHAT", "name": "a" }))
        .await;
    let chat = created["chat"]["id"].as_str().unwrap().to_owned();
    for n in 0..60 {
        let message = json!({ "content": n.to_string() });
        let sent = alice
            .sends(json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message }))
            .await;
        assert_eq!(sent["message"]["seq"], n + 1, "{sent}");
    }

    alice
        .sends(json!({ "type": "DELETE_CHAT", "chatId": chat }))
        .await;

    handles_calls_until(app, &*store, &format!("chat:{chat}"), 2).await;
}
