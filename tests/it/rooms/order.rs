//! Bans, mutes and kicks reach open connections.

use serde_json::{Value, json};

use super::{asks, carries_out, member, orders, puts};
use crate::support::{Member, World};

const WRITER: &str = "room_id=lobby&role=writer";

fn say(content: &str) -> Value {
    json!({ "type": "message", "room_id": "lobby", "content": content })
}

#[tokio::test]
async fn whoever_is_banned_is_out_at_once_and_stays_out() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    assert!(alice.publishes("lobby", "before").await);
    assert_eq!(mallory.hears().await, "before");

    carries_out(app, "lobby", "ban", "mallory").await;

    assert!(alice.publishes("lobby", "behind your back").await);
    assert!(!mallory.publishes("lobby", "me!").await);
    assert!(!mallory.joins("lobby").await);
    assert_eq!(mallory.says(say("me!")).await["error"], "forbidden");
    let history = mallory
        .says(json!({ "type": "history", "room_id": "lobby" }))
        .await;
    assert_eq!(history["error"], "forbidden");
    assert_eq!(mallory.has_heard().await, Vec::<Value>::new());
    assert_eq!(Member::dial(&address).await.err(), Some(403));
    asks(app, "mallory", WRITER)
        .await
        .assert_problem(403, "banned");
    assert_eq!(alice.has_heard().await, ["before", "behind your back"]);

    carries_out(app, "lobby", "unban", "mallory").await;
    assert!(mallory.publishes("lobby", "me again").await);
    assert_eq!(mallory.hears().await, "me again");
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publishes("lobby", "sorry").await);
}

#[tokio::test]
async fn who_has_left_the_group_cannot_come_back_in_after_a_ban() {
    let world = World::start().await;
    let (mut mallory, _) = member(&world, "mallory", WRITER).await;
    assert!(mallory.leaves("lobby").await);

    carries_out(&world.app, "lobby", "ban", "mallory").await;

    assert!(!mallory.joins("lobby").await);
}

#[tokio::test]
async fn a_ban_holds_in_its_room_only_and_for_every_connection() {
    let world = World::start().await;
    let both = "room_id=lobby,garden&role=writer";
    let (mut one, _) = member(&world, "mallory", both).await;
    let (mut two, _) = member(&world, "mallory", both).await;
    let (mut namesake, _) = member(&world, "mallory2", both).await;

    carries_out(&world.app, "lobby", "ban", "mallory").await;

    for mallory in [&mut one, &mut two] {
        assert!(!mallory.publishes("lobby", "x").await);
        assert!(mallory.publishes("garden", "x").await);
    }
    assert!(namesake.publishes("lobby", "x").await);
}

#[tokio::test]
async fn whoever_is_muted_only_listens() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;

    carries_out(app, "lobby", "mute", "mallory").await;

    assert!(!mallory.publishes("lobby", "me!").await);
    assert_eq!(mallory.says(say("me!")).await["error"], "forbidden");
    assert!(alice.publishes("lobby", "quiet now").await);
    assert_eq!(mallory.hears().await, "quiet now");
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publishes("lobby", "me!").await);
    let roles = asks(app, "mallory", WRITER).await.ok()["roles"].clone();
    assert_eq!(roles, json!(["webpubsub.joinLeaveGroup.lobby"]));

    carries_out(app, "lobby", "unmute", "mallory").await;
    assert!(mallory.publishes("lobby", "me?").await);
    assert_eq!(mallory.says(say("me?")).await["type"], "message_sent");
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publishes("lobby", "thank you").await);
}

#[tokio::test]
async fn a_member_who_is_a_writer_speaks_again_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let members = json!([
        { "userId": "wanda", "role": "writer" },
        { "userId": "rita", "role": "reader" },
    ]);
    puts(app, "lobby", json!({ "members": members })).await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let (mut elsewhere, _) = member(&world, "wanda", "room_id=garden&role=writer").await;
    let (mut rita, _) = member(&world, "rita", "room_id=lobby").await;
    for user in ["wanda", "rita"] {
        carries_out(app, "lobby", "mute", user).await;
        carries_out(app, "lobby", "mute", user).await;
    }
    assert!(!wanda.publishes("lobby", "x").await);

    for user in ["wanda", "rita"] {
        carries_out(app, "lobby", "unmute", user).await;
    }

    assert!(wanda.publishes("lobby", "x").await);
    assert!(!elsewhere.publishes("lobby", "x").await);
    assert!(!rita.publishes("lobby", "x").await);
}

#[tokio::test]
async fn a_kick_closes_what_is_in_the_room_and_bars_nobody() {
    let world = World::start().await;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    let mut plain = world.joins_as("mallory", "room_id=lobby").await;
    let (mut elsewhere, _) = member(&world, "mallory", "room_id=garden&role=writer").await;
    let (mut alice, _) = member(&world, "alice", WRITER).await;

    carries_out(&world.app, "lobby", "kick", "mallory").await;

    mallory.is_closed().await;
    plain.is_closed().await;
    assert!(elsewhere.publishes("garden", "x").await);
    assert!(alice.publishes("lobby", "x").await);
    assert!(Member::dial(&address).await.is_ok());
    carries_out(&world.app, "lobby", "kick", "nobody").await;
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
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
    orders(app, "a:b", "ban", "a")
        .await
        .assert_problem(404, "not_found");
    orders(app, "lobby", "praise", "a")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_room_names_a_thousand_users_and_no_more() {
    let world = World::start().await;
    let app = &world.app;
    let member = |n: usize| json!({ "userId": format!("user-{n}"), "role": "reader" });
    let members: Vec<Value> = (0..999).map(member).collect();
    puts(app, "lobby", json!({ "members": members })).await;

    carries_out(app, "lobby", "ban", "mallory").await;

    orders(app, "lobby", "mute", "eve")
        .await
        .assert_problem(400, "invalid_parameter");
    carries_out(app, "lobby", "unban", "mallory").await;
    carries_out(app, "lobby", "mute", "eve").await;
}

#[tokio::test]
async fn a_ban_holds_even_while_the_service_cannot_be_told() {
    let world = World::start().await;
    let app = &world.app;
    let (mut mallory, address) = member(&world, "mallory", WRITER).await;
    world.gate.shut();

    let told = orders(app, "lobby", "ban", "mallory").await;
    assert_eq!(Member::dial(&address).await.err(), Some(403));
    assert_eq!(mallory.says(say("me!")).await["error"], "forbidden");
    world.gate.open();
    carries_out(app, "lobby", "ban", "mallory").await;

    told.assert_problem(503, "unavailable");
    assert!(!mallory.publishes("lobby", "me!").await);
}

#[tokio::test]
async fn a_kick_finds_a_client_that_left_the_group() {
    let world = World::start().await;
    let (mut mallory, _) = member(&world, "mallory", WRITER).await;
    assert!(mallory.leaves("lobby").await);

    carries_out(&world.app, "lobby", "kick", "mallory").await;

    mallory.is_closed().await;
}

#[tokio::test]
async fn an_unban_gives_back_what_the_record_allows_and_no_more() {
    let world = World::start().await;
    let app = &world.app;
    let (mut muted, _) = member(&world, "muted", WRITER).await;
    let (mut reader, _) = member(&world, "reader", "room_id=lobby").await;
    let (mut writer, _) = member(&world, "writer", WRITER).await;
    carries_out(app, "lobby", "mute", "muted").await;
    for user in ["muted", "reader", "writer"] {
        carries_out(app, "lobby", "ban", user).await;
    }
    // A mute that ends during the ban gives nothing.
    carries_out(app, "lobby", "mute", "writer").await;
    carries_out(app, "lobby", "unmute", "writer").await;
    assert!(!writer.publishes("lobby", "x").await);

    for user in ["muted", "reader", "writer"] {
        carries_out(app, "lobby", "unban", user).await;
    }

    assert!(!muted.publishes("lobby", "x").await);
    assert!(!reader.publishes("lobby", "x").await);
    assert!(writer.publishes("lobby", "hello").await);
    for listener in [&mut muted, &mut reader] {
        assert_eq!(listener.hears().await, "hello");
        assert!(listener.leaves("lobby").await && listener.joins("lobby").await);
    }
}

#[tokio::test]
async fn an_unmute_in_a_persistent_room_gives_no_voice() {
    let world = World::start().await;
    let app = &world.app;
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    carries_out(app, "lobby", "mute", "alice").await;
    puts(app, "lobby", json!({ "persistent": true })).await;

    carries_out(app, "lobby", "unmute", "alice").await;
    assert!(!alice.publishes("lobby", "x").await);

    puts(app, "lobby", json!({ "persistent": false })).await;
    assert!(alice.publishes("lobby", "x").await);
}
