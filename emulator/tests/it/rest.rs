//! The REST API (reference 1.4, 2).

use std::time::Duration;

use http::Request;
use serde_json::json;

use crate::support::{JSON, KEY, RELIABLE, TestEmulator, call, sign};

#[tokio::test]
async fn health_needs_no_token() {
    let emulator = TestEmulator::start().await;
    let request = Request::head(format!("{}/api/health", emulator.endpoint()))
        .body(Default::default())
        .unwrap();

    assert_eq!(call(request).await.status, 200);
}

#[tokio::test]
async fn a_token_counts_for_one_url_with_or_without_its_query() {
    let emulator = TestEmulator::start().await;
    let whole = emulator.rest_url("users/ann");
    let bare = whole.split('?').next().unwrap().to_owned();
    let status = async |aud: String, exp: i64, key: &str| {
        let token = sign(&json!({ "aud": aud, "exp": exp }), key);
        emulator
            .rest_with_token("HEAD", "users/ann", &token, "", "")
            .await
            .status
            .as_u16()
    };
    let later = 4_000_000_000;

    assert_eq!(status(whole.clone(), later, KEY).await, 404);
    assert_eq!(
        status(bare.to_uppercase().replace("HTTP", "http"), later, KEY).await,
        404
    );
    assert_eq!(status(bare.replace("chat", "other"), later, KEY).await, 401);
    assert_eq!(status(bare.clone(), 1000, KEY).await, 401);
    assert_eq!(status(bare, later, &"x".repeat(32)).await, 401);
}

#[tokio::test]
async fn a_message_reaches_whom_it_is_for() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(JSON), json!({ "sub": "ann", "webpubsub.group": "g" }))
        .await;
    let ann_id = ann.connected().await;
    let mut bob = emulator.member("bob", &["h"]).await;

    emulator.send_text("groups/g/:send", "to the group").await;
    emulator.send_text("users/ann/:send", "to the user").await;
    emulator
        .send_text(&format!("connections/{ann_id}/:send"), "to the connection")
        .await;
    emulator
        .send_text(":send?filter=userId%20eq%20%27ann%27", "to the filtered")
        .await;
    emulator
        .send_text(&format!(":send?excluded={ann_id}"), "to the others")
        .await;
    emulator.send_text("users/nobody/:send", "to nobody").await;

    let group = ann.next().await;
    assert_eq!(
        group,
        json!({ "type": "message", "from": "group", "group": "g", "fromUserId": null, "dataType": "text", "data": "to the group" })
    );
    for expected in ["to the user", "to the connection", "to the filtered"] {
        let frame = ann.next().await;
        assert_eq!(
            (&frame["from"], &frame["data"]),
            (&json!("server"), &json!(expected))
        );
    }
    assert!(ann.until_pong().await.is_empty());
    assert_eq!(bob.next().await["data"], "to the others");
}

#[tokio::test]
async fn the_content_type_decides_what_a_message_is() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;
    let status = async |content_type: &str, body: &'static str| {
        emulator
            .rest("POST", ":send", content_type, body)
            .await
            .status
            .as_u16()
    };

    assert_eq!(status("application/json", "\"str\"").await, 202);
    assert_eq!(status("", "untyped").await, 202);
    assert_eq!(status("application/json", "{bad").await, 400);
    assert_eq!(status("text/html", "<p>").await, 415);
    assert_eq!(status("application/x-protobuf", "x").await, 415);

    let first = ann.next().await;
    assert_eq!(
        (&first["dataType"], &first["data"]),
        (&json!("json"), &json!("str"))
    );
    let second = ann.next().await;
    assert_eq!(
        (&second["dataType"], &second["data"]),
        (&json!("binary"), &json!("dW50eXBlZA=="))
    );
}

#[tokio::test]
async fn what_is_out_of_range_is_refused_and_named() {
    let emulator = TestEmulator::start().await;

    for path in [
        ":send?messageTtlSeconds=301",
        ":send?filter=userId%20eq",
        ":send?api-version=2019-01-01",
        "groups/%20/:send",
    ] {
        let answered = emulator.rest("POST", path, "text/plain", "x").await;
        assert_eq!(answered.status, 400, "{path}");
        assert_eq!(answered.json()["code"], "Error.BadRequest", "{path}");
    }
    let long = "x".repeat(1024 * 1024 + 1);
    assert_eq!(
        emulator
            .rest("POST", ":send", "text/plain", long)
            .await
            .status,
        400
    );
    assert_eq!(emulator.status("GET", "nosuch").await, 404);
}

#[tokio::test]
async fn existence_is_200_or_404_with_a_code() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(JSON), json!({ "sub": "ann", "webpubsub.group": "g" }))
        .await;
    let id = ann.connected().await;

    for path in [
        format!("connections/{id}"),
        "users/ann".to_owned(),
        "groups/g".to_owned(),
    ] {
        assert_eq!(emulator.status("HEAD", &path).await, 200, "{path}");
    }
    assert_eq!(emulator.status("HEAD", "connections/none").await, 404);
    for (path, code) in [
        ("users/none", "Warning.User.NotExisted"),
        ("groups/none", "Warning.Group.NotExisted"),
    ] {
        let answered = emulator.rest("HEAD", path, "", "").await;
        assert_eq!(
            (
                answered.status.as_u16(),
                answered.headers["x-ms-error-code"].to_str().unwrap()
            ),
            (404, code)
        );
    }
}

#[tokio::test]
async fn groups_can_be_changed_for_a_connection_a_user_and_a_filter() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;
    let id = ann.connected().await;
    let member =
        async |group: &str| emulator.status("HEAD", &format!("groups/{group}")).await == 200;
    let bulk = async |operation: &str, body: &'static str| {
        emulator
            .rest("POST", operation, "application/json", body)
            .await
            .status
            .as_u16()
    };

    assert_eq!(
        emulator
            .status("PUT", &format!("groups/g/connections/{id}"))
            .await,
        200
    );
    assert_eq!(
        emulator.status("PUT", "groups/g/connections/none").await,
        404
    );
    assert_eq!(emulator.status("PUT", "users/ann/groups/h").await, 200);
    assert_eq!(emulator.status("PUT", "users/none/groups/h").await, 404);
    assert_eq!(
        bulk(
            ":addToGroups",
            r#"{"groups":["i","j"],"filter":"userId eq 'ann' and 'g' in groups"}"#
        )
        .await,
        200
    );
    assert!(member("g").await && member("h").await && member("i").await && member("j").await);

    assert_eq!(
        emulator
            .status("DELETE", &format!("groups/g/connections/{id}"))
            .await,
        204
    );
    assert_eq!(emulator.status("DELETE", "users/ann/groups/h").await, 204);
    assert_eq!(bulk(":removeFromGroups", r#"{"groups":["i"]}"#).await, 200);
    assert!(!member("g").await && !member("h").await && !member("i").await && member("j").await);
    assert_eq!(
        emulator
            .status("DELETE", &format!("connections/{id}/groups"))
            .await,
        204
    );
    assert!(!member("j").await);
    assert_eq!(bulk(":addToGroups", r#"{"groups":[]}"#).await, 400);
    assert_eq!(
        bulk(":addToGroups", r#"{"groups":["g"],"filter":"nosuch"}"#).await,
        400
    );
    assert_eq!(bulk(":addToGroups", "{").await, 400);
}

#[tokio::test]
async fn permissions_bite_on_live_connections() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(JSON), json!({ "role": "webpubsub.sendToGroup" }))
        .await;
    let path = format!(
        "permissions/sendToGroup/connections/{}?targetName=g",
        ann.connected().await
    );
    let send = |ack: u64, group: &str| json!({ "type": "sendToGroup", "group": group, "ackId": ack, "data": 1 });

    assert_eq!(emulator.status("HEAD", &path).await, 200);
    assert_eq!(emulator.status("DELETE", &path).await, 204);
    assert_eq!(emulator.status("HEAD", &path).await, 404);
    assert_eq!(ann.ask(send(1, "g")).await, Err("Forbidden".to_owned()));
    assert_eq!(ann.ask(send(2, "h")).await, Ok(()));
    assert_eq!(emulator.status("PUT", &path).await, 200);
    assert_eq!(ann.ask(send(1, "g")).await, Ok(()));
}

#[tokio::test]
async fn a_permission_needs_a_connection_and_a_group() {
    let emulator = TestEmulator::start().await;

    assert_eq!(
        emulator
            .status(
                "PUT",
                "permissions/sendToGroup/connections/none?targetName=g"
            )
            .await,
        404
    );
    assert_eq!(
        emulator
            .status(
                "DELETE",
                "permissions/sendToGroup/connections/none?targetName=g"
            )
            .await,
        204
    );
    assert_eq!(
        emulator
            .status("PUT", "permissions/sendToGroup/connections/none")
            .await,
        400
    );
    assert_eq!(
        emulator
            .status("PUT", "permissions/other/connections/none?targetName=g")
            .await,
        400
    );
}

#[tokio::test]
async fn a_closed_client_is_told_why() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(RELIABLE), json!({ "sub": "ann" }))
        .await;
    let connected = ann.next().await;
    let id = connected["connectionId"].as_str().unwrap();

    assert_eq!(
        emulator
            .status("DELETE", &format!("connections/{id}?reason=see%20you"))
            .await,
        204
    );

    let told = ann.next().await;
    assert_eq!(
        told,
        json!({ "type": "system", "event": "disconnected", "message": "Application server closed the connection. Reason: see you" })
    );
    assert_eq!(ann.closed().await, (1000, String::new()));
    assert_eq!(
        emulator.status("HEAD", &format!("connections/{id}")).await,
        404
    );
    assert_eq!(
        crate::recovery::recover(&emulator, &connected)
            .await
            .closed()
            .await
            .0,
        1008
    );
    assert_eq!(emulator.status("DELETE", "connections/none").await, 204);
}

#[tokio::test]
async fn connections_can_be_spared_when_others_are_closed() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;
    let spared = ann.connected().await;
    let mut bob = emulator.member("bob", &[]).await;

    emulator
        .status("POST", &format!(":closeConnections?excluded={spared}"))
        .await;

    assert_eq!(bob.closed().await.0, 1000);
    assert!(ann.until_pong().await.is_empty());
}

#[tokio::test]
async fn a_generated_token_lets_a_client_in() {
    let emulator = TestEmulator::start().await;
    let answered = emulator
        .rest(
            "POST",
            ":generateToken?userId=ann&group=g&role=webpubsub.joinLeaveGroup&minutesToExpire=5",
            "",
            "",
        )
        .await;
    let token = answered.json()["token"].as_str().unwrap().to_owned();

    let path = format!("/client/hubs/chat?access_token={token}");
    let mut ann =
        crate::support::Client::connect(emulator.addr, path.clone(), Some(JSON.to_owned())).await;

    assert_eq!(ann.next().await["userId"], "ann");
    assert_eq!(
        ann.ask(json!({ "type": "joinGroup", "group": "h", "ackId": 1 }))
            .await,
        Ok(())
    );
    assert_eq!(emulator.status("HEAD", "groups/g").await, 200);
    emulator.clock.advance(Duration::from_secs(11 * 60));
    assert_eq!(
        crate::support::Client::try_connect(emulator.addr, &path, None)
            .await
            .err(),
        Some(401)
    );
}

#[tokio::test]
async fn names_with_reserved_characters_are_called_by_their_escapes() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["a+b&c=d?e#f", "a:b;c,d@e"]).await;

    emulator
        .send_text("groups/a%2Bb%26c%3Dd%3Fe%23f/:send", "one")
        .await;
    emulator
        .send_text("groups/a%3Ab%3Bc%2Cd%40e/:send", "two")
        .await;

    assert_eq!(ann.next().await["data"], "one");
    assert_eq!(ann.next().await["data"], "two");
}
