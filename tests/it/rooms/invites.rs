//! Rooms that are entered with an invite.

use reqwest::Method;
use serde_json::{Value, json};

use super::{apply_sanction, create_invite, member, negotiate, negotiate_by_post, put_room, url};
use crate::support::{Answer, Member, TestApp, World};

async fn salon() -> World {
    let world = World::start().await;
    put_room(&world.app, "salon", json!({ "access": "invite" })).await;
    world
}

fn with_invite(code: &Value) -> Value {
    json!({ "room_id": "salon", "role": "writer", "invite": code["invite"] })
}

#[tokio::test]
async fn an_invite_makes_one_member() {
    let world = salon().await;
    let app = &world.app;
    negotiate(app, "ali", "room_id=salon")
        .await
        .assert_problem(403, "invite_required");

    let invite = create_invite(
        app,
        "salon",
        json!({ "role": "writer", "expiresInSeconds": 60 }),
    )
    .await;
    negotiate_by_post(app, Some("ali"), with_invite(&invite))
        .await
        .ok();

    assert_eq!(invite["uses"], 1);
    assert_eq!(invite["role"], "writer");
    assert_eq!(invite["expiresAt"], "2027-01-15T08:01:00.000000Z");
    assert!(invite["invite"].as_str().unwrap().len() >= 43);
    let (mut ali, _) = member(&world, "ali", "room_id=salon&role=writer").await;
    assert!(ali.publish("salon", "no new one needed").await);
    let other = negotiate_by_post(app, Some("baba"), with_invite(&invite)).await;
    other.assert_problem(403, "invite_spent");
}

#[tokio::test]
async fn one_of_many_simultaneous_requests_wins_an_invite() {
    let world = salon().await;
    let app = &world.app;
    let invite = create_invite(app, "salon", json!({ "role": "writer" })).await;
    let names: Vec<_> = (0..12).map(|n| format!("user-{n}")).collect();

    let tries = names
        .iter()
        .map(|name| negotiate_by_post(app, Some(name), with_invite(&invite)));
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
async fn an_invite_with_several_uses_admits_exactly_that_many() {
    let world = salon().await;
    let app = &world.app;
    let invite = create_invite(app, "salon", json!({ "role": "writer", "uses": 8 })).await;
    let names: Vec<_> = (0..12).map(|n| format!("user-{n}")).collect();

    let tries = names
        .iter()
        .map(|name| negotiate_by_post(app, Some(name), with_invite(&invite)));
    let answers = futures_util::future::join_all(tries).await;

    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let spent = answers.iter().filter(|answer| answer.status == 403).count();
    assert_eq!((won, spent), (8, 4));
}

#[tokio::test]
async fn simultaneous_requests_of_one_user_spend_one_use_of_an_invite() {
    let world = salon().await;
    let app = &world.app;
    let invite = create_invite(app, "salon", json!({ "role": "writer" })).await;

    let tries = (0..4).map(|_| negotiate_by_post(app, Some("ali"), with_invite(&invite)));
    let answers = futures_util::future::join_all(tries).await;

    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_anonymous_invitee_gets_one_address_and_does_not_become_a_member() {
    let world = salon().await;
    let app = &world.app;
    let invite = create_invite(app, "salon", json!({ "role": "writer" })).await;
    let mut body = with_invite(&invite);
    body["username"] = json!("eve");

    let negotiated = negotiate_by_post(app, None, body).await.ok();
    let mut eve = Member::dial(url(&negotiated)).await.unwrap();

    assert!(eve.publish("salon", "hello").await);
    assert!(Member::dial(url(&negotiated)).await.is_ok());
    let again = app.negotiate("room_id=salon&username=eve").await;
    again.assert_problem(403, "invite_required");
    let path = "/api/rooms/salon";
    let room = app.back_end(Method::GET, path, &Value::Null).await.ok();
    assert_eq!(room["members"], json!([]));
}

#[tokio::test]
async fn an_unusable_invite_is_refused_with_the_reason() {
    let world = salon().await;
    let app = &world.app;
    let expiring = create_invite(
        app,
        "salon",
        json!({ "role": "reader", "expiresInSeconds": 60 }),
    )
    .await;
    let reading = create_invite(app, "salon", json!({ "role": "reader" })).await;
    let stale = create_invite(app, "salon", json!({ "role": "writer" })).await;

    let wrong = negotiate_by_post(
        app,
        Some("ali"),
        with_invite(&json!({ "invite": "guessed" })),
    )
    .await;
    let in_query = negotiate(app, "ali", "room_id=salon&invite=code").await;
    let as_writer = negotiate_by_post(app, Some("ali"), with_invite(&reading)).await;
    app.advance(60);
    let expired = negotiate_by_post(app, Some("ali"), with_invite(&expiring)).await;

    wrong.assert_problem(403, "invite_required");
    in_query.assert_problem(400, "invalid_parameter");
    as_writer.assert_problem(403, "forbidden");
    expired.assert_problem(403, "invite_spent");
    let mut body = with_invite(&reading);
    body["role"] = json!("reader");
    negotiate_by_post(app, Some("ali"), body).await.ok();
    put_room(app, "salon", json!({ "access": "members" })).await;
    put_room(app, "salon", json!({ "access": "invite" })).await;
    let answer = negotiate_by_post(app, Some("baba"), with_invite(&stale)).await;
    answer.assert_problem(403, "invite_spent");
}

#[tokio::test]
async fn a_refused_request_does_not_spend_the_invite() {
    let world = salon().await;
    let app = &world.app;
    let members_only = json!({ "access": "members" });
    put_room(app, "club", members_only).await;
    put_room(app, "atelier", json!({ "access": "invite" })).await;
    let invite = create_invite(app, "salon", json!({ "role": "writer" })).await;
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
        let mut body = with_invite(&invite);
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        negotiate_by_post(app, Some("ali"), body)
            .await
            .assert_problem(403, code);
    }

    apply_sanction(app, "salon", "ban", "mallory").await;
    let banned = negotiate_by_post(app, Some("mallory"), with_invite(&invite)).await;
    banned.assert_problem(403, "banned");
    negotiate_by_post(app, Some("ali"), with_invite(&invite))
        .await
        .ok();
}

#[tokio::test]
async fn an_invite_requires_an_invite_room_and_valid_terms() {
    let world = salon().await;
    let app = &world.app;
    put_room(app, "open", json!({})).await;
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
async fn a_repeated_invite_request_creates_one_invite_and_shows_it_once() {
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
    negotiate_by_post(app, Some("ali"), with_invite(&code))
        .await
        .ok();
}
