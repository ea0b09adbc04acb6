//! Client code written for other servers, unchanged except for the address it connects to.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::clock::Clock;

use crate::support::dev::app_folder;
use crate::support::{Answer, Dev, Issuer, NOW, Script, TestApp, World};

pub(crate) const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

#[tokio::test]
async fn an_existing_chat_client_works_unchanged() {
    let world = World::start().await;

    assert_a_chat_client_works(&world.app.base).await;
}

pub(crate) async fn assert_a_chat_client_works(base: &str) {
    let frames = Script::start("chat-app.mjs", base).await.read().await;

    let kinds = frames
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| &frame["type"]);
    let kinds: Vec<_> = kinds.map(|kind| kind.as_str().unwrap()).collect();
    // The guide's code requests the history before it sends the first message.
    assert_eq!(
        kinds,
        [
            "CHATS",
            "CHAT_CREATED",
            "CHAT_HISTORY",
            "MESSAGE",
            "MESSAGE_SENT",
            "CHAT_DELETED"
        ]
    );
    assert_eq!(frames[1]["chat"]["name"], "My New Chat");
    assert_eq!(frames[3]["message"], frames[4]["message"]);
    assert_eq!(frames[4]["message"]["id"], "unique-message-id");
}

#[tokio::test]
async fn an_existing_session_component_works_unchanged() {
    let world = World::with(&[("JWT_EXPIRY_ON_SEND", "allow")]).await;
    let path = format!("/api/sessions/{SESSION}");
    let session = participants();
    let made = world.app.back_end(Method::PUT, &path, &session).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let [john, jane] = ["john", "jane"].map(|user| world.app.token(user, json!({})));

    assert_a_session_component_works(&world.app.base, &john, &jane).await;
}

/// The body that makes the session of john and jane.
pub(crate) fn participants() -> Value {
    json!({ "participants": [
        { "userId": "john", "name": "John Doe" },
        { "userId": "jane", "name": "Jane Smith" },
    ] })
}

/// With the tokens of both.
pub(crate) async fn assert_a_session_component_works(base: &str, john: &str, jane: &str) {
    let arguments = [base, SESSION, john, jane];
    let seen = Script::start_with("session-chat.mjs", &arguments)
        .await
        .read()
        .await;

    let lines: Value = json!([{ "name": "John Doe:", "text": "Hello, climbing partner!" }]);
    assert_eq!(seen["own"], lines);
    assert_eq!(seen["other"], lines);
    assert_eq!(seen["ownTyping"], false);
}

/// The organisation that the guide's code connects to.
const ORGANISATION: &str = "123e4567-e89b-12d3-a456-426614174000";

/// What a token of Keycloak says, with its organisations.
pub(crate) fn keycloak_claims() -> Value {
    let now = Clock::system().now().as_second();
    json!({
        "sub": "f3b0c442-98fc-4c14-9afb-f4c8996fb924",
        "iat": now, "exp": now + 300, "typ": "Bearer", "azp": "web", "aud": "account",
        "scope": "openid profile email", "sid": "7f1c3b7e-8f3d-4f8e-9b3a-0d5f3b9a6c21",
        "preferred_username": "jane", "name": "Jane Smith", "email_verified": true,
        "realm_access": { "roles": ["offline_access", "default-roles-app"] },
        "resource_access": { "account": { "roles": ["view-profile"] } },
        "organization": { "acme": { "id": ORGANISATION } },
    })
}

#[tokio::test]
async fn an_existing_notification_page_works_unchanged() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let folder = app_folder("existing-notifications");
    let values = json!({
        "JWT_ISSUER": issuer.url, "JWT_AUDIENCE": "account", "JWT_ORGS_CLAIM": "organization",
    });
    let local = json!({ "IsEncrypted": false, "Values": values });
    fs::write(folder.join("local.settings.json"), local.to_string()).unwrap();
    let dev = Dev::start_in(folder, &["--port", "0", "--emulator-port", "0"]).await;
    let token = issuer.sign("a", keycloak_claims()).await;
    let service = dev
        .emulator
        .split(';')
        .find_map(|part| part.strip_prefix("Endpoint=http"));
    let service = format!("http{}", service.unwrap());

    assert_a_notification_page_works(&dev.base, &service, &token, async |path, body| {
        dev.back_end(Method::POST, path, &body).await
    })
    .await;
}

/// `service` is the address of the Web PubSub service, and `token` has [`keycloak_claims`].
/// `post` posts as a back end does.
pub(crate) async fn assert_a_notification_page_works(
    base: &str,
    service: &str,
    token: &str,
    post: impl AsyncFn(&str, Value) -> Answer,
) {
    let claims = keycloak_claims();
    let user = claims["sub"].as_str().unwrap();
    let service = service.replace("http", "ws");

    let mut page = Script::start_with("notifications.mjs", &[base, &service, token]).await;
    assert_eq!(page.read().await, json!({ "connected": true }));
    let notification = json!({
        "title": "New Message", "body": "You have a new message from John",
        "timestamp": "2025-01-15T10:30:00Z", "link": "/messages/456", "id": "n1",
    });
    let body = json!({ "user_id": user, "notification": notification });
    let sent = post("/api/notifications", body).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let data = json!({
        "user_id": "user-456", "user_email": "newuser@example.com",
        "timestamp": "2025-01-15T10:30:00Z",
    });
    let body = json!({ "event_type": "user.joined", "data": data });
    let path = format!("/api/events/{ORGANISATION}");
    let sent = post(&path, body).await;
    assert_eq!(sent.status, 202, "{}", sent.body);
    let seen = page.read().await;

    let shown = json!([{ "title": "New Message", "body": "You have a new message from John" }]);
    assert_eq!(seen["pages"], json!([shown, shown]));
    assert_eq!(
        seen["pong"],
        json!({ "keys": ["timestamp", "type"], "isTime": true })
    );
    let printed = seen["notifications"].as_array().unwrap();
    assert_eq!(printed[0][0], "Connected:");
    assert_eq!(printed[1], json!(["User ID:", user]));
    assert_eq!(printed[2], json!(["Notification:", notification]));
    let printed = json!([
        ["Connected to org:", ORGANISATION],
        ["Event type:", "user.joined"],
        ["Event data:", data],
    ]);
    assert_eq!(seen["events"], json!([printed, printed]));
}

#[tokio::test]
async fn the_close_codes_of_an_existing_notification_page_come_with_the_refusal() {
    let mut issuer = Issuer::start().await;
    issuer.add_key("RS256", "a").await;
    let settings = [
        ("JWT_ISSUER", issuer.url.as_str()),
        ("JWT_ORGS_CLAIM", "organization"),
    ];
    let app = TestApp::with(&settings).await;
    let claims = json!({ "sub": "jane", "exp": NOW + 300, "nbf": NOW - 10, "organization": {} });
    let outsider = issuer.sign("a", claims).await;

    let anonymous = app.negotiate("channel=notifications").await;
    let organisation = format!("org_id={ORGANISATION}");
    let foreign = app.negotiate_as(&outsider, &organisation).await;
    let forged = app.negotiate("channel=notifications&token=x.y.z").await;

    anonymous
        .assert_problem(401, "unauthenticated")
        .assert_closes_with(4001);
    foreign
        .assert_problem(403, "not_a_member")
        .assert_closes_with(4003);
    forged
        .assert_problem(401, "token_invalid")
        .assert_closes_with(4001);
}
