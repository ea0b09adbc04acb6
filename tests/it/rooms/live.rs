//! A change of a room's record reaches open connections.

use reqwest::Method;
use serde_json::{Value, json};

use super::{apply_sanction, member, put_room};
use crate::support::{Member, World};

const WRITER: &str = "room_id=club&role=writer";
const READER: &str = "room_id=club";

fn members(members: &[(&str, &str)]) -> Value {
    let member = |(user, role): &(&str, &str)| json!({ "userId": user, "role": role });
    members.iter().map(member).collect()
}

#[tokio::test]
async fn a_removed_member_is_shut_out_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let both = members(&[("wanda", "writer"), ("gone", "writer")]);
    for access in ["members", "password", "invite"] {
        let room = json!({ "access": access, "password": "x", "members": both });
        put_room(app, "club", room).await;
        let (mut wanda, _) = member(&world, "wanda", WRITER).await;
        let (mut gone, address) = member(&world, "gone", WRITER).await;

        put_room(
            app,
            "club",
            json!({ "members": members(&[("wanda", "writer")]) }),
        )
        .await;

        assert!(wanda.publish("club", "members only").await, "{access}");
        assert!(!gone.publish("club", "me!").await);
        assert!(!gone.join("club").await);
        let refused = gone
            .request(json!({ "type": "message", "content": "me!" }))
            .await;
        assert_eq!(refused["error"], "forbidden");
        assert_eq!(gone.drain().await, Vec::<Value>::new());
        assert_eq!(Member::dial(&address).await.err(), Some(403));
    }
}

#[tokio::test]
async fn a_members_new_role_applies_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let before = members(&[("down", "writer"), ("up", "reader")]);
    put_room(app, "club", json!({ "members": before })).await;
    let (mut down, _) = member(&world, "down", WRITER).await;
    let (mut up, _) = member(&world, "up", READER).await;
    let (mut new, address) = member(&world, "new", WRITER).await;

    let after = members(&[("down", "reader"), ("up", "writer"), ("new", "reader")]);
    put_room(app, "club", json!({ "members": after })).await;

    assert!(!down.publish("club", "x").await);
    assert!(up.publish("club", "x").await);
    assert!(!new.publish("club", "x").await);
    assert_eq!(down.receive().await, "x");
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publish("club", "x").await);
}

#[tokio::test]
async fn a_persistent_room_accepts_messages_only_through_the_handler() {
    let world = World::start().await;
    let app = &world.app;
    put_room(
        app,
        "club",
        json!({ "members": members(&[("wanda", "writer")]) }),
    )
    .await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let (mut stranger, address) = member(&world, "stranger", WRITER).await;
    let (mut reader, _) = member(&world, "reader", READER).await;

    put_room(app, "club", json!({ "persistent": true })).await;

    for client in [&mut wanda, &mut stranger] {
        assert!(!client.publish("club", "past you").await);
        let reply = client
            .request(json!({ "type": "message", "content": "to you" }))
            .await;
        assert_eq!(reply["type"], "message_sent");
    }
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publish("club", "past you").await);

    put_room(app, "club", json!({ "persistent": false })).await;
    assert!(wanda.publish("club", "x").await);
    assert!(stranger.publish("club", "x").await);
    assert!(!reader.publish("club", "x").await);
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publish("club", "x").await);
}

#[tokio::test]
async fn renaming_a_room_affects_no_connection() {
    let world = World::start().await;
    let app = &world.app;
    put_room(
        app,
        "club",
        json!({ "members": members(&[("wanda", "writer")]) }),
    )
    .await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let before = world.gate.calls();

    put_room(app, "club", json!({ "name": "The club" })).await;

    assert_eq!(world.gate.calls(), before);
    assert!(wanda.publish("club", "x").await);
}

#[tokio::test]
async fn a_new_role_does_not_let_muted_or_banned_users_post() {
    let world = World::start().await;
    let app = &world.app;
    let readers = members(&[("muted", "reader"), ("banned", "reader")]);
    put_room(app, "club", json!({ "members": readers })).await;
    let (mut muted, _) = member(&world, "muted", READER).await;
    let (mut banned, _) = member(&world, "banned", READER).await;
    apply_sanction(app, "club", "mute", "muted").await;
    apply_sanction(app, "club", "ban", "banned").await;

    let writers = members(&[("muted", "writer"), ("banned", "writer")]);
    put_room(app, "club", json!({ "members": writers })).await;

    assert!(!muted.publish("club", "x").await);
    assert!(!banned.publish("club", "x").await);
}

#[tokio::test]
async fn the_next_change_completes_one_that_did_not_reach_the_service() {
    let world = World::start().await;
    let app = &world.app;
    put_room(
        app,
        "club",
        json!({ "access": "password", "password": "a" }),
    )
    .await;
    let (mut ali, _) = member(&world, "ali", "room_id=club&role=writer&password=a").await;
    world.gate.shut();
    let change = json!({ "password": "b" });

    let answer = app.back_end(Method::PUT, "/api/rooms/club", &change).await;
    world.gate.open();
    put_room(app, "club", change).await;

    answer.assert_problem(503, "unavailable");
    ali.wait_until_closed().await;
    let (mut back, _) = member(&world, "ali", "room_id=club&role=writer&password=b").await;
    put_room(app, "club", json!({ "name": "settled" })).await;
    assert!(back.publish("club", "x").await);
}

#[tokio::test]
async fn a_client_that_left_the_group_is_found_all_the_same() {
    let world = World::start().await;
    let app = &world.app;
    for change in [
        json!({ "access": "members" }),
        json!({ "access": "password", "password": "x" }),
        Value::Null,
    ] {
        put_room(app, "club", json!({ "access": "open" })).await;
        let (mut ali, _) = member(&world, "ali", WRITER).await;
        assert!(ali.leave("club").await);

        match &change {
            Value::Null => super::delete_room(app, "club").await,
            change => drop(put_room(app, "club", change.clone()).await),
        }

        ali.wait_until_closed().await;
    }
}

#[tokio::test]
async fn a_client_that_left_the_group_is_silenced_by_persistence() {
    let world = World::start().await;
    let (mut ali, _) = member(&world, "ali", WRITER).await;
    assert!(ali.leave("club").await);

    put_room(&world.app, "club", json!({ "persistent": true })).await;

    assert!(!ali.publish("club", "past you").await);
}

#[tokio::test]
async fn a_member_who_is_removed_and_added_again_is_back_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let both = members(&[("wanda", "writer"), ("mary", "writer")]);
    for access in ["members", "password", "invite"] {
        let room = json!({ "access": access, "password": "x", "members": both });
        put_room(app, "club", room).await;
        let (mut wanda, _) = member(&world, "wanda", WRITER).await;
        let (mut mary, _) = member(&world, "mary", WRITER).await;
        let without = members(&[("wanda", "writer")]);
        put_room(app, "club", json!({ "members": without })).await;
        assert!(!mary.publish("club", "x").await, "{access}");

        put_room(app, "club", json!({ "members": both })).await;

        assert!(mary.publish("club", "back").await, "{access}");
        assert!(wanda.publish("club", "welcome").await);
        assert_eq!(mary.receive().await, "back");
        assert_eq!(mary.receive().await, "welcome");
    }
}

#[tokio::test]
async fn no_unban_lets_a_former_member_back_in() {
    let world = World::start().await;
    let app = &world.app;
    let room = json!({ "access": "invite", "members": members(&[("mary", "writer")]) });
    put_room(app, "club", room).await;
    let (mut mary, _) = member(&world, "mary", WRITER).await;
    apply_sanction(app, "club", "ban", "mary").await;
    put_room(app, "club", json!({ "members": [] })).await;

    apply_sanction(app, "club", "unban", "mary").await;

    assert!(!mary.join("club").await);
    assert!(!mary.publish("club", "x").await);
}
