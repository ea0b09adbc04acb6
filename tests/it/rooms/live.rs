//! A change of a room's record reaches open connections.

use reqwest::Method;
use serde_json::{Value, json};

use super::{carries_out, member, puts};
use crate::support::{Member, World};

const WRITER: &str = "room_id=club&role=writer";
const READER: &str = "room_id=club";

fn members(members: &[(&str, &str)]) -> Value {
    let member = |(user, role): &(&str, &str)| json!({ "userId": user, "role": role });
    members.iter().map(member).collect()
}

#[tokio::test]
async fn who_is_no_member_any_more_is_out() {
    let world = World::start().await;
    let app = &world.app;
    let both = members(&[("wanda", "writer"), ("gone", "writer")]);
    for access in ["members", "password", "invite"] {
        let room = json!({ "access": access, "password": "x", "members": both });
        puts(app, "club", room).await;
        let (mut wanda, _) = member(&world, "wanda", WRITER).await;
        let (mut gone, address) = member(&world, "gone", WRITER).await;

        puts(
            app,
            "club",
            json!({ "members": members(&[("wanda", "writer")]) }),
        )
        .await;

        assert!(wanda.publishes("club", "among ourselves").await, "{access}");
        assert!(!gone.publishes("club", "me!").await);
        assert!(!gone.joins("club").await);
        let refused = gone
            .says(json!({ "type": "message", "content": "me!" }))
            .await;
        assert_eq!(refused["error"], "forbidden");
        assert_eq!(gone.has_heard().await, Vec::<Value>::new());
        assert_eq!(Member::dial(&address).await.err(), Some(403));
    }
}

#[tokio::test]
async fn a_members_new_role_counts_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let before = members(&[("down", "writer"), ("up", "reader")]);
    puts(app, "club", json!({ "members": before })).await;
    let (mut down, _) = member(&world, "down", WRITER).await;
    let (mut up, _) = member(&world, "up", READER).await;
    let (mut new, address) = member(&world, "new", WRITER).await;

    let after = members(&[("down", "reader"), ("up", "writer"), ("new", "reader")]);
    puts(app, "club", json!({ "members": after })).await;

    assert!(!down.publishes("club", "x").await);
    assert!(up.publishes("club", "x").await);
    assert!(!new.publishes("club", "x").await);
    assert_eq!(down.hears().await, "x");
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publishes("club", "x").await);
}

#[tokio::test]
async fn in_a_persistent_room_nothing_passes_us_by() {
    let world = World::start().await;
    let app = &world.app;
    puts(
        app,
        "club",
        json!({ "members": members(&[("wanda", "writer")]) }),
    )
    .await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let (mut stranger, address) = member(&world, "stranger", WRITER).await;
    let (mut reader, _) = member(&world, "reader", READER).await;

    puts(app, "club", json!({ "persistent": true })).await;

    for client in [&mut wanda, &mut stranger] {
        assert!(!client.publishes("club", "past you").await);
        let said = client
            .says(json!({ "type": "message", "content": "to you" }))
            .await;
        assert_eq!(said["type"], "message_sent");
    }
    let mut again = Member::dial(&address).await.unwrap();
    assert!(!again.publishes("club", "past you").await);

    puts(app, "club", json!({ "persistent": false })).await;
    assert!(wanda.publishes("club", "x").await);
    assert!(stranger.publishes("club", "x").await);
    assert!(!reader.publishes("club", "x").await);
    let mut back = Member::dial(&address).await.unwrap();
    assert!(back.publishes("club", "x").await);
}

#[tokio::test]
async fn a_rename_touches_nobody() {
    let world = World::start().await;
    let app = &world.app;
    puts(
        app,
        "club",
        json!({ "members": members(&[("wanda", "writer")]) }),
    )
    .await;
    let (mut wanda, _) = member(&world, "wanda", WRITER).await;
    let before = world.gate.calls();

    puts(app, "club", json!({ "name": "The club" })).await;

    assert_eq!(world.gate.calls(), before);
    assert!(wanda.publishes("club", "x").await);
}

#[tokio::test]
async fn the_muted_and_the_banned_get_no_voice_by_a_new_role() {
    let world = World::start().await;
    let app = &world.app;
    let readers = members(&[("muted", "reader"), ("banned", "reader")]);
    puts(app, "club", json!({ "members": readers })).await;
    let (mut muted, _) = member(&world, "muted", READER).await;
    let (mut banned, _) = member(&world, "banned", READER).await;
    carries_out(app, "club", "mute", "muted").await;
    carries_out(app, "club", "ban", "banned").await;

    let writers = members(&[("muted", "writer"), ("banned", "writer")]);
    puts(app, "club", json!({ "members": writers })).await;

    assert!(!muted.publishes("club", "x").await);
    assert!(!banned.publishes("club", "x").await);
}

#[tokio::test]
async fn what_the_service_was_not_told_is_made_up_for_by_the_next_change() {
    let world = World::start().await;
    let app = &world.app;
    puts(
        app,
        "club",
        json!({ "access": "password", "password": "a" }),
    )
    .await;
    let (mut ali, _) = member(&world, "ali", "room_id=club&role=writer&password=a").await;
    world.gate.shut();
    let change = json!({ "password": "b" });

    let told = app.back_end(Method::PUT, "/api/rooms/club", &change).await;
    world.gate.open();
    puts(app, "club", change).await;

    told.assert_problem(503, "unavailable");
    ali.is_closed().await;
    let (mut back, _) = member(&world, "ali", "room_id=club&role=writer&password=b").await;
    puts(app, "club", json!({ "name": "settled" })).await;
    assert!(back.publishes("club", "x").await);
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
        puts(app, "club", json!({ "access": "open" })).await;
        let (mut ali, _) = member(&world, "ali", WRITER).await;
        assert!(ali.leaves("club").await);

        match &change {
            Value::Null => super::deletes(app, "club").await,
            change => drop(puts(app, "club", change.clone()).await),
        }

        ali.is_closed().await;
    }
}

#[tokio::test]
async fn a_client_that_left_the_group_is_silenced_by_persistence() {
    let world = World::start().await;
    let (mut ali, _) = member(&world, "ali", WRITER).await;
    assert!(ali.leaves("club").await);

    puts(&world.app, "club", json!({ "persistent": true })).await;

    assert!(!ali.publishes("club", "past you").await);
}

#[tokio::test]
async fn a_member_who_is_removed_and_added_again_is_back_at_once() {
    let world = World::start().await;
    let app = &world.app;
    let both = members(&[("wanda", "writer"), ("mary", "writer")]);
    for access in ["members", "password", "invite"] {
        let room = json!({ "access": access, "password": "x", "members": both });
        puts(app, "club", room).await;
        let (mut wanda, _) = member(&world, "wanda", WRITER).await;
        let (mut mary, _) = member(&world, "mary", WRITER).await;
        let without = members(&[("wanda", "writer")]);
        puts(app, "club", json!({ "members": without })).await;
        assert!(!mary.publishes("club", "x").await, "{access}");

        puts(app, "club", json!({ "members": both })).await;

        assert!(mary.publishes("club", "back").await, "{access}");
        assert!(wanda.publishes("club", "welcome").await);
        assert_eq!(mary.hears().await, "back");
        assert_eq!(mary.hears().await, "welcome");
    }
}

#[tokio::test]
async fn no_unban_lets_a_former_member_back_in() {
    let world = World::start().await;
    let app = &world.app;
    let room = json!({ "access": "invite", "members": members(&[("mary", "writer")]) });
    puts(app, "club", room).await;
    let (mut mary, _) = member(&world, "mary", WRITER).await;
    carries_out(app, "club", "ban", "mary").await;
    puts(app, "club", json!({ "members": [] })).await;

    carries_out(app, "club", "unban", "mary").await;

    assert!(!mary.joins("club").await);
    assert!(!mary.publishes("club", "x").await);
}
