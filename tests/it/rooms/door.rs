//! Who gets into a room that asks for something.

use reqwest::Method;
use serde_json::{Value, json};

use super::{asks, carries_out, deletes, dials, invites, member, posts, puts, url};
use crate::support::{Answer, Member, TestApp, World, dial};

const CAVE: &str = "room_id=cave&role=writer";

async fn cave() -> World {
    let world = World::start().await;
    let room = json!({ "access": "password", "password": "open-sesame" });
    puts(&world.app, "cave", room).await;
    world
}

#[tokio::test]
async fn a_password_lets_in_who_knows_it() {
    let world = cave().await;
    let app = &world.app;

    asks(app, "ali", CAVE)
        .await
        .assert_problem(403, "password_required");
    for wrong in ["open", "", "OPEN-SESAME", "open-sesame%20"] {
        let answer = asks(app, "ali", &format!("{CAVE}&password={wrong}")).await;
        answer.assert_problem(403, "wrong_password");
    }
    let negotiated = asks(app, "ali", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
    let mut inside = Member::dial(url(&negotiated)).await.unwrap();

    assert!(inside.publishes("cave", "gold").await);
    let body = json!({ "room_id": "cave", "username": "baba", "password": "open-sesame" });
    posts(app, None, body).await.ok();
}

#[tokio::test]
async fn wrong_guesses_are_counted_and_right_ones_are_not() {
    let world = cave().await;
    let app = &world.app;
    for _ in 0..12 {
        asks(app, "ali", &format!("{CAVE}&password=open-sesame"))
            .await
            .ok();
    }

    for _ in 0..10 {
        let answer = asks(app, "mallory", &format!("{CAVE}&password=x")).await;
        answer.assert_problem(403, "wrong_password");
    }

    for password in ["x", "open-sesame"] {
        let answer = asks(app, "mallory", &format!("{CAVE}&password={password}")).await;
        answer.assert_problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    asks(app, "ali", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
    app.sleep(60);
    asks(app, "mallory", &format!("{CAVE}&password=open-sesame"))
        .await
        .ok();
}

#[tokio::test]
async fn an_address_from_before_the_guard_changed_opens_no_more() {
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
        puts(app, &room, before).await;
        let held = asks(app, "ali", &format!("room_id={room}&password=a"))
            .await
            .ok();
        assert_eq!(dials(app, &held).await.status, 200);

        puts(app, &room, after).await;

        dials(app, &held).await.assert_problem(403, code);
        assert_eq!(Member::dial(url(&held)).await.err(), Some(403));
    }
}

#[tokio::test]
async fn a_room_made_anew_is_not_opened_by_what_opened_the_old_one() {
    let world = cave().await;
    let app = &world.app;
    let held = asks(app, "ali", "room_id=cave&password=open-sesame")
        .await
        .ok();

    deletes(app, "cave").await;
    let room = json!({ "access": "password", "password": "open-sesame" });
    puts(app, "cave", room).await;

    dials(app, &held)
        .await
        .assert_problem(403, "password_required");
}

#[tokio::test]
async fn a_new_password_closes_the_room_once_and_the_same_one_does_not() {
    let world = cave().await;
    let app = &world.app;
    let (mut ali, _) = member(&world, "ali", &format!("{CAVE}&password=open-sesame")).await;

    puts(
        app,
        "cave",
        json!({ "access": "password", "password": "open-sesame" }),
    )
    .await;
    assert!(ali.publishes("cave", "still here").await);
    puts(app, "cave", json!({ "password": "another" })).await;

    ali.is_closed().await;
}

#[tokio::test]
async fn who_dials_straight_shows_neither_password_nor_invite() {
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
async fn members_come_in_by_their_names_and_with_no_more_than_their_role() {
    let world = World::start().await;
    let app = &world.app;
    let members = json!([
        { "userId": "wanda", "role": "writer" },
        { "userId": "rita", "role": "reader" },
        { "userId": "anon:eve", "role": "writer" },
    ]);
    puts(
        app,
        "club",
        json!({ "access": "members", "members": members }),
    )
    .await;

    let wanda = asks(app, "wanda", "room_id=club&role=writer").await.ok();
    let rita = asks(app, "rita", "room_id=club&role=writer").await;
    let mallory = asks(app, "mallory", "room_id=club").await;
    let eve = app.negotiate("room_id=club&username=eve").await;

    assert_eq!(wanda["roles"].as_array().unwrap().len(), 2);
    rita.assert_problem(403, "forbidden");
    asks(app, "rita", "room_id=club").await.ok();
    mallory
        .assert_problem(403, "not_a_member")
        .assert_closes_with(4003);
    eve.assert_problem(403, "not_a_member");
}

async fn salon() -> World {
    let world = World::start().await;
    puts(&world.app, "salon", json!({ "access": "invite" })).await;
    world
}

fn with(code: &Value) -> Value {
    json!({ "room_id": "salon", "role": "writer", "invite": code["invite"] })
}

#[tokio::test]
async fn an_invite_makes_a_member_once() {
    let world = salon().await;
    let app = &world.app;
    asks(app, "ali", "room_id=salon")
        .await
        .assert_problem(403, "invite_required");

    let invite = invites(
        app,
        "salon",
        json!({ "role": "writer", "expiresInSeconds": 60 }),
    )
    .await;
    posts(app, Some("ali"), with(&invite)).await.ok();

    assert_eq!(invite["uses"], 1);
    assert_eq!(invite["role"], "writer");
    assert_eq!(invite["expiresAt"], "2027-01-15T08:01:00.000000Z");
    assert!(invite["invite"].as_str().unwrap().len() >= 43);
    let (mut ali, _) = member(&world, "ali", "room_id=salon&role=writer").await;
    assert!(ali.publishes("salon", "no new one needed").await);
    let other = posts(app, Some("baba"), with(&invite)).await;
    other.assert_problem(403, "invite_spent");
}

#[tokio::test]
async fn of_many_who_race_for_one_invite_one_wins() {
    let world = salon().await;
    let app = &world.app;
    let invite = invites(app, "salon", json!({ "role": "writer" })).await;
    let names: Vec<_> = (0..12).map(|n| format!("user-{n}")).collect();

    let tries = names
        .iter()
        .map(|name| posts(app, Some(name), with(&invite)));
    let answers = futures_util::future::join_all(tries).await;

    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_problem(403, "invite_spent");
    }
    let path = "/api/rooms/salon";
    let room = app.back_end(Method::GET, path, &Value::Null).await.ok();
    assert_eq!(room["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_invite_for_many_lets_in_just_so_many_at_once() {
    let world = salon().await;
    let app = &world.app;
    let invite = invites(app, "salon", json!({ "role": "writer", "uses": 8 })).await;
    let names: Vec<_> = (0..12).map(|n| format!("user-{n}")).collect();

    let tries = names
        .iter()
        .map(|name| posts(app, Some(name), with(&invite)));
    let answers = futures_util::future::join_all(tries).await;

    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let spent = answers.iter().filter(|answer| answer.status == 403).count();
    assert_eq!((won, spent), (8, 4));
}

#[tokio::test]
async fn who_asks_twice_at_once_uses_an_invite_once() {
    let world = salon().await;
    let app = &world.app;
    let invite = invites(app, "salon", json!({ "role": "writer" })).await;

    let tries = (0..4).map(|_| posts(app, Some("ali"), with(&invite)));
    let answers = futures_util::future::join_all(tries).await;

    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_anonymous_bearer_gets_one_address_and_is_no_member() {
    let world = salon().await;
    let app = &world.app;
    let invite = invites(app, "salon", json!({ "role": "writer" })).await;
    let mut body = with(&invite);
    body["username"] = json!("eve");

    let negotiated = posts(app, None, body).await.ok();
    let mut eve = Member::dial(url(&negotiated)).await.unwrap();

    assert!(eve.publishes("salon", "hello").await);
    assert!(Member::dial(url(&negotiated)).await.is_ok());
    let again = app.negotiate("room_id=salon&username=eve").await;
    again.assert_problem(403, "invite_required");
    let path = "/api/rooms/salon";
    let room = app.back_end(Method::GET, path, &Value::Null).await.ok();
    assert_eq!(room["members"], json!([]));
}

#[tokio::test]
async fn an_invite_that_does_not_count_says_why() {
    let world = salon().await;
    let app = &world.app;
    let expiring = invites(
        app,
        "salon",
        json!({ "role": "reader", "expiresInSeconds": 60 }),
    )
    .await;
    let reading = invites(app, "salon", json!({ "role": "reader" })).await;
    let stale = invites(app, "salon", json!({ "role": "writer" })).await;

    let wrong = posts(app, Some("ali"), with(&json!({ "invite": "guessed" }))).await;
    let in_query = asks(app, "ali", "room_id=salon&invite=code").await;
    let as_writer = posts(app, Some("ali"), with(&reading)).await;
    app.sleep(60);
    let expired = posts(app, Some("ali"), with(&expiring)).await;

    wrong.assert_problem(403, "invite_required");
    in_query.assert_problem(400, "invalid_parameter");
    as_writer.assert_problem(403, "forbidden");
    expired.assert_problem(403, "invite_spent");
    let mut body = with(&reading);
    body["role"] = json!("reader");
    posts(app, Some("ali"), body).await.ok();
    puts(app, "salon", json!({ "access": "members" })).await;
    puts(app, "salon", json!({ "access": "invite" })).await;
    let answer = posts(app, Some("baba"), with(&stale)).await;
    answer.assert_problem(403, "invite_spent");
}

#[tokio::test]
async fn an_invite_is_kept_if_anything_else_is_refused() {
    let world = salon().await;
    let app = &world.app;
    let members_only = json!({ "access": "members" });
    puts(app, "club", members_only).await;
    puts(app, "atelier", json!({ "access": "invite" })).await;
    let invite = invites(app, "salon", json!({ "role": "writer" })).await;
    let refusals = [
        (json!({ "room_id": ["salon", "club"] }), "not_a_member"),
        (
            json!({ "room_id": ["salon", "atelier"] }),
            "invite_required",
        ),
        (json!({ "org_id": "acme" }), "not_a_member"),
        (json!({ "chat_id": "0199a0" }), "not_a_member"),
    ];

    for (more, code) in refusals {
        let mut body = with(&invite);
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        posts(app, Some("ali"), body)
            .await
            .assert_problem(403, code);
    }

    carries_out(app, "salon", "ban", "mallory").await;
    let banned = posts(app, Some("mallory"), with(&invite)).await;
    banned.assert_problem(403, "banned");
    posts(app, Some("ali"), with(&invite)).await.ok();
}

#[tokio::test]
async fn an_invite_needs_a_room_that_takes_it_and_terms_that_make_sense() {
    let world = salon().await;
    let app = &world.app;
    puts(app, "open", json!({})).await;
    let make = async |room: &str, body: Value| -> Answer {
        let path = format!("/api/rooms/{room}/invites");
        app.back_end(Method::POST, &path, &body).await
    };

    for body in [
        json!({}),
        json!({ "role": "owner" }),
        json!({ "role": "reader", "uses": 0 }),
        json!({ "role": "reader", "uses": 100_001 }),
        json!({ "role": "reader", "uses": -1 }),
        json!({ "role": "reader", "expiresInSeconds": 0 }),
        json!({ "role": "reader", "expiresInSeconds": 1e12 }),
        json!([]),
    ] {
        make("salon", body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let role = json!({ "role": "reader" });
    make("open", role.clone())
        .await
        .assert_problem(400, "invalid_parameter");
    make("nowhere", role).await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn an_invite_asked_for_twice_is_made_once_and_told_once() {
    let world = salon().await;
    let app = &world.app;
    let ask = async |uses: u32| {
        let call = app.call(Method::POST, "/api/rooms/salon/invites");
        let call = call
            .bearer_auth(TestApp::API_TOKEN)
            .header("idempotency-key", "k1");
        Answer::of(call.json(&json!({ "role": "writer", "uses": uses }))).await
    };

    let first = ask(1).await;
    let again = ask(1).await;
    let other = ask(2).await;

    assert_eq!(first.status, 201, "{}", first.body);
    again.assert_problem(409, "already_created");
    other.assert_problem(422, "key_reused");
    let code = first.json();
    assert!(!again.body.contains(code["invite"].as_str().unwrap()));
    posts(app, Some("ali"), with(&code)).await.ok();
}
