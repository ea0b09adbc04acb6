//! What changes while a connect is being answered reaches that connection too.

use serde_json::{Value, json};

use super::{apply_sanction, negotiate, put_room, url};
use crate::support::{Hold, HoldingStore, Member, Socket, World};

/// Runs `change` after the next read was made, and before whoever made it hears the answer.
async fn during_next_read(store: &HoldingStore, change: impl Future<Output = ()>, then: Hold) {
    store.held().await;
    change.await;
    store.hold(then);
}

const TARGETS: &str = "room_id=club&role=writer&channel=audio";

/// A client whose connect was answered by what was true before `change`.
async fn late(
    world: &World,
    store: &HoldingStore,
    query: &str,
    change: impl Future<Output = ()>,
) -> Member {
    let negotiated = negotiate(&world.app, "ali", query).await.ok();
    store.hold(Hold::NextRead);
    let dialling = Member::dial(url(&negotiated));
    let (client, ()) = tokio::join!(dialling, during_next_read(store, change, Hold::None));
    let mut client = client.unwrap();
    client.is_greeted().await;
    client
}

#[tokio::test]
async fn a_sanction_meets_a_connect_under_way() {
    let (world, store) = HoldingStore::world().await;
    let app = &world.app;
    for (order, undo, rejoins) in [("ban", "unban", false), ("mute", "unmute", true)] {
        let change = apply_sanction(app, "club", order, "ali");
        let mut ali = late(&world, &store, TARGETS, change).await;

        assert!(!ali.publish("club", "me!").await, "{order}");
        assert_eq!(ali.join("club").await, rejoins, "{order}");

        apply_sanction(app, "club", undo, "ali").await;
        assert!(ali.publish("club", "thank you").await, "{order}");
    }
}

#[tokio::test]
async fn a_change_of_the_record_meets_a_connect_under_way() {
    let (world, store) = HoldingStore::world().await;
    let app = &world.app;
    let member = json!([{ "userId": "ali", "role": "writer" }]);
    let reader = json!([{ "userId": "ali", "role": "reader" }]);
    let open = json!({ "access": "open", "persistent": false, "members": [] });
    let guarded = json!({ "access": "members", "persistent": false, "members": member });
    for (before, change, stays_in) in [
        (
            &open,
            json!({ "access": "password", "password": "x" }),
            false,
        ),
        (&open, json!({ "access": "members" }), false),
        (&guarded, json!({ "members": [] }), false),
        (&guarded, json!({ "members": reader }), true),
        (&open, json!({ "persistent": true }), true),
    ] {
        put_room(app, "club", before.clone()).await;
        let changing = async { drop(put_room(app, "club", change.clone()).await) };
        let mut ali = late(&world, &store, TARGETS, changing).await;

        assert!(!ali.publish("club", "me!").await, "{change}");
        assert_eq!(ali.join("club").await, stays_in, "{change}");
        assert_eq!(ali.drain().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn who_is_removed_from_a_chat_during_a_connect_hears_nothing_of_it() {
    let (world, store) = HoldingStore::world().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a", "members": ["ali"] }))
        .await;
    let chat = &created["chat"]["id"];
    let remove = json!({ "type": "SET_CHAT_MEMBERS", "chatId": chat, "members": [] });
    let query = format!("chat_id={}&channel=audio", chat.as_str().unwrap());
    let negotiated = negotiate(&world.app, "ali", &query).await.ok();

    store.hold(Hold::NextRead);
    let change = async { drop(alice.request(remove).await) };
    let dialling = Socket::dial(url(&negotiated));
    let (ali, ()) = tokio::join!(dialling, during_next_read(&store, change, Hold::None));
    let mut ali = ali.unwrap();
    ali.receive_type("connection").await;
    let message = json!({ "content": "among ourselves" });
    let sent = alice
        .request(json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message }))
        .await;

    assert_eq!(sent["type"], "MESSAGE_SENT");
    assert_eq!(ali.drain().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_connection_that_cannot_be_decided_again_is_closed() {
    let (world, store) = HoldingStore::world().await;
    let negotiated = negotiate(&world.app, "ali", TARGETS).await.ok();
    store.hold(Hold::NextRead);

    let dialling = Member::dial(url(&negotiated));
    let breaking = during_next_read(&store, async {}, Hold::Broken);
    let (client, ()) = tokio::join!(dialling, breaking);

    client.unwrap().wait_until_closed().await;
}
