//! 2: every REST operation by method and path, with its success status.

use http::Request;
use serde_json::json;

use crate::support::{Answered, JSON, KEY, TestEmulator, call, facts, sign};

/// In a hub where `ann` is connected and in the group `g`. `{id}` stands for her connection.
async fn answers(method: &str, path: &str, body: &'static str, status: u16) {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": "ann", "webpubsub.group": "g", "role": "webpubsub.sendToGroup" });
    let mut ann = emulator.connect(Some(JSON), claims).await;
    let path = path.replace("{id}", &ann.connected().await);
    let content_type = if body.is_empty() {
        ""
    } else {
        "application/json"
    };

    let answered = emulator.rest(method, &path, content_type, body).await;

    assert_eq!(answered.status, status, "{method} {path}");
    if status != 200 {
        assert!(answered.body.is_empty() || status >= 400, "{answered:?}");
    }
}

facts! { answers;
    generate_token: "POST", ":generateToken?userId=ann&role=r&role=s&group=g&minutesToExpire=1", "", 200;
    send_to_all: "POST", ":send", "1", 202;
    send_to_a_group: "POST", "groups/g/:send", "1", 202;
    send_to_a_user: "POST", "users/ann/:send", "1", 202;
    send_to_a_connection: "POST", "connections/{id}/:send", "1", 202;
    send_to_an_unknown_group: "POST", "groups/none/:send", "1", 202;
    send_to_an_unknown_user: "POST", "users/none/:send", "1", 202;
    send_to_an_unknown_connection: "POST", "connections/none/:send", "1", 202;
    close_all: "POST", ":closeConnections", "", 204;
    close_a_group: "POST", "groups/g/:closeConnections", "", 204;
    close_a_user: "POST", "users/ann/:closeConnections", "", 204;
    close_a_connection: "DELETE", "connections/{id}", "", 204;
    close_an_unknown_group: "POST", "groups/none/:closeConnections", "", 204;
    close_an_unknown_connection: "DELETE", "connections/none", "", 204;
    a_connection_exists: "HEAD", "connections/{id}", "", 200;
    a_connection_does_not_exist: "HEAD", "connections/none", "", 404;
    a_group_exists: "HEAD", "groups/g", "", 200;
    a_group_does_not_exist: "HEAD", "groups/none", "", 404;
    a_user_exists: "HEAD", "users/ann", "", 200;
    a_user_does_not_exist: "HEAD", "users/none", "", 404;
    list_a_group: "GET", "groups/g/connections?maxpagesize=1&top=1", "", 200;
    add_a_connection_to_a_group: "PUT", "groups/h/connections/{id}", "", 200;
    add_a_connection_to_a_group_that_it_is_in: "PUT", "groups/g/connections/{id}", "", 200;
    add_an_unknown_connection_to_a_group: "PUT", "groups/h/connections/none", "", 404;
    remove_a_connection_from_a_group: "DELETE", "groups/g/connections/{id}", "", 204;
    remove_an_unknown_connection_from_a_group: "DELETE", "groups/g/connections/none", "", 204;
    remove_a_connection_from_all_groups: "DELETE", "connections/{id}/groups", "", 204;
    remove_an_unknown_connection_from_all_groups: "DELETE", "connections/none/groups", "", 204;
    add_a_user_to_a_group: "PUT", "users/ann/groups/h", "", 200;
    add_an_unknown_user_to_a_group: "PUT", "users/none/groups/h", "", 404;
    remove_a_user_from_a_group: "DELETE", "users/ann/groups/g", "", 204;
    remove_an_unknown_user_from_a_group: "DELETE", "users/none/groups/g", "", 204;
    remove_a_user_from_all_groups: "DELETE", "users/ann/groups", "", 204;
    remove_an_unknown_user_from_all_groups: "DELETE", "users/none/groups", "", 204;
    add_connections_to_groups: "POST", ":addToGroups", r#"{"groups":["h"],"filter":"true"}"#, 200;
    remove_connections_from_groups: "POST", ":removeFromGroups", r#"{"groups":["g"],"filter":"true"}"#, 200;
    grant_a_permission: "PUT", "permissions/joinLeaveGroup/connections/{id}?targetName=g", "", 200;
    revoke_a_permission: "DELETE", "permissions/joinLeaveGroup/connections/{id}?targetName=g", "", 204;
    a_permission_is_granted: "HEAD", "permissions/sendToGroup/connections/{id}?targetName=g", "", 200;
    a_permission_is_missing: "HEAD", "permissions/joinLeaveGroup/connections/{id}?targetName=g", "", 404;
    another_method_is_not_found: "GET", ":send", "", 404;
    an_unknown_operation_is_not_found: "POST", ":nothing", "", 404;
}

#[tokio::test]
async fn health_needs_no_token() {
    let emulator = TestEmulator::start().await;
    let request = Request::head(format!("{}/api/health", emulator.endpoint()))
        .body(Default::default())
        .unwrap();

    assert_eq!(call(request).await.status, 200);
}

/// Calls with this version, which the token names too.
async fn speaks(version: &str, status: u16) {
    let emulator = TestEmulator::start().await;

    let path = format!("users/none?{version}");

    assert_eq!(emulator.status("HEAD", &path).await, status, "{version}");
}

facts! { speaks;
    the_first_version: "api-version=2021-10-01", 404;
    a_version_between: "api-version=2023-07-01", 404;
    the_newest_version: "api-version=2024-12-01", 404;
    a_version_before_the_first: "api-version=2021-05-01-preview", 400;
    a_version_after_the_newest: "api-version=2025-01-01", 400;
    an_invalid_version: "api-version=latest", 400;
}

/// Calls this path with a token for it.
async fn head(emulator: &TestEmulator, path: &str) -> Answered {
    let url = format!("{}{path}", emulator.endpoint());
    let token = sign(&json!({ "aud": url, "exp": 4_000_000_000_i64 }), KEY);
    let request = Request::head(url).header("authorization", format!("Bearer {token}"));
    call(request.body(Default::default()).unwrap()).await
}

#[tokio::test]
async fn the_default_version_is_the_newest() {
    let emulator = TestEmulator::start().await;

    let answered = head(&emulator, "/api/hubs/chat/users/none").await;

    let code = "Warning.User.NotExisted";
    assert_eq!(answered.status, 404);
    assert_eq!(answered.headers["x-ms-error-code"], code);
}

#[tokio::test]
async fn an_invalid_hub_name_is_refused() {
    let emulator = TestEmulator::start().await;

    let answered = head(&emulator, "/api/hubs/1st/users/none").await;

    assert_eq!(answered.status, 400);
}

#[tokio::test]
async fn array_parameters_are_repeated() {
    let emulator = TestEmulator::start().await;
    let mut spared = Vec::new();
    for user in ["ann", "bob"] {
        let mut client = emulator.connect(Some(JSON), json!({ "sub": user })).await;
        let id = client.connected().await;
        spared.push((client, id));
    }
    let mut eve = emulator.member("eve", &[]).await;

    let (first, second) = (&spared[0].1, &spared[1].1);
    let path = format!(":send?excluded={first}&excluded={second}");
    emulator.send_text(&path, "for eve").await;

    assert_eq!(eve.next().await["data"], "for eve");
    for (client, _) in &mut spared {
        assert!(client.until_pong().await.is_empty());
    }
}

#[tokio::test]
async fn a_message_reaches_its_receivers_only() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(JSON), json!({ "sub": "ann", "webpubsub.group": "g" }))
        .await;
    let ann_id = ann.connected().await;
    let mut bob = emulator.member("bob", &["h"]).await;

    emulator.send_text("groups/g/:send", "to the group").await;
    emulator.send_text("users/ann/:send", "to the user").await;
    let path = format!("connections/{ann_id}/:send");
    emulator.send_text(&path, "to the connection").await;
    let path = ":send?filter=userId%20eq%20%27ann%27";
    emulator.send_text(path, "to the filtered").await;
    let path = format!(":send?excluded={ann_id}");
    emulator.send_text(&path, "to the others").await;
    emulator.send_text("users/nobody/:send", "to nobody").await;

    for expected in [
        "to the group",
        "to the user",
        "to the connection",
        "to the filtered",
    ] {
        assert_eq!(ann.next().await["data"], expected);
    }
    assert!(ann.until_pong().await.is_empty());
    assert_eq!(bob.next().await["data"], "to the others");
    assert!(bob.until_pong().await.is_empty());
}

#[tokio::test]
async fn users_and_groups_are_case_sensitive() {
    let emulator = TestEmulator::start().await;
    let _ann = emulator.member("ann", &["lobby"]).await;

    assert_eq!(emulator.status("HEAD", "users/ann").await, 200);
    assert_eq!(emulator.status("HEAD", "users/Ann").await, 404);
    assert_eq!(emulator.status("HEAD", "groups/lobby").await, 200);
    assert_eq!(emulator.status("HEAD", "groups/Lobby").await, 404);
}

#[tokio::test]
async fn groups_of_a_connection_and_of_a_user_can_change() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;
    let id = ann.connected().await;
    let there =
        async |group: &str| emulator.status("HEAD", &format!("groups/{group}")).await == 200;
    let call = async |method: &str, path: String| emulator.status(method, &path).await;

    call("PUT", format!("groups/g/connections/{id}")).await;
    call("PUT", "users/ann/groups/h".to_owned()).await;
    assert!(there("g").await && there("h").await);

    call("DELETE", format!("groups/g/connections/{id}")).await;
    assert!(!there("g").await && there("h").await);
    call("DELETE", "users/ann/groups/h".to_owned()).await;
    assert!(!there("h").await);

    call("PUT", format!("groups/g/connections/{id}")).await;
    call("DELETE", format!("connections/{id}/groups")).await;
    assert!(!there("g").await);
    call("PUT", format!("groups/g/connections/{id}")).await;
    call("DELETE", "users/ann/groups".to_owned()).await;
    assert!(!there("g").await);
}
