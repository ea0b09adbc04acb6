//! Bans, mutes and kicks reach open connections.

use serde_json::{Value, json};

use super::{apply_sanction, member, negotiate, put_room, sanction};
use crate::support::{Hold, HoldingStore, Member, World};

const WRITER: &str = "room_id=lobby&role=writer";

fn message(content: &str) -> Value {
    json!({ "type": "message", "room_id": "lobby", "content": content })
}

#[tokio::test]
async fn a_banned_user_is_shut_out_at_once_and_stays_out() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    assert!(alice.publish("lobby", "before").await);
    assert_eq!(mallory.receive().await, "before");

    apply_sanction(app, "lobby", "ban", "mallory").await;

    assert!(alice.publish("lobby", "without mallory").await);
    assert!(!mallory.publish("lobby", "me!").await);
    assert!(!mallory.join("lobby").await);
    assert_eq!(mallory.request(message("me!")).await["error"], "forbidden");
    let history = mallory
        .request(json!({ "type": "history", "room_id": "lobby" }))
        .await;
    assert_eq!(history["error"], "forbidden");
    assert_eq!(mallory.drain().await, Vec::<Value>::new());
    assert_eq!(Member::dial(&address).await.err(), Some(403));
    negotiate(app, "mallory", WRITER)
        .await
        .assert_problem(403, "banned");
    assert_eq!(alice.drain().await, ["before", "without mallory"]);

    apply_sanction(app, "lobby", "unban", "mallory").await;
    assert!(mallory.publish("lobby", "me again").await);
    assert_eq!(mallory.receive().await, "me again");
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publish("lobby", "sorry").await);
}

#[tokio::test]
async fn a_banned_user_cannot_rejoin_a_group_they_had_left() {
    let world = World::start().await;
    let (mut mallory, _) = member(&world, "mallory", WRITER).await;
    assert!(mallory.leave("lobby").await);

    apply_sanction(&world.app, "lobby", "ban", "mallory").await;

    assert!(!mallory.join("lobby").await);
}

#[tokio::test]
async fn a_ban_applies_to_every_connection_but_only_in_its_room() {
    let world = World::start().await;
    let both = "room_id=lobby,garden&role=writer";
    let (mut one, _) = member(&world, "mallory", both).await;
    let (mut two, _) = member(&world, "mallory", both).await;
    let (mut namesake, _) = member(&world, "mallory2", both).await;

    apply_sanction(&world.app, "lobby", "ban", "mallory").await;

    for mallory in [&mut one, &mut two] {
        assert!(!mallory.publish("lobby", "x").await);
        assert!(mallory.publish("garden", "x").await);
    }
    assert!(namesake.publish("lobby", "x").await);
}

#[tokio::test]
async fn a_muted_user_can_only_read() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;

    apply_sanction(app, "lobby", "mute", "mallory").await;

    assert!(!mallory.publish("lobby", "me!").await);
    assert_eq!(mallory.request(message("me!")).await["error"], "forbidden");
    assert!(alice.publish("lobby", "quiet now").await);
    assert_eq!(mallory.receive().await, "quiet now");
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publish("lobby", "me!").await);
    let roles = negotiate(app, "mallory", WRITER).await.ok()["roles"].clone();
    assert_eq!(roles, json!(["webpubsub.joinLeaveGroup.lobby"]));

    apply_sanction(app, "lobby", "unmute", "mallory").await;
    assert!(mallory.publish("lobby", "me?").await);
    assert_eq!(
        mallory.request(message("me?")).await["type"],
        "message_sent"
    );
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publish("lobby", "thank you").await);
}

#[tokio::test]
async fn an_unmuted_writer_can_post_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let members = json!([
        { "userId": "wanda", "role": "writer" },
        { "userId": "rita", "role": "reader" },
    ]);
    put_room(app, "lobby", json!({ "members": members })).await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let (mut elsewhere, _) = member(&world, "wanda", "room_id=garden&role=writer").await;
    let (mut rita, _) = member(&world, "rita", "room_id=lobby").await;
    for user in ["wanda", "rita"] {
        apply_sanction(app, "lobby", "mute", user).await;
        apply_sanction(app, "lobby", "mute", user).await;
    }
    assert!(!wanda.publish("lobby", "x").await);

    for user in ["wanda", "rita"] {
        apply_sanction(app, "lobby", "unmute", user).await;
    }

    assert!(wanda.publish("lobby", "x").await);
    assert!(!elsewhere.publish("lobby", "x").await);
    assert!(!rita.publish("lobby", "x").await);
}

#[tokio::test]
async fn a_kick_closes_connections_in_the_room_and_bars_nobody() {
    let world = World::start().await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    let mut plain = world.join_as("mallory", "room_id=lobby").await;
    let (mut elsewhere, _) = member(&world, "mallory", "room_id=garden&role=writer").await;
    let (mut alice, _) = member(&world, "alice", WRITER).await;

    apply_sanction(&world.app, "lobby", "kick", "mallory").await;

    mallory.wait_until_closed().await;
    plain.wait_until_closed().await;
    assert!(elsewhere.publish("garden", "x").await);
    assert!(alice.publish("lobby", "x").await);
    assert!(Member::dial(&address).await.is_ok());
    apply_sanction(&world.app, "lobby", "kick", "nobody").await;
}

#[tokio::test]
async fn an_invalid_sanction_is_refused() {
    let world = World::start().await;
    let app = &world.app;
    let call = async |body: Value| {
        let path = "/api/rooms/lobby/ban";
        app.back_end(reqwest::Method::POST, path, &body).await
    };

    for body in [
        json!({}),
        json!({ "userId": 7 }),
        json!({ "userId": "" }),
        json!({ "userId": "50%" }),
        json!({ "userId": "a\nb" }),
        json!({ "userId": "x".repeat(257) }),
        json!({ "userId": "a", "reason": 7 }),
        json!({ "userId": "a", "reason": "x".repeat(201) }),
        json!([{ "userId": "a" }]),
    ] {
        call(body).await.assert_problem(400, "invalid_parameter");
    }
    sanction(app, "a:b", "ban", "a")
        .await
        .assert_problem(404, "not_found");
    sanction(app, "lobby", "praise", "a")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_room_lists_at_most_a_thousand_users() {
    let world = World::start().await;
    let app = &world.app;
    let member = |n: usize| json!({ "userId": format!("user-{n}"), "role": "reader" });
    let members: Vec<Value> = (0..999).map(member).collect();
    put_room(app, "lobby", json!({ "members": members })).await;

    apply_sanction(app, "lobby", "ban", "mallory").await;

    sanction(app, "lobby", "mute", "eve")
        .await
        .assert_problem(400, "invalid_parameter");
    apply_sanction(app, "lobby", "unban", "mallory").await;
    apply_sanction(app, "lobby", "mute", "eve").await;
}

#[tokio::test]
async fn a_ban_holds_while_the_service_is_unreachable() {
    let world = World::start().await;
    let app = &world.app;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    world.gate.shut();

    let answer = sanction(app, "lobby", "ban", "mallory").await;
    assert_eq!(Member::dial(&address).await.err(), Some(403));
    assert_eq!(mallory.request(message("me!")).await["error"], "forbidden");
    world.gate.open();
    apply_sanction(app, "lobby", "ban", "mallory").await;

    answer.assert_problem(503, "unavailable");
    assert!(!mallory.publish("lobby", "me!").await);
}

#[tokio::test]
async fn a_kick_finds_a_client_that_left_the_group() {
    let world = World::start().await;
    let (mut mallory, _) = member(&world, "mallory", WRITER).await;
    assert!(mallory.leave("lobby").await);

    apply_sanction(&world.app, "lobby", "kick", "mallory").await;

    mallory.wait_until_closed().await;
}

#[tokio::test]
async fn an_unban_gives_back_what_the_record_allows_and_no_more() {
    let world = World::start().await;
    let app = &world.app;
    let (mut muted, _) = member(&world, "muted", WRITER).await;
    let (mut reader, _) = member(&world, "reader", "room_id=lobby").await;
    let (mut writer, _) = member(&world, "writer", WRITER).await;
    apply_sanction(app, "lobby", "mute", "muted").await;
    for user in ["muted", "reader", "writer"] {
        apply_sanction(app, "lobby", "ban", user).await;
    }
    // A mute that ends during the ban gives nothing.
    apply_sanction(app, "lobby", "mute", "writer").await;
    apply_sanction(app, "lobby", "unmute", "writer").await;
    assert!(!writer.publish("lobby", "x").await);

    for user in ["muted", "reader", "writer"] {
        apply_sanction(app, "lobby", "unban", user).await;
    }

    assert!(!muted.publish("lobby", "x").await);
    assert!(!reader.publish("lobby", "x").await);
    assert!(writer.publish("lobby", "hello").await);
    for listener in [&mut muted, &mut reader] {
        assert_eq!(listener.receive().await, "hello");
        assert!(listener.leave("lobby").await && listener.join("lobby").await);
    }
}

#[tokio::test]
async fn an_unmute_in_a_persistent_room_gives_no_voice() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    apply_sanction(app, "lobby", "mute", "alice").await;
    put_room(app, "lobby", json!({ "persistent": true })).await;

    apply_sanction(app, "lobby", "unmute", "alice").await;
    assert!(!alice.publish("lobby", "x").await);

    put_room(app, "lobby", json!({ "persistent": false })).await;
    assert!(alice.publish("lobby", "x").await);
}

#[tokio::test]
async fn a_message_under_way_is_refused_after_a_ban() {
    let (world, store) = HoldingStore::world().await;
    let mut alice = world
        .join("room_id=lobby&username=alice&role=writer&channel=audio")
        .await;
    alice.receive_type("connection").await;

    store.hold(Hold::NextRead);
    let banning = async {
        store.held().await;
        apply_sanction(&world.app, "lobby", "ban", "anon:alice").await;
        store.release();
    };
    let (posted, ()) = tokio::join!(alice.request(message("me first")), banning);

    assert_eq!(posted["error"], "forbidden", "{posted}");
}
