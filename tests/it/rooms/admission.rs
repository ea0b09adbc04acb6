//! Admission to rooms that require a password or a membership.

use serde_json::{Value, json};

use super::{connect, delete_room, member, negotiate, negotiate_by_post, put_room, url};
use crate::support::{Member, World, dial};

const CAVE: &str = "room_id=cave&role=writer";

async fn cave() -> World {
    let world = World::start().await;
    let room = json!({ "access": "password", "password": "open-sesame" });
    put_room(&world.app, "cave", room).await;
    world
}

#[tokio::test]
async fn the_right_password_opens_a_room() {
    let world = cave().await;
    let app = &world.app;

    negotiate(app, "ali", CAVE)
        .await
        .assert_problem(403, "password_required");
    for wrong in ["open", "", "OPEN-SESAME", "open-sesame%20"] {
        let answer = negotiate(app, "ali", &format!("{CAVE}&password={wrong}")).await;
        answer.assert_problem(403, "wrong_password");
    }
    let negotiated = negotiate(app, "ali", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
    let mut inside = Member::dial(url(&negotiated)).await.unwrap();

    assert!(inside.publish("cave", "gold").await);
    let body = json!({ "room_id": "cave", "username": "baba", "password": "open-sesame" });
    negotiate_by_post(app, None, body).await.ok();
}

#[tokio::test]
async fn wrong_passwords_count_towards_the_limit_and_right_ones_do_not() {
    let world = cave().await;
    let app = &world.app;
    for _ in 0..12 {
        negotiate(app, "ali", &format!("{CAVE}&password=open-sesame"))
            .await
            .ok();
    }

    for _ in 0..10 {
        let answer = negotiate(app, "mallory", &format!("{CAVE}&password=x")).await;
        answer.assert_problem(403, "wrong_password");
    }

    for password in ["x", "open-sesame"] {
        let answer = negotiate(app, "mallory", &format!("{CAVE}&password={password}")).await;
        answer.assert_problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    negotiate(app, "ali", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
    app.advance(60);
    negotiate(app, "mallory", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
}

#[tokio::test]
async fn changing_the_guard_invalidates_earlier_addresses() {
    let world = World::start().await;
    let app = &world.app;
    let guarded = json!({ "access": "password", "password": "a" });
    let changes = [
        (json!({}), guarded.clone(), "password_required"),
        (
            guarded.clone(),
            json!({ "password": "b" }),
            "password_required",
        ),
        (
            guarded.clone(),
            json!({ "access": "invite" }),
            "invite_required",
        ),
        (guarded, json!({ "access": "members" }), "not_a_member"),
    ];

    for (n, (before, after, code)) in changes.into_iter().enumerate() {
        let room = format!("den-{n}");
        put_room(app, &room, before).await;
        let held = negotiate(app, "ali", &format!("room_id={room}&password=a"))
            .await
            .ok();
        assert_eq!(connect(app, &held).await.status, 200);

        put_room(app, &room, after).await;

        connect(app, &held).await.assert_problem(403, code);
        assert_eq!(Member::dial(url(&held)).await.err(), Some(403));
    }
}

#[tokio::test]
async fn a_recreated_room_does_not_accept_the_old_rooms_addresses() {
    let world = cave().await;
    let app = &world.app;
    let held = negotiate(app, "ali", "room_id=cave&password=open-sesame")
        .await
        .ok();

    delete_room(app, "cave").await;
    let room = json!({ "access": "password", "password": "open-sesame" });
    put_room(app, "cave", room).await;

    connect(app, &held)
        .await
        .assert_problem(403, "password_required");
}

#[tokio::test]
async fn a_new_password_closes_connections_and_the_same_one_does_not() {
    let world = cave().await;
    let app = &world.app;
    let (mut ali, _) = member(&world, "ali", &format!("{CAVE}&password=open-sesame")).await;

    put_room(
        app,
        "cave",
        json!({ "access": "password", "password": "open-sesame" }),
    )
    .await;
    assert!(ali.publish("cave", "still here").await);
    put_room(app, "cave", json!({ "password": "another" })).await;

    ali.wait_until_closed().await;
}

#[tokio::test]
async fn direct_connections_cannot_use_a_password_or_an_invite() {
    let world = cave().await;
    let app = &world.app;
    let token = app.token("ali", json!({}));
    let query = |more: Value| {
        let mut query = json!({ "token": [token], "room_id": ["cave"] });
        query
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        query
    };

    let password = dial(app, "c", query(json!({ "password": ["open-sesame"] }))).await;
    let invite = dial(app, "c", query(json!({ "invite": ["code"] }))).await;
    let nothing = dial(app, "c", query(json!({}))).await;

    password.assert_problem(403, "password_required");
    invite.assert_problem(403, "invite_required");
    nothing.assert_problem(403, "password_required");
}

#[tokio::test]
async fn members_are_admitted_by_user_id_with_at_most_their_role() {
    let world = World::start().await;
    let app = &world.app;
    let members = json!([
        { "userId": "wanda", "role": "writer" },
        { "userId": "rita", "role": "reader" },
        { "userId": "anon:eve", "role": "writer" },
    ]);
    put_room(
        app,
        "club",
        json!({ "access": "members", "members": members }),
    )
    .await;

    let wanda = negotiate(app, "wanda", "room_id=club&role=writer")
        .await
        .ok();
    let rita = negotiate(app, "rita", "room_id=club&role=writer").await;
    let mallory = negotiate(app, "mallory", "room_id=club").await;
    let eve = app.negotiate("room_id=club&username=eve").await;

    assert_eq!(wanda["roles"].as_array().unwrap().len(), 2);
    rita.assert_problem(403, "forbidden");
    negotiate(app, "rita", "room_id=club").await.ok();
    mallory
        .assert_problem(403, "not_a_member")
        .assert_closes_with(4003);
    eve.assert_problem(403, "not_a_member");
}
